"""Two gateways record the same device at once, or one dies: nothing twice, nothing lost."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.unit.directory.town import START, Offices, Town
from tests.unit.sensing.telemetry.reporting import Said, SaidEvent

from linli.kernel.database import transaction
from linli.kernel.work import Work
from linli.sensing.devices.contracts import Device, Registration
from linli.sensing.devices.public import register_device
from linli.sensing.telemetry.contracts import Entry, LastValue, Receipt, Recorded, Span
from linli.sensing.telemetry.public import (
    Recorder,
    events_of,
    last_values,
    prepare_days,
    readings_between,
)

RECEIVED = START + timedelta(minutes=10)
SPAN = Span(START - timedelta(hours=1), START + timedelta(hours=1))


@pytest.fixture
async def meter(desks: Offices, town: Town) -> Device:
    async with desks.machine.work() as work:
        await prepare_days(work)
        draft = Registration(town.estates[0].id, None, "water_meter", "水表", "linli_native")
        return (await register_device(work, draft)).device


def said(device: Device, *seconds: int, receipt: Receipt | None = None) -> list[Entry]:
    return [
        Entry(
            device,
            Said(
                None if receipt else START + timedelta(seconds=second), (("flow", float(second)),)
            ),
            RECEIVED,
            receipt,
        )
        for second in seconds
    ]


class Gateway:
    """A gateway with a connection and a memory of its own."""

    def __init__(self, desks: Offices) -> None:
        self._desks = desks
        self._recorder = Recorder()

    @asynccontextmanager
    async def working(self) -> AsyncGenerator[Work]:
        async with transaction(self._desks.machine.engine) as connection:
            yield Work(connection=connection, now=START)

    async def record_in(self, work: Work, entries: list[Entry]) -> Recorded:
        return await self._recorder.record(work, entries)

    async def record(self, entries: list[Entry]) -> Recorded:
        async with self.working() as work:
            return await self.record_in(work, entries)


WAITING = text(
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE NOT granted AND datname = current_database()"
)


async def somebody_waits(desks: Offices) -> None:
    """Until a transaction waits for another's lock."""
    async with asyncio.timeout(10):
        while True:
            async with desks.app.engine.connect() as connection:
                if await connection.scalar(WAITING):
                    return


async def race(desks: Offices, first: list[Entry], second: list[Entry]) -> tuple[int, int]:
    """Both record; the second begins while the first has not committed. New readings of each."""
    one, other = Gateway(desks), Gateway(desks)
    async with asyncio.TaskGroup() as tasks, one.working() as work:
        recorded = await one.record_in(work, first)
        waiting = tasks.create_task(other.record(second))
        await somebody_waits(desks)
    return recorded.new, waiting.result().new


async def stored(desks: Offices, device: Device) -> list[float]:
    async with desks.machine.work() as work:
        return [value for _, value in await readings_between(work, device.id, "flow", SPAN)]


async def last(desks: Offices, device: Device) -> LastValue:
    async with desks.machine.work() as work:
        [value] = (await last_values(work, [device.id]))[device.id]
    return value


async def test_the_very_first_reading_arrives_at_both(desks: Offices, meter: Device) -> None:
    assert await race(desks, said(meter, 1, 2), said(meter, 1, 2, 3)) == (2, 1)
    assert await stored(desks, meter) == [1, 2, 3]


async def test_the_same_reading_arrives_at_both(desks: Offices, meter: Device) -> None:
    await Gateway(desks).record(said(meter, 1))
    assert await race(desks, said(meter, 2), said(meter, 2)) == (1, 0)
    assert await stored(desks, meter) == [1, 2]


async def test_the_older_gateway_is_overtaken(desks: Offices, meter: Device) -> None:
    await Gateway(desks).record(said(meter, 1))
    assert await race(desks, said(meter, 5), said(meter, 2, 3, 5)) == (1, 2)
    assert await stored(desks, meter) == [1, 2, 3, 5]
    assert (await last(desks, meter)).value == 5


async def test_the_same_event_arrives_at_both(desks: Offices, meter: Device) -> None:
    pressed = Said(START, events=(SaidEvent("sos_pressed", "p-7"),))
    entries = [Entry(meter, pressed, START)]
    assert await race(desks, entries, entries) == (1, 0)
    async with desks.machine.work() as work:
        assert len(await events_of(work, meter.id)) == 1


async def test_a_message_without_a_time_is_sent_again_to_the_other_gateway(
    desks: Offices, meter: Device
) -> None:
    assert meter.connection_id is not None
    digest = b"0123456789abcdef"
    first = Receipt(meter.connection_id, 9, digest, duplicate=False)
    again = Receipt(meter.connection_id, 9, digest, duplicate=True)
    entries = said(meter, 1, receipt=first), said(meter, 1, receipt=again)
    assert await race(desks, *entries) == (1, 0)
    assert len(await stored(desks, meter)) == 1


async def test_a_gateway_that_dies_before_its_commit_has_said_nothing(
    desks: Offices, meter: Device
) -> None:
    gateway = Gateway(desks)

    async with desks.machine.engine.connect() as connection:
        work = Work(connection=connection, now=START)
        assert (await gateway.record_in(work, said(meter, 1, 2))).new == 2
        await connection.rollback()
    assert await stored(desks, meter) == []
    assert (await gateway.record(said(meter, 1, 2))).new == 2
    assert await stored(desks, meter) == [1, 2]


async def test_many_gateways_share_a_flood_of_duplicates(desks: Offices, meter: Device) -> None:
    gateways = [Gateway(desks) for _ in range(4)]
    batches = [list(range(start, start + 60)) for start in range(0, 300, 20)]
    new: list[int] = []

    async def work_through(gateway: Gateway, mine: list[list[int]]) -> None:
        for batch in mine:
            recorded = await gateway.record(said(meter, *batch))
            new.append(recorded.new)

    async with asyncio.TaskGroup() as tasks:
        for place, gateway in enumerate(gateways):
            shifted = batches[place * 3 :] + batches[: place * 3]
            tasks.create_task(work_through(gateway, shifted))
    assert sum(new) == 340
    assert await stored(desks, meter) == [float(second) for second in range(340)]
    assert (await last(desks, meter)).value == 339
