"""No endpoint shows or touches a row of another county, whoever asks for whatever.

Every operation of the OpenAPI document is walked by everybody there may be, with requests drawn
from the document's own schema and from the rows of two counties that are alike in everything.
`LINLI_WALK_ROUNDS` says how often each walker walks, `LINLI_WALK_SEED` which dice are thrown,
`LINLI_WALK_ONLY` which walkers walk (part of their names; then not every endpoint may be reached).
"""

import json
import logging
import os
import random
import re
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.dev import plain_traceback
from tests.integration.walk.asking import NO_ANSWER, Answer, Asked, Request, ask, watching
from tests.integration.walk.counties import (
    BOTH,
    OURS,
    TELLS_WHAT_WAS_TRIED,
    THEIRS,
    changed,
    fill_empty,
    keep,
    larder,
    put_back,
    write_twice,
)
from tests.integration.walk.feeding import Feeder, Larder, Operation, operations
from tests.integration.walk.walkers import Walker, hire_everybody
from tests.support.demo import SeededDatabase
from tests.unit.directory.town import database_beside
from tests.unit.responding.office import Office, office_on

from linli.app.doors.http_door import open_http_door
from linli.app.engine.roles import DatabaseUrls, connected
from linli.app.keys import Keys
from linli.app.metrics import Metrics
from linli.app.processes.surroundings import vault_of
from linli.app.processes.web import application
from linli.app.settings import Settings
from linli.app.web.application import following
from linli.directory.identity.door import DoorSettings, SessionDoor
from linli.directory.identity.public import HashCost, Passwords
from linli.kernel.database import engine_for
from linli.kernel.errors import BadInput
from linli.kernel.time import SystemClock
from linli.kernel.work import Workshop
from linli.responding.dispatch.contracts import OrderMove
from linli.responding.guests.door import TOKEN_HEADER, GuestDoor
from linli.sensing.devices.public import connection_of, devices_of_kinds, rotate

pytestmark = pytest.mark.timeout(1800)

# In a short walk a walker tries this share of the endpoints; whoever sees most reads them all.
SHARE = 0.4
ROUNDS = int(os.environ.get("LINLI_WALK_ROUNDS", "1"))
SEED = int(os.environ.get("LINLI_WALK_SEED", "20261122"))
ONLY = os.environ.get("LINLI_WALK_ONLY", "")
DEVICES = "/device/"
A_DEVICE = "a device"
INSISTING = 60
SAMPLES = Path(__file__).parents[2] / "protocols" / "samples" / "native"
NOT_SIGNED_IN = 401
# Answers to who is not in yet, and asked to come in.
TRIED_TO_COME_IN = ("wrong_password", "openid_late", "no_terminal")
KEYS = Keys(
    admin_password="unused",
    owner_password="owner-of-tests",
    app_password="app-of-tests",
    gateway_password="gateway-of-tests",
    master_keys={1: bytes(32)},
)
SERVER_FAULT = 500
REFUSED = 400
# A request that was refused may leave this behind, and nothing else.
TRACE_OF_REFUSAL = frozenset({"support_audit_entry", "responding_guest_use"})
SAFE = frozenset({"GET", "HEAD"})
SEE_MOST = frozenset({"ours: county_officer of a county", "ours: duty_officer of a community"})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be, and the request that brought it about."""

    kind: str
    walker: str
    operation: str
    request: str
    told: str


@dataclass(slots=True)
class Report:
    """What a walk found, and how far it came: answers by operation and status."""

    findings: list[Finding] = field(default_factory=list[Finding])
    answers: dict[str, Counter[int]] = field(default_factory=dict[str, Counter[int]])
    reached: set[str] = field(default_factory=set[str])

    @property
    def kinds(self) -> set[str]:
        return {finding.kind for finding in self.findings}

    def said(self) -> str:
        one_of_each = {(f.kind, f.operation): f for f in self.findings}.values()
        lines = [f"{f.kind}: {f.walker}: {f.request}\n    {f.told}" for f in one_of_each]
        return f"seed {SEED}: {len(self.findings)} findings\n" + "\n".join(lines)


@dataclass(frozen=True, slots=True)
class World:
    """Two counties, their walkers, and what is served to them."""

    urls: DatabaseUrls
    keys: Keys
    folder: Path
    walkers: Sequence[Walker]
    larder: Larder
    device: dict[str, str]


# ── the world ──


@pytest.fixture(scope="module")
async def world(
    database: DatabaseUrls, morning: SeededDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[World]:
    """A county's story, told twice, with everybody who may come to the door."""
    folder = tmp_path_factory.mktemp("walk")
    async with database_beside(database, morning.template) as urls:
        async with office_on(urls) as office:
            office.clock.moment = SystemClock().now()
            await _story(office)
            device = await _devices_speak(urls, folder)
            await office.settle()
        async with connected(urls.admin) as admin:
            filled = await fill_empty(admin)
            print("tables that no story reached:", ", ".join(filled) or "none")  # noqa: T201
            await write_twice(admin)
            walkers = await hire_everybody(admin, SystemClock().now(), all_of_them=ROUNDS > 1)
            await keep(admin)
            await admin.execute(text("ANALYZE"))
            yield World(urls, KEYS, folder, walkers, await larder(admin), device)


