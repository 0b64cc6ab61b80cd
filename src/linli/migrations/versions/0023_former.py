"""What imports changed, as written down in `0023_former.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
