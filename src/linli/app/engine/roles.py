"""The database's roles: who may own, serve and write. One place makes them, anywhere.

`linli_admin` rules the embedded cluster (only the engine and the backup use it), `linli_owner`
owns the tables and migrates, `linli_app` serves people under row-level security, and
`linli_gateway` takes in what devices send.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from linli.app.engine.urls import (
    DATABASE,
    DatabaseUrls,
    Passwords,
    Role,
    database_of,
    for_sqlalchemy,
    on_database,
    urls_for,
)

ONE_AT_A_TIME = 0x6C696E6C69  # "linli": nodes that start together take turns
MOST_NAME_BYTES = 63
NO_SUCH_DATABASE = "3D000"


async def ensure_roles_and_database(
    admin_url: str, passwords: Passwords, database: str = DATABASE
) -> DatabaseUrls:
    """Make roles, database and their rights as they must be; may run any number of times.

    `admin_url` names a user who may create roles and databases. PostgreSQL 15 or newer.

    Returns:
        The URLs of the roles on `database`.

    Raises:
        sqlalchemy.exc.DBAPIError: the user may not do this.
        OSError: the server cannot be reached.
    """
    start = await _where_to_start(admin_url)
    async with connected(start) as connection:
        await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
        for role in Role:
            await _ensure_role(connection, role, passwords.of(role))
        if not await _is_true(
            connection, "SELECT true FROM pg_database WHERE datname = :name", name=database
        ):
            await connection.execute(
                text(
                    f"CREATE DATABASE {quoted(database)} OWNER {Role.OWNER} "
                    "TEMPLATE template0 ENCODING 'UTF8'"
                )
            )
    async with connected(on_database(start, database)) as connection:
        await _set_rights(connection, database)
    return urls_for(admin_url, passwords, database)


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[AsyncConnection]:
    """One connection without transactions (each statement by itself), closed at the end."""
    engine = create_async_engine(
        for_sqlalchemy(url), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


def quoted(name: str) -> str:
    """Quote an identifier.

    Raises:
        ValueError: PostgreSQL cannot have such a name.
    """
    if not name or "\0" in name or len(name.encode()) > MOST_NAME_BYTES:
        raise ValueError(name)
    return '"' + name.replace('"', '""') + '"'


async def _where_to_start(admin_url: str) -> str:
    """The URL itself when its database exists, else the one that every server has."""
    if not database_of(admin_url):
        return on_database(admin_url, "postgres")
    try:
        async with connected(admin_url):
            return admin_url
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != NO_SUCH_DATABASE:
            raise
        return on_database(admin_url, "postgres")


async def _is_true(connection: AsyncConnection, question: str, **values: str) -> bool:
    answer = await connection.execute(text(question), values)
    return answer.scalar() is True


async def _ensure_role(connection: AsyncConnection, role: Role, password: str) -> None:
    if not await _is_true(
        connection, "SELECT true FROM pg_roles WHERE rolname = :name", name=role.value
    ):
        await connection.execute(text(f"CREATE ROLE {role}"))
    # NOSUPERUSER, NOBYPASSRLS and NOREPLICATION are the defaults, and only a superuser may say
    # them; a role that has them anyway was given them by somebody and must not serve.
    if await _is_true(
        connection,
        "SELECT rolsuper OR rolbypassrls OR rolreplication FROM pg_roles WHERE rolname = :name",
        name=role.value,
    ):
        await connection.execute(text(f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS NOREPLICATION"))
    answer = await connection.execute(
        text("SELECT format('LOGIN NOCREATEDB NOCREATEROLE PASSWORD %L', CAST(:word AS text))"),
        {"word": password},
    )
    await connection.exec_driver_sql(f"ALTER ROLE {role} {answer.scalar_one()}")
    if role is Role.OWNER and not await _is_true(
        connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    ):
        # CREATE DATABASE … OWNER asks an administrator who is no superuser for this membership.
        await connection.execute(text(f"GRANT {role} TO CURRENT_USER"))


async def _set_rights(connection: AsyncConnection, database: str) -> None:
    name = quoted(database)
    roles = ", ".join(Role)
    for statement in (
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {roles}",
        f"GRANT CREATE, TEMPORARY ON DATABASE {name} TO {Role.OWNER}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT ALL ON SCHEMA public TO {Role.OWNER}",
        f"GRANT USAGE ON SCHEMA public TO {Role.APP}, {Role.GATEWAY}",
    ):
        await connection.execute(text(statement))