async def _story(office: Office) -> None:
    """Alarms, an order that was done with a photo, one that is under way, one that nobody took."""
    done = await office.alarm("yg-1-1-201-sos")
    order = await office.dispatch(done.id)
    order = await office.order("wuye", order, OrderMove.ACCEPT)
    order = await office.order("wuye", order, OrderMove.ARRIVE)
    await office.order("wuye", order, OrderMove.FIX, "已处理", photo=True)


async def _devices_speak(urls: DatabaseUrls, folder: Path) -> dict[str, str]:
    """Devices send what they send; answers the credential that one of them shows."""
    workshop = Workshop(engine_for(urls.gateway, connections=4), SystemClock())
    shown: dict[str, dict[str, str]] = {}
    async with workshop.work() as work:
        devices = await devices_of_kinds(work, ("sos_button", "water_meter"))
        for device in devices:
            if device.connection_id is None:
                continue
            connection = await connection_of(work, device.connection_id)
            if device.kind not in shown and device.external_code is None:
                token = (await rotate(work, connection.id)).token
                shown[device.kind] = {"Authorization": f"Bearer {connection.code}:{token}"}
    settings = Settings(data=folder, database_url=urls.admin, demo=True)
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    async with serving(urls, settings) as app:
        for kind, headers in shown.items():
            for path, body in messages_of(kind):
                request = Request(
                    method="POST", path=f"{DEVICES}v1/{path}", headers=headers, body=body
                )
                answer, _ = await ask(app, request)
                assert answer.status < REFUSED, answer.text
    await workshop.engine.dispose()
    return next(iter(shown.values()))


def messages_of(kind: str) -> list[tuple[str, bytes]]:
    """What a device of this kind sends, and something that nobody can read."""
    sample = json.loads((SAMPLES / f"{kind}.json").read_bytes())
    told = [
        (path, json.dumps(one).encode())
        for path in ("telemetry", "event", "state")
        for one in sample.get(path, ())
    ]
    return [*told, ("telemetry", b"{unreadable")]


@asynccontextmanager
async def serving(urls: DatabaseUrls, settings: Settings) -> AsyncGenerator[FastAPI]:
    """The web process's application as it is, its device door and its live streams too."""
    app = application(settings, KEYS, Metrics("web", settings.run_folder))
    people = Workshop(engine_for(urls.app, connections=4), app.state.workshop.clock)
    replaced: Workshop = app.state.workshop
    await replaced.engine.dispose()
    machine = Workshop(engine_for(urls.gateway, connections=4), SystemClock())
    app.state.workshop = people
    app.state.live = replace(app.state.live, engine=people.engine)
    let_in(app)
    async with open_http_door(machine, vault_of(settings)) as door, following(app):
        app.state.http_door = door
        yield app
    await machine.engine.dispose()
    await people.engine.dispose()


def let_in(app: FastAPI) -> None:
    """A door that remembers nothing of what the database was before."""
    door = SessionDoor(
        app.state.workshop,
        Passwords(HashCost(8, 1)),
        DoorSettings(demo=True),
        cipher=app.state.cipher,
    )
    app.state.door = door
    app.state.guest_door = GuestDoor(app.state.workshop)
    app.state.live = replace(app.state.live, door=door)


# ── walking ──


