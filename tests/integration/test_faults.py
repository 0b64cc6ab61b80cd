"""`kill -9` of every process under load: what was acknowledged is there, once, and nothing else.

The kills are drawn by a seeded generator; `LINLI_FAULTS_KILLS` says how many (`make long`: fifty),
and `LINLI_FAULTS_SEED` which.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import psutil
import pytest
from tests.e2e.system import System, running_system
from tests.integration.fault_devices import Terminal, total
from tests.integration.fault_live import LivePage

from linli.app.engine.postgres import Cluster, running_port
from linli.app.health import ProcessHealth, State, read_health
from linli.app.keys import read_keys
from linli.responding.incidents.policy import LADDER

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

KILLS = int(os.environ.get("LINLI_FAULTS_KILLS", "12"))
SEED = int(os.environ.get("LINLI_FAULTS_SEED", "20261122"))
TELEMETRY_A_SECOND = 1_000.0
TERMINALS = 10
ALARMS_A_SECOND = 0.5
FIRST_ALARMS = 8
SUPERVISED = ("database", "web", "gateway", "worker")
BACKEND = "database backend"
# The supervisor waits longer with every crash in a row, so those that all others need have fewer.
TURNS = (BACKEND, "web", "gateway", "worker", BACKEND, "database", "web", "worker")
BETWEEN_S = (0.1, 0.6)
UNDER_LOAD = 300
RECOVERS_WITHIN_S = 120.0
LOOK_S = 0.1
ALARMS = {
    "sos_button": ("sos_pressed", None),
    "falling_object_camera": ("falling_object", 0.9),
    "lift_camera": ("e_bike_entered", 0.95),
}
ANSWERED = ("rescue", "elder", "falling_object", "e_bike")
Query = Callable[..., Awaitable[list[asyncpg.Record]]]


async def until(holds: Callable[[], Awaitable[bool]], what: str, within_s: float) -> None:
    """Look again and again until it holds; another program's state can only be asked for."""
    give_up = time.monotonic() + within_s
    while not await holds():
        assert time.monotonic() < give_up, what
        await asyncio.sleep(LOOK_S)


