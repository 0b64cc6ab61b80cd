"""Tables of rules."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import EVERYBODY, Use, by_estate, guarded

rule_table = Table(
    "responding_rule",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(60), nullable=False, unique=True),
    Column("draft", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("changed_at", Moment, nullable=False),
    info=guarded(EVERYBODY),
)

version_table = Table(
    "responding_rule_version",
    metadata,
    Column("rule_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("draft", JSONB, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", String(100), nullable=False),
    info=guarded(EVERYBODY, app=Use.APPEND, machine=Use.APPEND),
)

state_table = Table(
    "responding_rule_state",
    metadata,
    Column("device_id", Id, primary_key=True),
    Column("rule_id", Id, primary_key=True),
    Column("phase", String(20), nullable=False),
    Column("since", Moment, nullable=False),
    Column("value", Float),
    info=guarded(None, app=Use.NONE),
)
Index("ix_responding_rule_state_rule_id", state_table.c.rule_id)

hushed_table = Table(
    "responding_rule_hushed",
    metadata,
    Column("switch_id", Id, ForeignKey("directory_module_switch.id"), primary_key=True),
    Column("device_id", Id, primary_key=True),
    Column("rule_id", Id, primary_key=True),
    Column("estate_id", Id, nullable=False),
    Column("module", String(40), nullable=False),
    Column("finding", JSONB, nullable=False),
    Column("times", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("ended", Boolean, nullable=False),
    info=guarded(by_estate("see_devices"), app=Use.READ),
)
Index("ix_responding_rule_hushed_device", hushed_table.c.device_id, hushed_table.c.last_at)
Index("ix_responding_rule_hushed_estate", hushed_table.c.estate_id)
