"""Tables of orders."""

from sqlalchemy import Column, Index, Integer, String, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import any_of, by_account, by_estate, guarded

order_table = Table(
    "responding_order",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(60), nullable=False, unique=True),
    Column("subject_id", Id, nullable=False),
    Column("estate_id", Id, nullable=False),
    Column("company_id", Id, nullable=False),
    Column("assignee_id", Id),
    Column("severity", String(20), nullable=False),
    Column("offer", JSONB, nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("offered_at", Moment, nullable=False),
    Column("offered_by", String(100), nullable=False),
    Column("accepted_at", Moment),
    Column("arrived_at", Moment),
    Column("fixed_at", Moment),
    Column("ended_at", Moment),
    Column("fixed_by", Id),
    Column("result", Text, nullable=False, server_default=""),
    Column("evidence", ARRAY(Id), nullable=False, server_default="{}"),
    Column("follows", Id),
    info=guarded(any_of(by_estate("see_orders"), by_account("assignee_id"))),
)
Index("ix_responding_order_subject", order_table.c.subject_id)
Index(
    "ix_responding_order_active",
    order_table.c.estate_id,
    order_table.c.company_id,
    postgresql_where=order_table.c.ended_at.is_(None),
)
Index(
    "ix_responding_order_assignee",
    order_table.c.assignee_id,
    postgresql_where=order_table.c.ended_at.is_(None),
)
