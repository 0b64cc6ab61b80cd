"""The first schema."""

from alembic import op
from sqlalchemy import text

from linli.app.tables import ddl_after_tables, metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    after = ddl_after_tables()
    connection = op.get_bind()
    metadata.create_all(connection)
    for statement in after:
        connection.exec_driver_sql(statement)
    connection.execute(text("INSERT INTO kernel_event_sequence (id, last_offset) VALUES (1, 0)"))
    # Readiness compares the schema with the release.
    connection.execute(text("GRANT SELECT ON alembic_version TO linli_app, linli_gateway"))
