"""Two pairs of eyes, as written down in `0013_control.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
