"""The list of people as one of many, written down in `0024_people_as_lists.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
