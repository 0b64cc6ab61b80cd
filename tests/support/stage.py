"""A transaction that tests play in, as linli itself or as people, and that is rolled back after."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from linli.app.engine.roles import for_sqlalchemy
from linli.kernel.scope import MACHINE, NOBODY, Actor, Scope, settings_of
from linli.kernel.work import Work

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@dataclass(slots=True)
class Stage:
    """Opens works of several actors on one connection, each under its role's row policies."""

    connection: AsyncConnection
    now: datetime = NOON
    entered: dict[str, str] = field(default_factory=dict[str, str])

    async def machine(self) -> Work:
        """Linli's own work: everything is in reach."""
        await self._become("linli_gateway", NOBODY)
        return Work(connection=self.connection, now=self.now, actor=MACHINE)

    async def person(self, scope: Scope) -> Work:
        """A person's work: the policies of `linli_app` in this scope."""
        await self._become("linli_app", scope)
        actor = Actor(kind="person", name="李强", account_id=scope.account_id, address="10.0.0.7")
        return Work(connection=self.connection, now=self.now, actor=actor, scope=scope)

    async def auditor(self) -> Work:
        """A work that sees every row, as the database's administrator does."""
        await self.connection.execute(text("RESET ROLE"))
        return Work(connection=self.connection, now=self.now)

    def later(self, time: timedelta) -> None:
        self.now += time

    async def _become(self, role: str, scope: Scope) -> None:
        forgotten = dict.fromkeys(self.entered, "")
        self.entered = settings_of(scope)
        await self.connection.execute(text("RESET ROLE"))
        for name, value in {**forgotten, **self.entered}.items():
            await self.connection.execute(SET, {"name": name, "value": value})
        await self.connection.execute(text(f"SET LOCAL ROLE {role}"))


SET = text("SELECT set_config(:name, :value, true)")


@asynccontextmanager
async def stage_on(admin_url: str) -> AsyncGenerator[Stage]:
    """A stage on the database of this administrator's URL."""
    engine = create_async_engine(for_sqlalchemy(admin_url), poolclass=NullPool)
    try:
        async with engine.connect() as connection, connection.begin() as transaction:
            yield Stage(connection)
            await transaction.rollback()
    finally:
        await engine.dispose()


def sees(account_id: UUID, *estates: UUID, permission: str = "see_incidents") -> Scope:
    """The scope of somebody with one permission on some estates."""
    return Scope(account_id=account_id, estates={permission: frozenset(estates)})


def also(scope: Scope, permission: str, *estates: UUID) -> Scope:
    """The same scope with one more permission."""
    return replace(scope, estates={**scope.estates, permission: frozenset(estates)})
