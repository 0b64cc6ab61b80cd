"""Tables of rosters."""

from sqlalchemy import Column, Index, Integer, String, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import any_of, by_account, by_organisation, guarded

SEE = by_organisation("see_rosters")

pattern_table = Table(
    "responding_shift_pattern",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("title", String(40), nullable=False),
    Column("post", String(40), nullable=False),
    Column("starts_at", Integer, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("ended_at", Moment),
    info=guarded(SEE),
)
Index(
    "uq_responding_shift_pattern_title",
    pattern_table.c.organisation_id,
    pattern_table.c.title,
    unique=True,
    postgresql_where=pattern_table.c.ended_at.is_(None),
)

shift_table = Table(
    "responding_shift",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("name", String(100), nullable=False),
    Column("title", String(40), nullable=False),
    Column("post", String(40), nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("checked_in_at", Moment),
    Column("checked_out_at", Moment),
    info=guarded(any_of(SEE, by_account())),
)
Index("ix_responding_shift_organisation", shift_table.c.organisation_id, shift_table.c.starts_at)
Index("ix_responding_shift_account", shift_table.c.account_id, shift_table.c.starts_at)

swap_table = Table(
    "responding_shift_swap",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("shift_id", Id, nullable=False),
    Column("in_return", Id),
    Column("asker_id", Id, nullable=False),
    Column("asker_name", String(100), nullable=False),
    Column("colleague_id", Id, nullable=False),
    Column("colleague_name", String(100), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("answer", String(200), nullable=False, server_default=""),
    info=guarded(any_of(SEE, by_account("asker_id"), by_account("colleague_id"))),
)
Index("ix_responding_shift_swap_organisation", swap_table.c.organisation_id, swap_table.c.asked_at)
Index(
    "uq_responding_shift_swap_open",
    swap_table.c.shift_id,
    unique=True,
    postgresql_where=swap_table.c.ended_at.is_(None),
)

handover_table = Table(
    "responding_handover",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("shift_id", Id, nullable=False, unique=True),
    Column("from_account", Id, nullable=False),
    Column("from_name", String(100), nullable=False),
    Column("note", Text, nullable=False),
    Column("matters", JSONB, nullable=False),
    Column("given_at", Moment, nullable=False),
    Column("to_account", Id),
    Column("to_name", String(100), nullable=False, server_default=""),
    Column("taken_at", Moment),
    Column("remark", String(500), nullable=False, server_default=""),
    info=guarded(any_of(SEE, by_account("from_account"), by_account("to_account"))),
)
Index(
    "ix_responding_handover_organisation",
    handover_table.c.organisation_id,
    handover_table.c.given_at,
)
