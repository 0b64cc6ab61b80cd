"""Indexes that nothing reads are left out, as written down in `0018a_lean.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0018a"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
