"""Tables of alerts."""

from sqlalchemy import Column, Index, Integer, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import by_estate, guarded

alert_table = Table(
    "responding_alert",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, nullable=False),
    Column("rule_id", Id, nullable=False),
    Column("device_id", Id, nullable=False),
    Column("category", String(40), nullable=False),
    Column("severity", String(20), nullable=False),
    Column("finding", JSONB, nullable=False),
    Column("state", String(20), nullable=False),
    Column("times_seen", Integer, nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("cleared_at", Moment),
    info=guarded(by_estate("see_incidents")),
)
Index(
    "ix_responding_alert_ringing",
    alert_table.c.device_id,
    alert_table.c.rule_id,
    unique=True,
    postgresql_where=alert_table.c.state == "ringing",
)
Index("ix_responding_alert_rule_found", alert_table.c.rule_id, alert_table.c.found_at)
