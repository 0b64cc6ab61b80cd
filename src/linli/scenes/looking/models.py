"""The table of unusual looking."""

from sqlalchemy import Column, Date, Index, Integer, String, Table, UniqueConstraint

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, by_estate, guarded

unusual_table = Table(
    "scenes_looking_unusual",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, nullable=False),
    Column("oddity", String(20), nullable=False),
    Column("day", Date, nullable=False),
    Column("estate_id", Id, nullable=False),
    Column("persons", Integer, nullable=False),
    Column("from_at", Moment, nullable=False),
    Column("to_at", Moment, nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("incident_id", Id),
    UniqueConstraint("account_id", "oddity", "day"),
    info=guarded(by_estate("see_looks"), app=Use.READ),
)
Index("ix_scenes_looking_unusual_found_at", unusual_table.c.found_at)
