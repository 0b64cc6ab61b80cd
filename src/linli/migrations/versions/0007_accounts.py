"""Second factor, leavers, programs' keys and outgoing hooks."""

from linli.migrations.steps import run_sql_beside

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
