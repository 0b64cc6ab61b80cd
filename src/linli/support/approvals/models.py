"""The table of approvals."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, String, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import any_of, by_account, guarded

MAY_DECIDE = (
    "cardinality(needs) > 0 AND cardinality(estate_ids) > 0 AND NOT EXISTS"
    " (SELECT 1 FROM unnest(needs) AS need WHERE NOT estate_ids <@ linli_estates(need))"
)
"""Every permission that is needed, on every estate that is concerned."""

approval_table = Table(
    "support_approval",
    metadata,
    Column("id", Id, primary_key=True),
    Column("purpose", String(40), nullable=False),
    Column("title", String(200), nullable=False),
    Column("request", JSONB, nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("said", JSONB, nullable=False),
    Column("reason", String(300), nullable=False),
    Column("total", Integer, nullable=False),
    Column("needs", ARRAY(Text), nullable=False),
    Column("estate_ids", ARRAY(Id), nullable=False),
    Column("asker_id", Id, nullable=False),
    Column("asker_name", String(100), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("decided_by", Id),
    Column("decided_name", String(100), nullable=False, server_default=""),
    Column("decided_at", Moment),
    Column("answer", String(300), nullable=False, server_default=""),
    Column("ended_at", Moment),
    # The database holds it too: nobody decides on their own request.
    CheckConstraint("decided_by <> asker_id", name="two"),
    info=guarded(any_of(by_account("asker_id"), MAY_DECIDE)),
)
Index("ix_support_approval_asked", approval_table.c.asked_at)
Index(
    "uq_support_approval_open",
    approval_table.c.asker_id,
    approval_table.c.request_hash,
    unique=True,
    postgresql_where=approval_table.c.ended_at.is_(None),
)
