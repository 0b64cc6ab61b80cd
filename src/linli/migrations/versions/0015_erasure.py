"""Erasure, as written down in `0015_erasure.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
