"""Tables of incidents."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, any_of, by_estate, by_incident, guarded, through

incident_table = Table(
    "responding_incident",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(60), nullable=False, unique=True),
    Column("estate_id", Id, nullable=False),
    Column("estate_title", String(80), nullable=False),
    Column("place_id", Id),
    Column("place_path", String(200), nullable=False),
    Column("category", String(40), nullable=False),
    Column("severity", String(20), nullable=False),
    Column("severity_rank", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("duty", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("level", String(20), nullable=False),
    Column("owner_id", Id, nullable=False),
    Column("owner_title", String(80), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("times_seen", Integer, nullable=False),
    Column("ringing", Boolean, nullable=False),
    Column("source_kind", String(20), nullable=False),
    Column("source_title", String(120), nullable=False),
    Column("source_device_id", Id),
    Column("evidence", ARRAY(Id), nullable=False, server_default="{}"),
    Column("taken_by_id", Id),
    Column("taken_by", String(100), nullable=False, server_default=""),
    Column("stage", String(20)),
    Column("due_at", Moment),
    Column("overdue", Boolean, nullable=False),
    Column("accepted_at", Moment),
    Column("resolved_at", Moment),
    Column("ended_at", Moment),
    Column("merged_into", Id),
    Column("reopened_times", Integer, nullable=False, server_default="0"),
    Column("steps", Integer, nullable=False),
    Column("chain", String(64), nullable=False),
    info=guarded(any_of(by_estate("see_incidents"), by_incident("see_incidents"))),
)
_i = incident_table.c
Index(
    "ix_responding_incident_active",
    _i.estate_id,
    _i.severity_rank.desc(),
    _i.opened_at.desc(),
    postgresql_where=_i.ended_at.is_(None),
)
Index("ix_responding_incident_estate", _i.estate_id, _i.opened_at.desc())
Index("ix_responding_incident_past", _i.opened_at.desc(), _i.id)
Index("ix_responding_incident_ended", _i.estate_id, _i.ended_at)

link_table = Table(
    "responding_incident_alert",
    metadata,
    Column("alert_id", Id, primary_key=True),
    Column("incident_id", Id, nullable=False, index=True),
    info=guarded(through("responding_incident", "incident_id")),
)

place_table = Table(
    "responding_incident_place",
    metadata,
    Column("incident_id", Id, primary_key=True),
    Column("place_id", Id, primary_key=True),
    Column("estate_id", Id, nullable=False),
    info=guarded(through("responding_incident", "incident_id")),
)
Index("ix_responding_incident_place_place_id", place_table.c.place_id)

step_table = Table(
    "responding_incident_step",
    metadata,
    Column("incident_id", Id, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("actor_id", Id),
    Column("actor_name", String(100), nullable=False),
    Column("actor_kind", String(20), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("title", String(120), nullable=False),
    Column("words", Text, nullable=False),
    Column("evidence", ARRAY(Id), nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("hash", String(64), nullable=False),
    info=guarded(through("responding_incident", "incident_id"), app=Use.APPEND, machine=Use.APPEND),
)

counter_table = Table(
    "responding_incident_counter",
    metadata,
    Column("estate_id", Id, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
    info=guarded(by_estate("see_incidents")),
)
