"""Tables of homes, their owners, leases, households and vehicles."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from linli.directory.sources.public import source_columns
from linli.kernel.database import Id, metadata
from linli.kernel.row_security import by_estate, guarded

SEEN_WITH_PEOPLE = by_estate("see_people")


def _estate() -> Column[UUID]:
    column: Column[UUID] = Column(
        "estate_id", Id, ForeignKey("directory_estate.id"), nullable=False, index=True
    )
    return column


def _home(*, nullable: bool = False) -> Column[UUID]:
    column: Column[UUID] = Column(
        "home_id", Id, ForeignKey("directory_place.id"), nullable=nullable, index=True
    )
    return column


def _party() -> tuple[Column[UUID], Column[UUID]]:
    person: Column[UUID] = Column("person_id", Id, ForeignKey("directory_person.id"), index=True)
    enterprise: Column[UUID] = Column(
        "enterprise_id", Id, ForeignKey("directory_enterprise.id"), index=True
    )
    return person, enterprise


home_table = Table(
    "directory_home",
    metadata,
    # The place that the home is.
    Column("id", Id, ForeignKey("directory_place.id"), primary_key=True),
    _estate(),
    Column("area", BigInteger),
    Column("use", String(20), nullable=False),
    Column("state", String(20)),
    *source_columns(),
    CheckConstraint("area > 0", name="area"),
    info=guarded(by_estate("see_places")),
)

ownership_table = Table(
    "directory_ownership",
    metadata,
    Column("id", Id, primary_key=True),
    _estate(),
    _home(),
    *_party(),
    Column("numerator", Integer, nullable=False),
    Column("denominator", Integer, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    *source_columns(),
    CheckConstraint("numerator > 0 AND numerator <= denominator", name="part"),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    CheckConstraint("(person_id IS NULL) <> (enterprise_id IS NULL)", name="party"),
    UniqueConstraint(
        "home_id",
        "person_id",
        "enterprise_id",
        "valid_from",
        name="uq_directory_ownership_share",
        postgresql_nulls_not_distinct=True,
    ),
    info=guarded(SEEN_WITH_PEOPLE),
)

lease_table = Table(
    "directory_lease",
    metadata,
    Column("id", Id, primary_key=True),
    _estate(),
    _home(),
    *_party(),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    *source_columns(),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    CheckConstraint("(person_id IS NULL) <> (enterprise_id IS NULL)", name="party"),
    UniqueConstraint(
        "home_id",
        "person_id",
        "enterprise_id",
        "valid_from",
        name="uq_directory_lease_lease",
        postgresql_nulls_not_distinct=True,
    ),
    info=guarded(SEEN_WITH_PEOPLE),
)

household_table = Table(
    "directory_household",
    metadata,
    Column("id", Id, primary_key=True),
    _estate(),
    _home(),
    Column("code", String(60), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    *source_columns(),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    UniqueConstraint("estate_id", "code"),
    info=guarded(SEEN_WITH_PEOPLE),
)

member_table = Table(
    "directory_household_member",
    metadata,
    Column("id", Id, primary_key=True),
    _estate(),
    Column("household_id", Id, ForeignKey("directory_household.id"), nullable=False),
    Column("person_id", Id, ForeignKey("directory_person.id"), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    *source_columns(),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    UniqueConstraint("household_id", "person_id", "valid_from"),
    info=guarded(SEEN_WITH_PEOPLE),
)

vehicle_table = Table(
    "directory_vehicle",
    metadata,
    Column("id", Id, primary_key=True),
    _estate(),
    Column("plate", String(20), nullable=False),
    Column("kind", String(20), nullable=False),
    *_party(),
    _home(nullable=True),
    Column("space", String(40), nullable=False, server_default=""),
    Column("space_kind", String(20), nullable=False),
    Column("valid_to", Date),
    *source_columns(),
    CheckConstraint("person_id IS NULL OR enterprise_id IS NULL", name="party"),
    UniqueConstraint("estate_id", "plate"),
    info=guarded(SEEN_WITH_PEOPLE),
)

EXTRA_SQL: tuple[str, ...] = ()
