"""The migrations lead from an empty database to exactly what the code expects."""

from collections.abc import AsyncGenerator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.app.engine.roles import DatabaseUrls
from linli.app.migrate import upgrade_database
from linli.app.tables import load, metadata
from linli.kernel.database import engine_for
from linli.kernel.row_security import rule_of


@pytest.fixture
async def connection(database: DatabaseUrls) -> AsyncGenerator[AsyncConnection]:
    load()
    engine = engine_for(database.owner, connections=1)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


def _known(item: object, name: str | None, kind: str, *_: object) -> bool:
    """Alembic's own table and the daily partitions are not the code's."""
    del item
    return not (
        kind == "table"
        and name is not None
        and (name == "alembic_version" or name.startswith("sensing_telemetry_reading_"))
    )


async def test_migrated_tables_are_those_of_the_code(connection: AsyncConnection) -> None:
    def differences(bare: Connection) -> list[object]:
        context = MigrationContext.configure(bare, opts={"include_object": _known})
        return list(compare_metadata(context, metadata))

    assert await connection.run_sync(differences) == []


async def test_every_table_has_the_row_rule_it_states(connection: AsyncConnection) -> None:
    secured = await connection.execute(
        text("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')")
    )
    stated = {table.name for table in metadata.sorted_tables if rule_of(table).seen is not None}
    assert set(secured.scalars()) == stated
    for role, use in (("linli_app", "app"), ("linli_gateway", "machine")):
        for table in metadata.sorted_tables:
            wanted = getattr(rule_of(table), use).value
            for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                held = await connection.scalar(
                    text("SELECT has_table_privilege(:role, :name, :privilege)"),
                    {"role": role, "name": table.name, "privilege": privilege},
                )
                assert held == (privilege in wanted), (role, table.name, privilege)


async def test_the_roles_that_serve_can_do_no_more_than_serve(connection: AsyncConnection) -> None:
    roles = await connection.execute(
        text(
            "SELECT rolname FROM pg_roles WHERE rolname IN ('linli_app', 'linli_gateway')"
            " AND NOT rolsuper AND NOT rolbypassrls AND NOT rolcreatedb AND NOT rolcreaterole"
        )
    )
    assert set(roles.scalars()) == {"linli_app", "linli_gateway"}
    owned = await connection.scalar(
        text(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
            " WHERE r.rolname IN ('linli_app', 'linli_gateway')"
        )
    )
    assert owned == 0


async def test_migrating_again_changes_nothing(fresh_database: DatabaseUrls) -> None:
    await upgrade_database(fresh_database.owner)
