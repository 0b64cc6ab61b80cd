"""The report of retention: one row for each run that forgot something, and each purpose's last."""

from sqlalchemy import Column, Index, Integer, String, Table

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import EVERYBODY, Use, guarded

run_table = Table(
    "support_retention_run",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("code", String(40), nullable=False),
    Column("days", Integer, nullable=False),
    Column("before", Moment, nullable=False),
    Column("removed", Integer, nullable=False),
    # Counts of the whole installation, about nobody; the endpoint asks for a right.
    info=guarded(EVERYBODY, app=Use.READ),
)
Index("ix_support_retention_run_code", run_table.c.code, run_table.c.at)
