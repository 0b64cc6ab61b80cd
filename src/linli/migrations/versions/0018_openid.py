"""Identities of a provider, as written down in `0018_openid.sql`."""

from linli.migrations.steps import run_sql_beside

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
