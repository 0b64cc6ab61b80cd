"""The full county of the demo, as written down in `0012_county.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