@dataclass(slots=True)
class Killer:
    """Ends processes of the installation without a word.

    `away_s` is how long after each kill it took until 300 more messages were acknowledged.
    """

    system: System
    chance: random.Random
    killed: Counter[str] = field(default_factory=Counter[str])
    away_s: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    last: str = ""

    def process(self, name: str) -> ProcessHealth | None:
        health = read_health(self.system.data / "run")
        found = {one.name: one for one in health.processes} if health else {}
        return found.get(name)

    def running(self, name: str) -> int | None:
        process = self.process(name)
        return process.pid if process and process.state is State.RUNNING else None

    async def kill(self, target: str) -> None:
        """Wait until the target runs, then kill it."""
        name = "database" if target == BACKEND else target

        async def runs() -> bool:
            return self.running(name) is not None

        await until(runs, f"{name} does not come back", RECOVERS_WITHIN_S)
        pid = self.running(name)
        assert pid is not None
        if target == BACKEND:
            pid = await self._backend(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed[target] += 1

    async def _backend(self, postmaster: int) -> int:
        found: list[int] = []

        async def appears() -> bool:
            with contextlib.suppress(psutil.NoSuchProcess):
                found.extend(
                    child.pid
                    for child in psutil.Process(postmaster).children()
                    if any("linli_gateway" in word for word in child.cmdline())
                )
            return bool(found)

        await until(appears, "nobody uses the database", RECOVERS_WITHIN_S)
        return self.chance.choice(found)

    async def rage(
        self,
        kills: int,
        acknowledged: Callable[[], int],
        page: LivePage,
        after_each: Callable[[], None],
    ) -> None:
        """Kill in random order, each time as soon as messages are being acknowledged again.

        The web process is killed under a page that listens.
        """
        wanted = [TURNS[number % len(TURNS)] for number in range(kills)]
        self.chance.shuffle(wanted)

        async def listens() -> bool:
            return page.listens

        for target in wanted:
            before = acknowledged()

            async def flows(before: int = before) -> bool:
                return acknowledged() >= before + UNDER_LOAD

            began = time.monotonic()
            await until(flows, f"after {self.last}, nothing is acknowledged", RECOVERS_WITHIN_S)
            if self.last:
                self.away_s.setdefault(self.last, []).append(time.monotonic() - began)
            if target == "web":
                await until(listens, f"no live page: {page.refused}", RECOVERS_WITHIN_S)
            await self.kill(target)
            self.last = target
            after_each()
            await asyncio.sleep(self.chance.uniform(*BETWEEN_S))

    async def all_run(self) -> None:
        async def run() -> bool:
            return all(self.running(name) is not None for name in SUPERVISED)

        await until(run, "not every process came back", RECOVERS_WITHIN_S)


@asynccontextmanager
async def database_of(system: System) -> AsyncGenerator[Query]:
    """Ask the installation's database as its administrator, past all row policies."""
    keys = read_keys(system.data)
    port = running_port(Cluster(system.data, keys.admin_password).files)
    assert port is not None
    connection = await asyncpg.connect(
        host="127.0.0.1",
        port=port,
        user="linli_admin",
        password=keys.admin_password,
        database="linli",
    )
    try:
        yield connection.fetch
    finally:
        await connection.close()


def terminals_of(system: System) -> tuple[list[Terminal], list[Terminal]]:
    """Ten devices that tell readings, and all that can raise an alarm by an event."""
    address = ("127.0.0.1", system.mqtt_port)
    devices: Sequence[dict[str, Any]] = system.world["estates"][0]["devices"]
    own = [one for one in devices if one["driver"] == "linli_native" and not one["parent"]]
    meters = [one for one in own if one["kind"] == "water_meter"][:TERMINALS]
    readings = [
        Terminal(
            address, one["username"], one["token"], "temperature", TELEMETRY_A_SECOND / TERMINALS
        )
        for one in meters
    ]
    alarms = [
        Terminal(
            address,
            one["username"],
            one["token"],
            ALARMS[one["kind"]][0],
            ALARMS_A_SECOND,
            is_event=True,
            confidence=ALARMS[one["kind"]][1],
        )
        for kind in ALARMS
        for one in own
        if one["kind"] == kind
    ]
    return readings, alarms


@dataclass(slots=True)
class Course:
    """What happened in a run."""

    readings: list[Terminal]
    alarms: list[Terminal]
    page: LivePage
    killer: Killer
    seconds: float = 0.0


async def run_the_course(system: System) -> Course:
    """Load, kills, and the quiet after them, until the page has heard all there is."""
    readings, alarms = terminals_of(system)
    page = LivePage(system.url, system.signed_in("shequ").cookies)
    killer = Killer(system, random.Random(SEED))  # noqa: S311 (to be repeated, not to be secret)
    silent = list(alarms)
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(page.run())
        await asyncio.wait_for(page.joined.wait(), 30)
        speaking = [tasks.create_task(one.run()) for one in readings]

        def another_alarm() -> None:
            if silent:
                speaking.append(tasks.create_task(silent.pop(0).run()))

        for _ in range(FIRST_ALARMS):
            another_alarm()

        async def all_heard() -> bool:
            return all(one.acknowledged for one in (*readings, *alarms[:FIRST_ALARMS]))

        await until(all_heard, "the first messages are not acknowledged", 60)

        def acknowledged() -> int:
            return sum(len(one.acknowledged) for one in readings)

        await killer.rage(KILLS, acknowledged, page, another_alarm)
        await killer.all_run()
        while silent:
            another_alarm()

        async def all_rang() -> bool:
            return all(len(one.acknowledged) > 1 for one in alarms)

        await until(all_rang, "not every alarm is acknowledged", RECOVERS_WITHIN_S)
        await until(lambda: _rose(system), "deadlines did not fire", 180)
        for one in (*readings, *alarms):
            one.stopping = True
        async with asyncio.timeout(RECOVERS_WITHIN_S):
            await asyncio.gather(*speaking)
        await until(lambda: _is_quiet(system), "events or deadlines are left over", 60)
        await until(lambda: _has_heard_all(system, page), "the page does not catch up", 60)
        listening.cancel()
    return Course(readings, alarms, page, killer, time.monotonic() - began)


async def _rose(system: System) -> bool:
    """Every matter of the first eight buttons has passed its first deadline and rose."""
    async with database_of(system) as query:
        rows = await query(
            "SELECT count(*) FILTER (WHERE level <> 'property') AS rose "
            "FROM responding_incident WHERE category = ANY($1::text[]) AND severity = 'critical'",
            list(ANSWERED),
        )
    return int(rows[0]["rose"]) >= FIRST_ALARMS


async def _is_quiet(system: System) -> bool:
    async with database_of(system) as query:
        rows = await query(
            "SELECT (SELECT count(*) FROM kernel_event WHERE event_offset IS NULL) AS unstamped,"
            " (SELECT count(*) FROM kernel_deadline WHERE due_at < now() - interval '5 s') AS due"
        )
    return rows[0]["unstamped"] == 0 and rows[0]["due"] == 0


async def _has_heard_all(system: System, page: LivePage) -> bool:
    async with database_of(system) as query:
        rows = await query(
            "SELECT max(event_offset) AS newest FROM kernel_event WHERE name = 'incident_changed'"
        )
    return page.position is not None and page.position >= int(rows[0]["newest"])


async def test_nothing_is_lost_and_nothing_counts_twice() -> None:
    with running_system() as system:
        course = await run_the_course(system)
        async with database_of(system) as query:
            held = await query("SELECT reason, words, payload FROM sensing_quarantine")
            assert not held, [dict(row) for row in held]
            await _readings_are_there_once(query, course)
            await _alarms_are_there_once(query, course)
            await _deadlines_fired(query)
            await _offsets_have_no_gap(query)
            await _page_saw_every_change(query, course)
            failed = await query("SELECT consumer, error FROM kernel_event_failure")
            assert not failed, [dict(row) for row in failed]
        _tell(course)


async def _readings_are_there_once(query: Query, course: Course) -> None:
    rows = await query(
        "SELECT c.code, (extract(epoch FROM r.observed_at) * 1000)::bigint AS ts, r.value"
        " FROM sensing_telemetry_reading r JOIN sensing_series s ON s.id = r.series_id"
        " JOIN sensing_device d ON d.id = s.device_id"
        " JOIN sensing_connection c ON c.id = d.connection_id WHERE s.property = 'temperature'"
    )
    stored: dict[str, list[tuple[str, float]]] = {}
    for row in rows:
        stored.setdefault(row["code"], []).append((str(row["ts"]), row["value"]))
    for one in course.readings:
        found = Counter(key for key, _ in stored.get(one.username, []))
        lost = one.acknowledged - found.keys()
        assert not lost, f"{one.username}: {len(lost)} acknowledged readings are not there"
        twice = [key for key, times in found.items() if times > 1]
        assert not twice, f"{one.username}: {len(twice)} readings are there twice"
        assert dict(stored[one.username]) == one.sent


async def _alarms_are_there_once(query: Query, course: Course) -> None:
    events = await query(
        "SELECT c.code, e.external_id FROM sensing_device_event e"
        " JOIN sensing_device d ON d.id = e.device_id"
        " JOIN sensing_connection c ON c.id = d.connection_id"
    )
    by_code: dict[str, list[str]] = {}
    for row in events:
        by_code.setdefault(row["code"], []).append(row["external_id"])
    incidents = await query(
        "SELECT c.code, i.times_seen, a.times_seen AS alert_seen, i.steps, i.version,"
        " (SELECT count(*) FROM responding_incident_step s WHERE s.incident_id = i.id) AS written"
        " FROM responding_incident i JOIN responding_incident_alert l ON l.incident_id = i.id"
        " JOIN responding_alert a ON a.id = l.alert_id"
        " JOIN sensing_device d ON d.id = i.source_device_id"
        " JOIN sensing_connection c ON c.id = d.connection_id"
        " WHERE i.category = ANY($1::text[])",
        list(ANSWERED),
    )
    for one in course.alarms:
        assert sorted(by_code.get(one.username, [])) == sorted(one.sent), one.username
    opened = Counter(row["code"] for row in incidents)
    assert opened == Counter(one.username for one in course.alarms)
    seen = {row["code"]: row for row in incidents}
    for one in course.alarms:
        row = seen[one.username]
        assert row["times_seen"] == row["alert_seen"] == len(one.sent)
        assert row["written"] == row["steps"]


async def _deadlines_fired(query: Query) -> None:
    overdue = await query(
        "SELECT kind, due_at FROM kernel_deadline WHERE due_at < now() - interval '5 s'"
    )
    assert not overdue
    missed = await query(
        "SELECT code FROM responding_incident WHERE ended_at IS NULL AND due_at < now() - "
        "interval '5 s'"
    )
    assert not missed
    rows = await query(
        "SELECT i.id, i.level, i.overdue, array_agg(s.detail->>'level' ORDER BY s.seq) AS levels"
        " FROM responding_incident i JOIN responding_incident_step s ON s.incident_id = i.id"
        " WHERE s.kind = 'raised' GROUP BY i.id"
    )
    assert len(rows) >= FIRST_ALARMS
    for row in rows:
        levels = [str(level) for level in LADDER[1 : 1 + len(row["levels"])]]
        assert row["levels"] == levels, "a level was left out, or raised to twice"
        assert row["level"] == levels[-1]
        assert row["overdue"]


async def _offsets_have_no_gap(query: Query) -> None:
    rows = await query(
        "SELECT count(*) AS events, count(DISTINCT event_offset) AS offsets,"
        " max(event_offset) AS newest, (SELECT last_offset FROM kernel_event_sequence) AS last"
        " FROM kernel_event"
    )
    found = rows[0]
    assert found["events"] == found["offsets"] == found["newest"] == found["last"]


async def _page_saw_every_change(query: Query, course: Course) -> None:
    page = course.page
    rows = await query(
        # Deadlines go on after the page was closed: it answers for what was told until then.
        "SELECT payload FROM kernel_event WHERE name = 'incident_changed' AND event_offset <= $1"
        " ORDER BY event_offset",
        page.position,
    )
    told = [json.loads(row["payload"]) for row in rows]
    changes = [(one["incident_id"], one["version"]) for one in told]
    assert page.resets == 0
    assert page.offsets == sorted(set(page.offsets)), "an event came twice, or out of order"
    heard = set(page.changes)
    missing = [change for change in changes if change not in heard]
    assert not missing, f"{len(missing)} changes of {len(changes)} never reached the page"
    by_incident: dict[str, list[int]] = {}
    for incident, version in changes:
        by_incident.setdefault(incident, []).append(version)
    for versions in by_incident.values():
        assert versions == list(range(1, len(versions) + 1))


def _tell(course: Course) -> None:
    speakers = (*course.readings, *course.alarms)
    away = {
        target: f"{sorted(spans)[len(spans) // 2]:.1f} (longest {max(spans):.1f})"
        for target, spans in course.killer.away_s.items()
    }
    sys.stdout.write(
        f"\nkills {sum(course.killer.killed.values())} {dict(course.killer.killed)}"
        f" in {course.seconds:.0f} s; readings {total(course.readings)},"
        f" events {total(course.alarms)}, sent again {sum(one.resent for one in speakers)},"
        f" reconnected {sum(one.connections - 1 for one in speakers)};"
        f" page: {len(course.page.changes)} changes over {course.page.connections} streams,"
        f" refused {dict(course.page.refused)};"
        f" seconds until 300 more were acknowledged, median: {away}\n"
    )
