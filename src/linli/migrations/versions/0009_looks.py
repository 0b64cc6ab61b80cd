"""Who looked at whom, and how long things are kept."""

from linli.migrations.steps import run_sql_beside

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
