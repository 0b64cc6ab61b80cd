"""Modules of an estate, as written down in `0016_modules.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
