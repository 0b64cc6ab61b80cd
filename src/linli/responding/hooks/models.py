"""Tables of hooks."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import by_organisation, guarded, through

hook_table = Table(
    "responding_hook",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("title", String(80), nullable=False),
    Column("url", String(500), nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("secret_before_sealed", LargeBinary),
    Column("secret_before_until", Moment),
    Column("state", String(20), nullable=False),
    Column("last_sequence", BigInteger, nullable=False, server_default="0"),
    Column("failing_since", Moment),
    Column("made_by", String(100), nullable=False),
    Column("made_at", Moment, nullable=False),
    info=guarded(by_organisation("manage_accounts")),
)
Index("ix_responding_hook_organisation", hook_table.c.organisation_id)

delivery_table = Table(
    "responding_hook_delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("hook_id", Id, ForeignKey("responding_hook.id"), nullable=False),
    Column("event_key", String(200), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("event", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("made_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("attempts", JSONB, nullable=False, server_default="[]"),
    info=guarded(through("responding_hook", "hook_id")),
)
Index(
    "uq_responding_hook_delivery_event",
    delivery_table.c.hook_id,
    delivery_table.c.event_key,
    unique=True,
)
Index("ix_responding_hook_delivery_made", delivery_table.c.made_at)
Index(
    "ix_responding_hook_delivery_due",
    delivery_table.c.due_at,
    postgresql_where=delivery_table.c.state == "waiting",
)
