"""The intake on the real database: answered after the commit, counted once, nothing half done."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from tests.support.demo import SeededDatabase
from tests.support.workshops import workshops_on

from linli.app.demo.entering import SeededWorld
from linli.app.doors.ports import admission_of
from linli.app.doors.replaying import IntakeReplay, Replayer
from linli.app.engine.roles import DatabaseUrls, connected
from linli.app.intake.absorbing import Absorber
from linli.app.intake.batches import UNPROCESSABLE, Intake
from linli.kernel.scope import Actor
from linli.kernel.work import Workshop
from linli.sensing.devices.contracts import Registration
from linli.sensing.devices.public import DeviceRegister, register_device
from linli.sensing.gateway.contracts import ACCEPTED, FAILED, Fate, Inbound, Outcome
from linli.sensing.quarantine.public import ask_replay
from linli.sensing.telemetry.public import Recorder

SOS = "yg-6-1-502-sos"
OTHER_SOS = "yg-1-1-201-sos"
METER = "yg-6-1-502-water"
OTHER_METER = "yg-1-1-201-water"
ANSWERS_WITHIN_S = 60
Row = tuple[Any, ...]


@dataclass(slots=True)
class Yard:
    """A seeded estate, one intake of it, and a look past all row policies."""

    urls: DatabaseUrls
    workshop: Workshop
    world: SeededWorld
    register: DeviceRegister
    intake: Intake
    connections: dict[str, UUID] = field(default_factory=dict[str, UUID])

    async def rows(self, statement: str, **values: object) -> list[Row]:
        async with connected(self.urls.admin) as connection:
            found = await connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    async def one(self, statement: str, **values: object) -> Any:
        return (await self.rows(statement, **values))[0][0]

    async def until(self, holds: str) -> None:
        """Ask the database again and again until this is so."""
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            while not await self.one(holds):  # noqa: ASYNC110 (it tells nobody)
                await asyncio.sleep(0.02)

    async def message(
        self,
        code: str,
        body: object,
        *,
        kind: str = "telemetry",
        packet_id: int = 0,
        again: bool = False,
        child: str | None = None,
    ) -> Inbound:
        """What the device sends, as the gateway hands it to the intake."""
        if code not in self.connections:
            self.connections[code] = await self.one(
                "SELECT id FROM sensing_connection WHERE code = :code",
                code=next(d.username for d in self.world.estates[0].devices if d.code == code),
            )
        connection_id = self.connections[code]
        await self.register.ensure([connection_id])
        known = self.register.get(connection_id)
        assert known is not None
        topic = f"linli/v1/child/{child}/{kind}" if child else f"linli/v1/{kind}"
        return Inbound(
            admission=admission_of(known, self.register),
            client_id=code,
            topic=topic,
            payload=json.dumps(body).encode(),
            received_at=self.workshop.clock.now(),
            qos=1 if packet_id else 0,
            packet_id=packet_id,
            duplicate=again,
        )

    async def pressed(self, code: str, event_id: str, **more: object) -> Inbound:
        return await self.message(
            code, {"id": event_id, "event": "sos_pressed", **more}, kind="event"
        )

    async def answered(self, *messages: Inbound) -> Sequence[Outcome]:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            return await self.intake.submit(messages)

    async def readings(self, code: str) -> list[Row]:
        return await self.rows(
            "SELECT s.property, r.value, r.observed_at, r.clock FROM sensing_telemetry_reading r"
            " JOIN sensing_series s ON s.id = r.series_id JOIN sensing_device d"
            " ON d.id = s.device_id WHERE d.code = :code ORDER BY r.observed_at, r.value",
            code=code,
        )

    def ms(self, ago: timedelta = timedelta()) -> int:
        return int((self.workshop.clock.now() - ago).timestamp() * 1000)


@asynccontextmanager
async def running(intake: Intake) -> AsyncGenerator[None]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(intake.run())
        yield
        task.cancel()


@pytest.fixture
async def yard(today_database: DatabaseUrls, today: SeededDatabase) -> AsyncGenerator[Yard]:
    async with workshops_on(today_database) as (_, workshop):
        register = DeviceRegister(workshop)
        intake = Intake(workshop, register, Absorber(Recorder()))
        async with running(intake):
            yield Yard(today_database, workshop, today.world, register, intake)


async def test_the_answer_comes_after_the_commit(yard: Yard) -> None:
    message = await yard.pressed(SOS, "first")
    async with connected(yard.urls.admin) as holder:
        # Whoever holds the table lets nothing be committed; the answer has to wait for it.
        await holder.execute(text("BEGIN"))
        await holder.execute(text("LOCK TABLE responding_incident_step"))
        answer = yard.intake.submit([message])
        await yard.until(
            "SELECT count(*) = 1 FROM pg_locks WHERE NOT granted"
            " AND relation = 'responding_incident_step'::regclass"
        )
        assert not answer.done()
        assert not await yard.rows("SELECT 1 FROM sensing_device_event")
        await holder.execute(text("COMMIT"))
    async with asyncio.timeout(ANSWERS_WITHIN_S):
        assert list(await answer) == [ACCEPTED]
    assert await yard.one("SELECT count(*) FROM sensing_device_event") == 1
    assert await yard.one("SELECT count(*) FROM responding_incident") == 1
    due = "SELECT due_at - received_at FROM responding_incident"
    assert await yard.one(due) == timedelta(seconds=90)
    assert await yard.one("SELECT count(*) FROM kernel_deadline WHERE kind = 'incident.due'") == 1


async def test_a_message_that_comes_again_counts_once(yard: Yard) -> None:
    pressed = await yard.pressed(SOS, "one press", ts=yard.ms())
    told = await yard.message(METER, {"ts": yard.ms(), "values": {"water_total": 12.5}})
    timeless = {"values": {"water_total": 12.75}}
    first = await yard.message(OTHER_METER, timeless, packet_id=7)
    again = await yard.message(OTHER_METER, timeless, packet_id=7, again=True)
    assert set(await yard.answered(pressed, pressed, told, told, first)) == {ACCEPTED}
    assert set(await yard.answered(pressed, told, again)) == {ACCEPTED}
    assert len(await yard.readings(METER)) == 1
    assert len(await yard.readings(OTHER_METER)) == 1
    assert await yard.one("SELECT count(*) FROM sensing_device_event") == 1
    assert await yard.rows("SELECT times_seen FROM responding_alert") == [(1,)]
    assert await yard.rows("SELECT times_seen, version FROM responding_incident") == [(1, 1)]
    later = await yard.message(OTHER_METER, timeless, packet_id=7)
    await yard.answered(later)
    assert len(await yard.readings(OTHER_METER)) == 2


async def test_disorder_is_put_in_order_and_late_readings_raise_nothing(yard: Yard) -> None:
    ages = [30, 10, 50, 20, 40]
    messages = [
        await yard.message(
            METER, {"ts": yard.ms(timedelta(seconds=age)), "values": {"water_total": 100 - age}}
        )
        for age in ages
    ]
    for message in messages:
        assert list(await yard.answered(message)) == [ACCEPTED]
    assert [row[1] for row in await yard.readings(METER)] == [50, 60, 70, 80, 90]
    last = "SELECT l.value FROM sensing_last_value l"
    assert await yard.rows(last) == [(90,)]
    assert not await yard.rows("SELECT 1 FROM responding_alert WHERE category = 'water'")


async def test_clocks_of_1970_and_2038_lose_no_reading(yard: Yard) -> None:
    past = await yard.message(METER, {"ts": 86_400_000, "values": {"water_total": 1.0}})
    future = await yard.message(METER, {"ts": 2_147_483_648_000, "values": {"water_total": 2.0}})
    assert set(await yard.answered(past, future)) == {ACCEPTED}
    rows = await yard.readings(METER)
    assert [row[1] for row in rows] == [1.0, 2.0]
    now = yard.workshop.clock.now()
    assert all(abs(row[2] - now) < timedelta(minutes=5) and row[3] != 0 for row in rows)
    pressed = await yard.pressed(SOS, "in 1970", ts=0)
    await yard.answered(pressed)
    deadline = await yard.one("SELECT due_at FROM responding_incident WHERE category = 'rescue'")
    assert now < deadline < now + timedelta(minutes=5)


async def test_what_cannot_be_is_held_and_the_rest_is_kept(yard: Yard) -> None:
    values = {"water_total": 3.0, "battery": 700}
    partly = await yard.message(METER, {"ts": yard.ms(), "values": values})
    broken = await yard.message(METER, "not an object")
    whole = await yard.message(OTHER_METER, {"ts": yard.ms(), "values": {"water_total": 4.0}})
    outcomes = await yard.answered(partly, broken, whole)
    assert [one.fate for one in outcomes] == [Fate.QUARANTINED, Fate.QUARANTINED, Fate.ACCEPTED]
    assert [row[:2] for row in await yard.readings(METER)] == [("water_total", 3.0)]
    assert [row[:2] for row in await yard.readings(OTHER_METER)] == [("water_total", 4.0)]
    assert await yard.one("SELECT count(*) FROM sensing_quarantine") == 2


def site_gateway(world: SeededWorld) -> str:
    return next(
        device.code
        for device in world.estates[0].devices
        if device.kind == "site_gateway" and device.driver == "linli_native"
    )


async def replayed(yard: Yard, *message_ids: UUID) -> None:
    """Somebody asks for these, and the gateway replays them until none is asked for."""
    people = Actor(kind="person", name="管理员", account_id=UUID(int=1))
    async with yard.workshop.work(actor=people) as work:
        for message_id in message_ids:
            await ask_replay(work, message_id)
    replay = IntakeReplay(DeviceRegister(yard.workshop), Absorber(Recorder()))
    asked = "SELECT count(*) = 0 FROM sensing_quarantine WHERE state = 'asked'"
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(Replayer(yard.workshop, replay).run())
        await yard.until(asked)
        task.cancel()


async def test_an_unknown_child_is_held_and_replayed_once_it_is_registered(yard: Yard) -> None:
    gateway = site_gateway(yard.world)
    said_at = yard.ms(timedelta(minutes=3))
    body = {"ts": said_at, "values": {"temperature": 21.5, "smoke": True}}
    message = await yard.message(gateway, body, child="new-smoke-1")
    (outcome,) = await yard.answered(message)
    assert outcome.fate is Fate.QUARANTINED
    ((message_id, connection_id, estate_id),) = await yard.rows(
        "SELECT id, connection_id, estate_id FROM sensing_quarantine"
    )
    async with yard.workshop.work() as work:
        await register_device(
            work,
            Registration(
                estate_id=estate_id,
                place_id=None,
                kind="smoke_alarm",
                title="新装烟感",
                driver="linli_native",
                code="new-smoke-1",
                connection_id=connection_id,
                external_code="new-smoke-1",
            ),
        )
    await replayed(yard, message_id)
    rows = await yard.readings("new-smoke-1")
    assert {(row[0], row[1]) for row in rows} == {("temperature", 21.5), ("smoke", 1.0)}
    assert {row[2] for row in rows} == {datetime.fromtimestamp(said_at / 1000, UTC)}
    assert await yard.rows("SELECT state FROM sensing_quarantine") == [("replayed",)]
    assert await yard.one("SELECT count(*) FROM responding_incident WHERE category = 'fire'") == 1


async def test_one_message_that_cannot_be_recorded_stops_no_other(yard: Yard) -> None:
    poison = await yard.pressed(OTHER_SOS, "of a device that has gone")
    good = [
        await yard.message(METER, {"ts": yard.ms() + n, "values": {"water_total": float(n)}})
        for n in range(30)
    ]
    # The register remembers a device whose row nobody can refer to any more.
    await yard.rows("DELETE FROM sensing_device WHERE code = :code", code=OTHER_SOS)
    outcomes = await yard.answered(*good[:13], poison, *good[13:])
    assert [one.fate for one in outcomes].count(Fate.ACCEPTED) == 30
    assert outcomes[13].fate is Fate.QUARANTINED
    assert outcomes[13].reason == UNPROCESSABLE
    assert len(await yard.readings(METER)) == 30
    assert await yard.rows("SELECT reason FROM sensing_quarantine") == [(UNPROCESSABLE,)]
    assert yard.intake.unprocessable == 1


async def test_a_replay_that_fails_says_so_and_holds_up_no_other(yard: Yard) -> None:
    """Nor does it end the gateway: the same message would end it again at every start."""
    await yard.rows("REVOKE INSERT ON sensing_device_event FROM linli_gateway")
    pressed = await yard.pressed(SOS, "while the table was shut")
    (outcome,) = await yard.answered(pressed)
    assert outcome.reason == UNPROCESSABLE
    ids = [row[0] for row in await yard.rows("SELECT id FROM sensing_quarantine")]
    await replayed(yard, *ids)
    assert await yard.rows("SELECT state, reason FROM sensing_quarantine") == [
        ("waiting", UNPROCESSABLE)
    ]
    await yard.rows("GRANT INSERT ON sensing_device_event TO linli_gateway")
    await replayed(yard, *ids)
    assert await yard.rows("SELECT state FROM sensing_quarantine") == [("replayed",)]
    assert await yard.one("SELECT count(*) FROM responding_incident") == 1


async def test_without_the_database_all_have_failed_and_nothing_is_half_done(yard: Yard) -> None:
    pressed = await yard.pressed(SOS, "once")
    readings = [
        await yard.message(METER, {"ts": yard.ms() + n, "values": {"water_total": float(n)}})
        for n in range(20)
    ]
    name = yard.urls.owner.rpartition("/")[2]
    async with connected(yard.urls.admin.replace(name, "postgres")) as elsewhere:
        await elsewhere.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        await elsewhere.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        outcomes = await yard.answered(pressed, *readings)
        await elsewhere.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    assert {one.fate for one in outcomes} == {Fate.FAILED}
    assert not await yard.rows("SELECT 1 FROM sensing_device_event")
    assert not await yard.readings(METER)
    assert set(await yard.answered(pressed, *readings)) == {ACCEPTED}
    assert len(await yard.readings(METER)) == 20
    assert await yard.rows("SELECT times_seen FROM responding_incident") == [(1,)]
    assert not await yard.rows("SELECT 1 FROM sensing_quarantine")


async def test_a_flood_of_one_device_is_one_incident(yard: Yard) -> None:
    flood = [await yard.pressed(SOS, f"press {number}") for number in range(2_500)]
    half = await yard.pressed(OTHER_SOS, "press")
    answers = [yard.intake.submit(flood[start : start + 100]) for start in range(0, 2_500, 100)]
    async with asyncio.timeout(ANSWERS_WITHIN_S):
        for answer in answers:
            assert set(await answer) == {ACCEPTED}
    together = [await yard.pressed(OTHER_SOS, f"press {number}") for number in range(40)]
    await yard.answered(half, *together)
    seen = (
        "SELECT d.code, i.times_seen, a.times_seen FROM responding_incident i"
        " JOIN sensing_device d ON d.id = i.source_device_id"
        " JOIN responding_incident_alert l ON l.incident_id = i.id"
        " JOIN responding_alert a ON a.id = l.alert_id"
        " WHERE i.category <> 'device_fault' ORDER BY i.times_seen"
    )
    assert await yard.rows(seen) == [(OTHER_SOS, 41, 41), (SOS, 2_500, 2_500)]
    changes = "SELECT count(*) FROM kernel_event WHERE name = 'incident_changed'"
    assert await yard.one(changes) <= 12


async def test_two_gateways_hear_the_same_device_at_once(yard: Yard) -> None:
    other = Intake(yard.workshop, yard.register, Absorber(Recorder()))
    pressed = [await yard.pressed(SOS, f"press {number}") for number in range(60)]
    told = [
        await yard.message(METER, {"ts": yard.ms() + n, "values": {"water_total": float(n)}})
        for n in range(60)
    ]
    async with running(other), asyncio.timeout(ANSWERS_WITHIN_S):
        answers = [
            intake.submit([message])
            for number in range(60)
            for message in (pressed[number], told[number])
            for intake in (yard.intake, other)
        ]
        for answer in answers:
            assert set(await answer) == {ACCEPTED}
    assert len(await yard.readings(METER)) == 60
    assert await yard.one("SELECT count(*) FROM sensing_device_event") == 60
    assert await yard.rows("SELECT times_seen FROM responding_incident") == [(60,)]
    assert await yard.rows("SELECT times_seen FROM responding_alert") == [(60,)]
    assert not await yard.rows("SELECT 1 FROM sensing_quarantine")


@asynccontextmanager
async def held_last_value(yard: Yard, code: str) -> AsyncGenerator[None]:
    """While this is open nothing that changes the last value of the device can be committed."""
    async with connected(yard.urls.admin) as holder:
        await holder.execute(text("BEGIN"))
        found = await holder.execute(
            text(
                "SELECT l.* FROM sensing_last_value l JOIN sensing_series s ON s.id = l.series_id"
                " JOIN sensing_device d ON d.id = s.device_id WHERE d.code = :code FOR UPDATE OF l"
            ),
            {"code": code},
        )
        assert found.all()
        yield
        await holder.execute(text("COMMIT"))


async def test_an_alarm_does_not_wait_for_the_batch_under_way(yard: Yard) -> None:
    """But what its own connection said before it comes first."""
    await yard.answered(await yard.message(METER, {"values": {"water_total": 1.0}}))
    slow = await yard.message(METER, {"values": {"water_total": 2.0}})
    leak = await yard.message(METER, {"values": {"leak": 1}})
    async with held_last_value(yard, METER):
        under_way = yard.intake.submit([slow])
        await yard.until(
            "SELECT count(*) > 0 FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()"
        )
        assert list(await yard.answered(await yard.pressed(SOS, "help"))) == [ACCEPTED]
        assert await yard.one("SELECT count(*) FROM responding_incident") == 1
        own_alarm = yard.intake.submit([leak])
        assert not under_way.done()
    async with asyncio.timeout(ANSWERS_WITHIN_S):
        assert list(await own_alarm) == [ACCEPTED]
    assert under_way.done()
    assert yard.intake.urgent == 2
    assert await yard.one("SELECT count(*) FROM responding_incident") == 2


async def test_what_a_revoked_connection_said_is_not_taken(yard: Yard) -> None:
    """Even when this process has not heard of the revocation."""
    gone = await yard.message(METER, {"values": {"water_total": 1.0}})
    stays = await yard.message(OTHER_METER, {"values": {"water_total": 1.0}})
    await yard.rows(
        "UPDATE sensing_connection SET revoked_at = now() WHERE id = :id", id=gone.connection_id
    )
    answers = [yard.intake.submit([message]) for message in (gone, stays, gone)]
    async with asyncio.timeout(ANSWERS_WITHIN_S):
        outcomes = [(await answer)[0] for answer in answers]
    assert outcomes == [FAILED, ACCEPTED, FAILED]
    assert not await yard.readings(METER)
    assert len(await yard.readings(OTHER_METER)) == 1


async def test_a_device_that_sends_without_end_becomes_an_order(yard: Yard) -> None:
    """Flooded: one incident and one order for its company; it falls silent when that is over."""
    seconds = timedelta(seconds=1)
    began = yard.workshop.clock.now()

    async def said(count: int, at: timedelta) -> list[Inbound]:
        message = await yard.message(METER, {"values": {"water_total": 5.0}})
        return [msgspec.structs.replace(message, received_at=began + at) for _ in range(count)]

    orders = (
        "SELECT i.what, i.category, o.state FROM responding_incident i"
        " JOIN responding_order o ON o.subject_id = i.id"
    )
    assert set(await yard.answered(*await said(1_500, seconds))) == {ACCEPTED}
    assert not await yard.rows(orders)
    assert set(await yard.answered(*await said(300, 3 * seconds))) == {ACCEPTED}
    flooded = [("设备不停地发消息，可能失控", "device_fault", "offered")]
    assert await yard.rows(orders) == flooded
    faults = "SELECT code FROM sensing_device_fault"
    assert await yard.rows(faults) == [("flood",)]
    # The next window is not over the limit, and so the one after it finds the device calm.
    await yard.answered(*await said(1, 12 * seconds))
    assert await yard.rows(faults) == [("flood",)]
    await yard.answered(*await said(1, 23 * seconds))
    assert not await yard.rows(faults)
    assert await yard.rows("SELECT ringing FROM responding_incident") == [(False,)]


async def test_what_a_device_makes_up_for_is_no_flood(yard: Yard) -> None:
    backlog = [
        await yard.message(
            METER, {"ts": yard.ms(timedelta(minutes=5, seconds=n)), "values": {"water_total": 1.0}}
        )
        for n in range(1_600)
    ]
    assert set(await yard.answered(*backlog)) == {ACCEPTED}
    assert not await yard.rows("SELECT 1 FROM responding_incident")


async def test_messages_nobody_can_read_flood_too(yard: Yard) -> None:
    told = await yard.message(METER, {})
    broken = msgspec.structs.replace(told, payload=b"{")
    await yard.answered(*[broken] * 1_600)
    assert await yard.rows("SELECT code FROM sensing_device_fault") == [("flood",)]