async def walk(
    app: FastAPI,
    world: World,
    admin: AsyncConnection,
    walkers: Iterable[Walker],
    *,
    rounds: int,
    safe_only: bool = False,
) -> Report:
    """Send every walker through every operation; the database is put back before each walk."""
    report = Report()
    asked_for = operations(app.openapi())
    for number, walker in enumerate(chain.from_iterable(repeat(tuple(walkers), rounds))):
        dice = random.Random(f"{SEED} {walker} {number}")  # noqa: S311
        turned = walker.county is THEIRS
        feeder = Feeder(dice, world.larder.turned() if turned else world.larder)
        feeder.sent.update(walker.own)
        await put_back(admin)
        let_in(app)
        reads_all = rounds > 1 or safe_only or walker.name in SEE_MOST
        todo = [
            one
            for one in asked_for
            if (one.method in SAFE and reads_all)
            or (not safe_only and (rounds > 1 or dice.random() < SHARE))
            or (walker.name == A_DEVICE and one.path.startswith(DEVICES))
        ]
        dice.shuffle(todo)
        # What devices send is written by the intake, which works for many requests at once; that a
        # guest came too late is written too.
        wrote = bool({"Authorization", TOKEN_HEADER} & set(walker.headers))
        for operation in todo:
            narrowed = operation.method not in SAFE or operation.parameters
            for plain in sorted({operation.method in SAFE, not narrowed}):
                request = feeder.request(operation, walker.headers, walker.address, plain=plain)
                wrote |= await _step(app, walker, feeder, operation, request, report, admin)
        await _look_after(admin, walker, report, wrote=wrote)
    return report


async def insist(
    app: FastAPI, world: World, admin: AsyncConnection, walkers: Sequence[Walker], report: Report
) -> None:
    """Ask again, many times, what nobody could ask so that it was understood."""
    dice = random.Random(f"{SEED} insisting")  # noqa: S311
    ours = [one for one in walkers if one.county is OURS]
    await put_back(admin)
    let_in(app)
    for operation in operations(app.openapi()):
        for _ in range(INSISTING):
            if str(operation) in report.reached:
                break
            walker = dice.choice(ours)
            if operation.path.startswith(DEVICES):
                walker = next(one for one in ours if one.name == A_DEVICE)
            feeder = Feeder(dice, world.larder)
            request = feeder.request(operation, walker.headers, walker.address, plain=True)
            await _step(app, walker, feeder, operation, request, report, admin)


async def _step(
    app: FastAPI,
    walker: Walker,
    feeder: Feeder,
    operation: Operation,
    request: Request,
    report: Report,
    admin: AsyncConnection,
) -> bool:
    answer, asked = await ask(app, request)
    if answer.status == NOT_SIGNED_IN and walker.inside and DEVICES not in request.path:
        # The walker's own steps ended the session: it is opened again, and asked once more.
        await _open_again(admin, walker)
        answer, asked = await ask(app, request)
    report.answers.setdefault(str(operation), Counter())[answer.status] += 1
    if not _misread(answer):
        report.reached.add(str(operation))
    for kind, told in _faults(walker, feeder, operation, request, answer, asked):
        report.findings.append(Finding(kind, walker.name, str(operation), str(request), told))
    if answer.status < REFUSED:
        feeder.learn(answer)
    return bool(asked.written - TRACE_OF_REFUSAL)


def _faults(
    walker: Walker,
    feeder: Feeder,
    operation: Operation,
    request: Request,
    answer: Answer,
    asked: Asked,
) -> Iterator[tuple[str, str]]:
    told = f"{answer.status} {answer.text[:600]}"
    empty = operation.method in SAFE and _tells_nothing(answer)
    if answer.status in {SERVER_FAULT, NO_ANSWER}:
        yield "fault of the server", told
    marks = {None: BOTH, OURS: THEIRS.marks, THEIRS: OURS.marks}[walker.county]
    shown = answer.text + str(answer.headers)
    for sent in sorted(feeder.sent, key=len, reverse=True):
        if marks.search(sent):
            shown = shown.replace(sent, "")
    leak = marks.search(shown)
    if leak:
        around = shown[max(0, leak.start() - 160) : leak.end() + 160]
        yield "foreign row shown", f"{answer.status} …{around}…"
    if answer.status < REFUSED and marks.search(request.path) and not empty:
        yield "foreign address answered", told
    if request.path.startswith("/api"):
        if asked.bypassing:
            yield "row security bypassed", f"as {asked.roles}"
        if asked.roles - {"linli_app"}:
            yield "another role worked for people", f"{asked.roles}"
        refused = answer.status >= REFUSED
        if (refused or operation.method in SAFE) and asked.written - TRACE_OF_REFUSAL:
            yield "trace left", f"{answer.status}: wrote {sorted(asked.written)}"


def _tells_nothing(answer: Answer) -> bool:
    """Whether a foreign address was answered as one under which there is nothing."""
    told = answer.text
    return not re.search(r"[1-9a-z]", re.sub(r'"[a-z_]+":|null', "", told))


def _misread(answer: Answer) -> bool:
    """Whether the answer says only that the request was not understood, or from nobody."""
    if answer.status == NOT_SIGNED_IN:
        return not any(f'"code":"{code}"' in answer.text for code in TRIED_TO_COME_IN)
    return answer.status == BadInput.status and '"code":"bad_input"' in answer.text


