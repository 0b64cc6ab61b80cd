"""Training counties and drills, as written down in `0021_drills.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
