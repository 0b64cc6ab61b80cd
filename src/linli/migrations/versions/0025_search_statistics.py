"""How closely the search keys are counted, written down in `0025_search_statistics.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
