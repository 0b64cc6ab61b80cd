"""A seeded estate where people act as `linli_app` in their own scope, and linli as itself."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from PIL import Image
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from tests.support.demo import MORNING
from tests.unit.responding.findings import SMOKE

from linli.app.engine.roles import DatabaseUrls, connected
from linli.app.worker.counting import WorkerCounts
from linli.app.worker.due import Deadlines
from linli.directory.identity.public import resolve_scope
from linli.kernel.database import engine_for, transaction
from linli.kernel.events import stamp
from linli.kernel.reactions import (
    DeadlineReaction,
    EventReaction,
    next_event,
    pass_event,
    register_consumer,
)
from linli.kernel.scope import Actor
from linli.kernel.work import Work, Workshop
from linli.responding.alerts.contracts import Finding
from linli.responding.dispatch.contracts import Order, OrderMove
from linli.responding.dispatch.policy import Step as OrderStep
from linli.responding.dispatch.service import move as move_order
from linli.responding.incidents import handlers, service, store
from linli.responding.incidents.contracts import Incident, IncidentMove, Step
from linli.responding.incidents.policy import Asked
from linli.responding.rules.contracts import Judgement
from linli.support.files.contracts import Purpose
from linli.support.files.public import save_photo
from linli.support.files.vault import memory_vault


@dataclass(slots=True)
class HandClock:
    """Stands still until a test moves it."""

    moment: datetime = MORNING

    def now(self) -> datetime:
        return self.moment


@dataclass(slots=True)
class Office:
    """Everybody who has to do with the estate's incidents."""

    urls: DatabaseUrls
    people: Workshop
    machine: Workshop
    clock: HandClock
    estate_id: UUID
    accounts: dict[str, tuple[UUID, str]] = field(default_factory=dict[str, tuple[UUID, str]])
    reactions: Sequence[EventReaction] = handlers.EVENTS
    due: Sequence[DeadlineReaction] = handlers.DEADLINES

    @asynccontextmanager
    async def as_(self, login: str) -> AsyncGenerator[Work]:
        """A unit of work of this account: the web's role, and what its grants reach now."""
        account_id, name = self.accounts[login]
        async with self.machine.work() as work:
            scope = await resolve_scope(work, account_id)
        actor = Actor(kind="person", name=name, account_id=account_id)
        async with self.people.work(actor=actor, scope=scope) as work:
            yield work

    async def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        async with connected(self.urls.admin) as connection:
            found = await connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def later(self, span: timedelta) -> None:
        self.clock.moment += span

    async def finding(self, code: str = "yg-1-1-201-sos", **changes: Any) -> Finding:
        """A smoke finding about this device, now."""
        ((device_id, place_id),) = await self.rows(
            "SELECT id, place_id FROM sensing_device WHERE code = :code", code=code
        )
        now = self.clock.now()
        about = {"device_id": device_id, "place_id": place_id, "estate_id": self.estate_id}
        return replace(SMOKE, found_at=now, received_at=now, **about, **changes)

    async def alarm(self, code: str = "yg-1-1-201-sos", **changes: Any) -> Incident:
        """A device's alarm becomes an incident."""
        finding = await self.finding(code, **changes)
        async with self.machine.work() as work:
            (incident,) = await service.respond(work, Judgement(findings=(finding,)))
        await self.settle()
        return incident

    async def settle(self) -> None:
        """The worker stamps what happened and lets incidents follow it."""
        more = True
        while more:
            more = False
            async with transaction(self.machine.engine) as connection:
                await stamp(connection)
            for reaction in self.reactions:
                while await self._handle(reaction):
                    more = True

    async def _handle(self, reaction: Any) -> bool:
        async with self.machine.work() as work:
            event = await next_event(work.connection, reaction)
            if event is None:
                return False
            await reaction.react(work, event)
            await pass_event(work.connection, reaction.name, event.offset)
        return True

    async def look_at_deadlines(self) -> None:
        """The worker looks at what is due, as one that was just started."""
        counts = WorkerCounts(CollectorRegistry())
        deadlines = Deadlines(self.machine, self.due, counts)
        while await deadlines.look():
            pass
        await self.settle()

    async def incident(self, incident_id: UUID) -> Incident:
        async with self.machine.work() as work:
            return (await store.named(work.connection, [incident_id]))[incident_id]

    async def story(self, incident_id: UUID) -> list[Step]:
        async with self.machine.work() as work:
            return list(await store.story(work.connection, incident_id))

    async def move(
        self,
        login: str,
        incident_id: UUID,
        move: IncidentMove,
        words: str = "",
        *,
        into: UUID | None = None,
        version: int | None = None,
    ) -> Incident:
        """Somebody moves an incident on the desk."""
        async with self.as_(login) as work:
            found = await store.named(work.connection, [incident_id])
            may = service.rights_on(work, found[incident_id])
            asked = Asked(move=move, words=words, may=may, into=into)
            moved = await service.move(work, incident_id, asked, expected_version=version)
        await self.settle()
        return moved

    async def dispatch(self, incident_id: UUID, login: str = "shequ") -> Order:
        async with self.as_(login) as work:
            order = await service.offer_order(
                work,
                incident_id,
                company_id=None,
                assignee_id=None,
                words="请尽快处理",
                expected_version=None,
            )
        await self.settle()
        return order

    async def order(
        self, login: str, order: Order, move: OrderMove, words: str = "", *, photo: bool = False
    ) -> Order:
        """Somebody moves an order on the phone."""
        async with self.as_(login) as work:
            evidence: tuple[UUID, ...] = ()
            if photo:
                saved = await save_photo(work, memory_vault(), Purpose.ORDER_EVIDENCE, picture())
                evidence = (saved.id,)
            step = OrderStep(move=move, words=words, evidence=evidence, at=work.now)
            moved = await move_order(work, order.id, step, expected_version=None)
        await self.settle()
        return moved


def picture() -> bytes:
    """A small photo."""
    content = BytesIO()
    Image.new("RGB", (32, 24), "green").save(content, "JPEG")
    return content.getvalue()


@asynccontextmanager
async def office_on(
    urls: DatabaseUrls,
    *,
    events: Sequence[EventReaction] = (),
    deadlines: Sequence[DeadlineReaction] = (),
) -> AsyncGenerator[Office]:
    """The office of the demo estate in this database (`morning_database`, or a clone of it).

    `events` and `deadlines` are reactions of other contexts that its worker has beside incidents'.
    """
    clock = HandClock()
    people = Workshop(engine_for(urls.app, connections=6), clock)
    machine = Workshop(engine_for(urls.gateway, connections=6), clock)
    async with transaction(machine.engine) as connection:
        await stamp(connection)
        for reaction in (*handlers.EVENTS, *events):
            await register_consumer(connection, reaction.name)
    office = Office(urls, people, machine, clock, UUID(int=0))
    office.reactions = (*handlers.EVENTS, *events)
    office.due = (*handlers.DEADLINES, *deadlines)
    ((office.estate_id,),) = await office.rows(
        "SELECT id FROM directory_estate ORDER BY code DESC LIMIT 1"
    )
    rows = await office.rows("SELECT login, id, display_name FROM directory_account")
    office.accounts = {login: (account_id, name) for login, account_id, name in rows}
    yield office
    await people.engine.dispose()
    await machine.engine.dispose()
