"""Tables of organisations and service contracts."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, String, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import any_of, by_estate, by_organisation, guarded

organisation_table = Table(
    "directory_organisation",
    metadata,
    Column("id", Id, primary_key=True),
    Column("parent_id", Id, ForeignKey("directory_organisation.id"), index=True),
    Column("kind", String(20), nullable=False),
    Column("title", String(80), nullable=False),
    Column("path", ARRAY(Id), nullable=False),
    Column("training", Boolean, nullable=False, server_default="false"),
    Column("created_at", Moment, nullable=False),
    info=guarded(
        any_of(
            by_organisation("see_places", "id"),
            by_organisation("manage_organisations", "parent_id"),
        )
    ),
)
Index("ix_directory_organisation_path", organisation_table.c.path, postgresql_using="gin")

contract_table = Table(
    "directory_service_contract",
    metadata,
    Column("id", Id, primary_key=True),
    Column("company_id", Id, ForeignKey("directory_organisation.id"), nullable=False, index=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False, index=True),
    Column("duties", ARRAY(Text), nullable=False),
    Column("valid_from", Moment, nullable=False),
    Column("valid_to", Moment),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    info=guarded(
        any_of(
            by_estate("see_places"),
            by_organisation("manage_organisations", "company_id"),
        )
    ),
)

EXTRA_SQL: tuple[str, ...] = ()
