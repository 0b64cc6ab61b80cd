"""The table of enterprises."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from linli.directory.sources.public import source_columns
from linli.kernel.database import Id, metadata
from linli.kernel.row_security import by_estate, guarded

enterprise_table = Table(
    "directory_enterprise",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("place_id", Id, ForeignKey("directory_place.id"), index=True),
    Column("code", String(60), nullable=False),
    Column("title", String(120), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("credit_code", String(18), index=True),
    Column("contact", String(80), nullable=False, server_default=""),
    Column("phone_sealed", LargeBinary),
    Column("phone_hash", LargeBinary),
    Column("staff", Integer),
    Column("since", Date),
    Column("state", String(20), nullable=False),
    *source_columns(),
    CheckConstraint("staff >= 0", name="staff"),
    UniqueConstraint("estate_id", "code"),
    info=guarded(by_estate("see_places")),
)

EXTRA_SQL: tuple[str, ...] = ()
