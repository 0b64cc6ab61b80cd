"""Tables that come in and go out, as written down in `0010_imports.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
