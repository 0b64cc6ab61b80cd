"""Shared terminals and the codes to switch with, as written down in `0019_terminals.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0019"
down_revision = "0018a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
