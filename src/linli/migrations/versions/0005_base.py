"""People, households, homes, vehicles, enterprises and facilities with their history."""

from linli.migrations.steps import run_sql_beside

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
