"""The database: one set of tables, engines, and statements run by name of role."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    MetaData,
    Table,
    Uuid,
    any_,
    literal,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from linli.kernel.scope import Scope, settings_of
from linli.kernel.uniqueness import refusal_of

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Moment = DateTime(timezone=True)
Id = Uuid(as_uuid=True)


def among(column: ColumnElement[Any], values: Iterable[object]) -> ColumnElement[bool]:
    """The column holds one of the values: one parameter, however many they are."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def engine_for(url: str, *, connections: int = 10, ping: bool = True) -> AsyncEngine:
    """An engine for `postgresql://user:password@host:port/name`, at most `connections` wide.

    Without `ping` a connection is not asked whether it still lives before it is used: three round
    trips less, and whoever uses it bears that its first statement may find it dead.
    """
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=ping,
        connect_args={"server_settings": {"timezone": "UTC", "application_name": "linli"}},
    )


_ENTER_SCOPE = text(
    "SELECT set_config(key, value, true) "
    "FROM unnest(CAST(:keys AS text[]), CAST(:values AS text[])) AS s(key, value)"
)


async def enter_scope(connection: AsyncConnection, scope: Scope) -> None:
    """Tell the row policies, for this transaction only, what the session may reach."""
    settings: dict[str, str] = settings_of(scope)
    parameters: dict[str, Any] = {"keys": list(settings), "values": list(settings.values())}
    await connection.execute(_ENTER_SCOPE, parameters)


async def insert_rows(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert many rows, all with the same columns, by one statement.

    What the row policies ask of the session is then computed once and not for each row; and the
    statement stays the same however many rows there are.
    """
    if not rows:
        return
    columns = [table.c[name] for name in rows[0]]
    named = ", ".join(f'"{column.name}"' for column in columns)
    taken = ", ".join(_taken(column) for column in columns)
    given = ", ".join(f"CAST(:{column.name} AS {_sent_as(column)}[])" for column in columns)
    into = f'INSERT INTO "{table.name}" ({named})'
    await connection.execute(
        text(f"{into} SELECT {taken} FROM unnest({given}) AS rows ({named})"),  # noqa: S608 - names of our own tables
        {column.name: [_sent(column, row[column.name]) for row in rows] for column in columns},
    )


def _type_of(column: Column[Any]) -> str:
    return column.type.compile(postgresql.dialect())


def _sent_as(column: Column[Any]) -> str:
    """A list within a list would be taken apart to its single values: it travels as text."""
    return "text" if isinstance(column.type, ARRAY) else _type_of(column)


def _taken(column: Column[Any]) -> str:
    if _sent_as(column) == "text":
        return f'CAST("{column.name}" AS {_type_of(column)})'
    return f'"{column.name}"'


def _sent(column: Column[Any], value: object) -> object:
    if value is None or not isinstance(column.type, ARRAY):
        return value
    return "{" + ",".join(_element(one) for one in cast("Iterable[object]", value)) + "}"


def _element(one: object) -> str:
    if one is None:
        return "NULL"
    quoted = str(one).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


_PLAN_FOR_MANY = text(
    "SELECT set_config('enable_seqscan', 'off', true),"
    " set_config('plan_cache_mode', 'force_custom_plan', true)"
)


_JOIN_BY_HASH = text(
    "SELECT set_config('enable_nestloop', :others, true),"
    " set_config('enable_mergejoin', :others, true)"
)


async def plan_for_many(connection: AsyncConnection) -> None:
    """Plan each statement of this transaction by index, and for the values it has.

    For transactions that fill a table: what PostgreSQL knows of its size was counted before, and a
    plan kept from when it was empty reads all of it for every further row.
    """
    await connection.execute(_PLAN_FOR_MANY)


@asynccontextmanager
async def joined_by_hash(connection: AsyncConnection) -> AsyncGenerator[None]:
    """Join by hash what is asked within: each side is read once, however few rows are expected."""
    await connection.execute(_JOIN_BY_HASH, {"others": "off"})
    yield
    await connection.execute(_JOIN_BY_HASH, {"others": "on"})


@asynccontextmanager
async def transaction(
    engine: AsyncEngine, scope: Scope | None = None
) -> AsyncGenerator[AsyncConnection]:
    """An open transaction, within `scope` when given; committed at the end, or rolled back.

    Raises `uniqueness.Taken` when it lost a race for something that a table says must be unique.
    """
    try:
        async with engine.begin() as connection:
            if scope is not None:
                await enter_scope(connection, scope)
            yield connection
    except IntegrityError as error:
        refusal = refusal_of(error, metadata)
        if refusal is None:
            raise
        raise refusal from error
