"""Alembic's entry: runs the migrations on the connection that `linli.app.migrate` opened."""

from alembic import context
from sqlalchemy import Connection

from linli.app.tables import load
from linli.kernel.database import metadata

load()
connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_server_default=False,
    transaction_per_migration=False,
)
context.run_migrations()
