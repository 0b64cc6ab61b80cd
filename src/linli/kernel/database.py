"""The database: one set of tables, engines, and statements run by name of role."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import ColumnElement, DateTime, MetaData, Uuid, any_, literal, text
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
