"""The fixtures every other test stands on: clones of one migrated template, one per worker."""

from sqlalchemy import text

from linli.app.engine.roles import DatabaseUrls, connected


async def names_of(url: str) -> tuple[str, str]:
    async with connected(url) as connection:
        row = (await connection.execute(text("SELECT current_user, current_database()"))).one()
    return str(row[0]), str(row[1])


async def test_each_role_reaches_the_workers_database(database: DatabaseUrls) -> None:
    owner, name = await names_of(database.owner)
    assert owner == "linli_owner"
    assert await names_of(database.app) == ("linli_app", name)
    assert await names_of(database.gateway) == ("linli_gateway", name)


async def test_a_fresh_database_is_another_one(
    database: DatabaseUrls, fresh_database: DatabaseUrls
) -> None:
    assert (await names_of(database.app))[1] != (await names_of(fresh_database.app))[1]


async def test_only_linlis_roles_may_connect(fresh_database: DatabaseUrls) -> None:
    async with connected(fresh_database.admin) as connection:
        rights = await connection.execute(
            text("SELECT datacl::text FROM pg_database WHERE datname = current_database()")
        )
        given = str(rights.scalar())
    assert not {entry for entry in given.strip("{}").split(",") if entry.startswith("=")}
    assert "linli_app=c/" in given
