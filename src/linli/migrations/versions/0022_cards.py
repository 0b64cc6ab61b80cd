"""Door cards, as written down in `0022_cards.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
