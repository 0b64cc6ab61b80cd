"""Table of drills."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import by_estate, guarded

drill_table = Table(
    "responding_drill",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("scenario", String(40), nullable=False),
    Column("title", String(80), nullable=False),
    Column("device_id", Id, nullable=False),
    Column("device_title", String(200), nullable=False),
    Column("place_path", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("started_by_id", Id),
    Column("started_by", String(100), nullable=False),
    Column("incident_id", Id, ForeignKey("responding_incident.id")),
    Column("incident_code", String(60), nullable=False, server_default=""),
    Column("ended_at", Moment),
    Column("points", Integer),
    Column("grade", String(20), nullable=False, server_default=""),
    Column("marks", JSONB, nullable=False, server_default="[]"),
    Column("remark", String(500), nullable=False, server_default=""),
    CheckConstraint("points BETWEEN 0 AND 100", name="points"),
    info=guarded(by_estate("see_incidents")),
)
d = drill_table.c
Index("ix_responding_drill_estate", d.estate_id, d.started_at)
Index("uq_responding_drill_incident", d.incident_id, unique=True)
# One device plays one scene at a time.
Index("uq_responding_drill_device", d.device_id, unique=True, postgresql_where=d.ended_at.is_(None))
