"""A unit of work is all or nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.kernel.deadlines import Deadline, next_due, set_deadline
from linli.kernel.work import Work, Workshop

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StillClock:
    def now(self) -> datetime:
        return NOON


async def test_what_fails_leaves_nothing(machine: Workshop) -> None:
    async def fail(work: Work) -> None:
        await set_deadline(work, Deadline("trial", UUID(int=1), NOON))
        await work.connection.execute(text("SELECT 1 / 0"))

    with pytest.raises(DBAPIError, match="division by zero"):
        async with machine.work() as work:
            await fail(work)
    async with machine.work() as work:
        assert await next_due(work.connection) is None


async def test_the_moment_and_the_ids_come_from_outside(machine: Workshop) -> None:
    workshop = Workshop(machine.engine, StillClock(), ids=lambda moment: UUID(int=moment.year))
    async with workshop.work() as work:
        assert work.now == NOON
        assert work.new_id() == UUID(int=2026)
        assert work.actor.kind == "machine"