async def _open_again(admin: AsyncConnection, walker: Walker) -> None:
    for statement in (
        "UPDATE directory_session SET ended_at = NULL WHERE account_id = CAST(:id AS uuid)",
        "UPDATE directory_account SET state = 'active' WHERE id = CAST(:id AS uuid)",
    ):
        await admin.execute(text(statement), {"id": walker.account_id})


async def _look_after(
    admin: AsyncConnection, walker: Walker, report: Report, *, wrote: bool
) -> None:
    """After a walk the other county is as it was; where nothing was written, everything is."""
    marks = {None: BOTH, OURS: THEIRS.marks, THEIRS: OURS.marks}[walker.county].pattern
    but = TELLS_WHAT_WAS_TRIED
    for told in await changed(admin, marks if wrote else None, but=but):
        if wrote or not told.startswith(("directory_session", "directory_sign_in_try")):
            report.findings.append(
                Finding("foreign row changed", walker.name, told[:30], "a walk", told)
            )


@pytest.fixture(scope="module", autouse=True)
def _faults_only() -> Generator[None]:
    """Thousands of requests are not told in the log; what went wrong is."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        processors=[structlog.dev.ConsoleRenderer(exception_formatter=plain_traceback)],
    )
    yield
    structlog.configure(**before)


@pytest.fixture(scope="module")
def settings(world: World) -> Settings:
    made = Settings(data=world.folder, database_url=world.urls.admin, demo=True)
    made.run_folder.mkdir(parents=True, exist_ok=True)
    return made


async def test_nobody_sees_or_touches_a_row_of_another_county(
    world: World, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    device = Walker(A_DEVICE, OURS, world.device)
    async with serving(world.urls, settings) as app, connected(world.urls.admin) as admin:
        with watching():
            everybody = [*world.walkers, device, device, device]
            walkers = [one for one in everybody if ONLY in one.name]
            report = await walk(app, world, admin, walkers, rounds=ROUNDS)
            if not ONLY:
                await insist(app, world, admin, walkers, report)
        every = {str(one) for one in operations(app.openapi())}
    done = {one for one, said in report.answers.items() if any(s < REFUSED for s in said)}
    asked = sum(sum(said.values()) for said in report.answers.values())
    with capsys.disabled():
        print(  # noqa: T201
            f"\nwalk: seed {SEED}, {len(walkers)} walkers, {len(every)} operations, "
            f"{asked} requests, {len(done)} operations did what was asked; "
            f"not once: {sorted(every - done)}"
        )
    if report.findings:
        pytest.fail(report.said(), pytrace=False)
    assert every == set(report.answers)
    assert ONLY or every == report.reached, f"never understood: {sorted(every - report.reached)}"


def _see_most(world: World) -> list[Walker]:
    return [walker for walker in world.walkers if walker.name in SEE_MOST]


async def test_the_walk_finds_a_role_that_bypasses_row_security(
    world: World, settings: Settings
) -> None:
    name = "linli_app_that_bypasses"
    async with connected(world.urls.admin) as admin:
        await admin.execute(
            text(f"CREATE ROLE {name} LOGIN BYPASSRLS PASSWORD 'bypass' IN ROLE linli_app")
        )
        try:
            urls = replace(
                world.urls,
                app=world.urls.app.replace("//linli_app:app-of-tests", f"//{name}:bypass"),
            )
            async with serving(urls, settings) as app:
                with watching():
                    report = await walk(
                        app, world, admin, _see_most(world), rounds=1, safe_only=True
                    )
        finally:
            await admin.execute(text(f"DROP ROLE {name}"))
    assert {"row security bypassed", "foreign row shown"} <= report.kinds


@pytest.mark.parametrize("table", ["directory_person", "responding_incident", "sensing_device"])
async def test_the_walk_finds_a_policy_that_lets_everybody_through(
    world: World, settings: Settings, table: str
) -> None:
    async with connected(world.urls.admin) as admin:
        rule = await admin.scalar(
            text("SELECT qual FROM pg_policies WHERE tablename = :t AND policyname = 'people'"),
            {"t": table},
        )
        await admin.execute(text(f"ALTER POLICY people ON {table} USING (true)"))
        try:
            async with serving(world.urls, settings) as app:
                with watching():
                    report = await walk(
                        app, world, admin, _see_most(world), rounds=1, safe_only=True
                    )
        finally:
            await admin.execute(text(f"ALTER POLICY people ON {table} USING ({rule})"))
    assert "foreign row shown" in report.kinds
