"""Long lists, as written down in `0017_lists.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
