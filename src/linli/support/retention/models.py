"""The report of retention: one row for each run that forgot something, and each purpose's last."""

from sqlalchemy import Column, Index, Integer, String, Table

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, guarded

run_table = Table(
    "support_retention_run",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("code", String(40), nullable=False),
    Column("days", Integer, nullable=False),
    Column("before", Moment, nullable=False),
    Column("removed", Integer, nullable=False),
    # Counts of the whole installation: who looks after data anywhere may know that it is done.
    info=guarded(
        "cardinality((SELECT linli_organisations('see_looks'))::uuid[]) > 0", app=Use.READ
    ),
)
Index("ix_support_retention_run_code", run_table.c.code, run_table.c.at)
