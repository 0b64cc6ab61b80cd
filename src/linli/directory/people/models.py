"""Tables of people."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, String, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import any_of, by_estate, guarded, through

person_table = Table(
    "directory_person",
    metadata,
    Column("id", Id, primary_key=True),
    # The estate that registered the person; further homes may make others see the person too.
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("phone_sealed", LargeBinary),
    Column("phone_hash", LargeBinary, index=True),
    Column("phone_tail_hash", LargeBinary, index=True),
    Column("id_number_sealed", LargeBinary),
    Column("id_number_hash", LargeBinary, index=True),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("created_at", Moment, nullable=False),
    info=guarded(
        any_of(by_estate("see_people"), through("directory_residence", "id", "person_id"))
    ),
)

residence_table = Table(
    "directory_residence",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("directory_person.id"), nullable=False, index=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("home_id", Id, ForeignKey("directory_place.id"), nullable=False, index=True),
    # What the home is called and where it lies, kept here for searching by address.
    Column("home_title", String(200), nullable=False),
    Column("home_path", ARRAY(Id), nullable=False),
    Column("relation", String(20), nullable=False),
    Column("valid_from", Moment, nullable=False),
    Column("valid_to", Moment),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    info=guarded(by_estate("see_people")),
)
Index("ix_directory_residence_estate", residence_table.c.estate_id, residence_table.c.person_id)

contact_table = Table(
    "directory_person_contact",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("directory_person.id"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("relation", String(40), nullable=False),
    Column("phone_sealed", LargeBinary, nullable=False),
    info=guarded(through("directory_person", "person_id")),
)

EXTRA_SQL: tuple[str, ...] = ()
