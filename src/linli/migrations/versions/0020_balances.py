"""Opening balances, as written down in `0020_balances.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
