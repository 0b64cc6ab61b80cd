"""The columns that every fact of the base carries, and the table of former versions."""

from uuid import UUID

from sqlalchemy import Column, Index, Integer, Sequence, String, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, any_of, by_estate, guarded

code_number = Sequence("directory_code_number", metadata=metadata)

OPEN_TO_PLACES = "('directory_home', 'directory_facility', 'directory_enterprise')"
"""Tables without people in them: who sees places sees their former versions too."""

SOURCE_COLUMNS = ("source_kind", "source_title", "source_id", "entered_by", "entered_at", "version")


def source_columns() -> tuple[SchemaItem, ...]:
    """Fresh columns that say where a row came from, and which version it is.

    Only what an import brought is looked up by it: the index leaves all other rows out.
    """
    source: Column[UUID] = Column("source_id", Id)
    return (
        Column("source_kind", String(20), nullable=False),
        Column("source_title", String(200), nullable=False, server_default=""),
        source,
        Index(None, source, postgresql_where=source.is_not(None)),
        Column("entered_by", String(100), nullable=False),
        Column("entered_at", Moment, nullable=False),
        Column("version", Integer, nullable=False, server_default="1"),
    )


revision_table = Table(
    "directory_revision",
    metadata,
    Column("table_name", Text, primary_key=True),
    Column("row_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("estate_id", Id, nullable=False),
    Column("row", JSONB, nullable=False),
    Column("replaced_at", Moment, nullable=False),
    info=guarded(
        any_of(
            by_estate("see_people"),
            f"{by_estate('see_places')} AND table_name IN {OPEN_TO_PLACES}",
        ),
        # Only the trigger writes: it runs with its owner's rights.
        app=Use.READ,
        machine=Use.READ,
    ),
)
Index("ix_directory_revision_estate", revision_table.c.estate_id, revision_table.c.replaced_at)

EXTRA_SQL: tuple[str, ...] = (
    "GRANT USAGE ON SEQUENCE directory_code_number TO linli_app, linli_gateway",
)
