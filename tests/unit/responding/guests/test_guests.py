"""A lift firm's man does one order on his phone, without an account."""

import secrets
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from tests.support.demo import SeededDatabase
from tests.unit.directory.town import database_beside
from tests.unit.responding.office import Office, office_on, picture

from linli.app.engine.roles import DatabaseUrls
from linli.app.web import answers
from linli.app.worker.counting import WorkerCounts
from linli.app.worker.due import Deadlines
from linli.directory.modules.contracts import Module
from linli.directory.modules.events import ModuleSwitched
from linli.directory.modules.public import ModuleOff, switch_off, switch_on
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.kernel.scope import Actor, Scope
from linli.responding.dispatch.contracts import Order, OrderMove, OrderState
from linli.responding.dispatch.public import named
from linli.responding.guests import handlers, http, service
from linli.responding.guests.contracts import LinkState, Made
from linli.responding.guests.door import TOKEN_HEADER, GuestDoor
from linli.responding.guests.service import Wanted
from linli.support.files.vault import memory_vault

ZHANG = Wanted("张师傅", "迅达电梯维保", 24)


def token() -> str:
    return secrets.token_urlsafe(32)


@pytest.fixture(scope="module")
async def office(database: DatabaseUrls, morning: SeededDatabase) -> AsyncGenerator[Office]:
    """One office for all stories here: each begins with the alarm of another device."""
    async with database_beside(database, morning.template) as urls, office_on(urls) as office:
        yield office


async def new_order(office: Office) -> Order:
    """An order for an alarm of a device that has not rung yet."""
    ((code,),) = await office.rows(
        "SELECT d.code FROM sensing_device AS d WHERE d.place_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM responding_incident AS i WHERE i.place_id = d.place_id)"
        " ORDER BY d.code LIMIT 1"
    )
    incident = await office.alarm(code)
    return await office.dispatch(incident.id)


class Phone:
    """The browser of somebody who was sent a link."""

    def __init__(self, office: Office, token: str) -> None:
        app = FastAPI()
        answers.install(app)
        app.state.guest_door = GuestDoor(office.people)
        app.state.vault = memory_vault()
        app.include_router(http.guest_api)
        transport = ASGITransport(app, client=("10.0.0.9", 1))
        headers = {TOKEN_HEADER: token} if token else {}
        self.client = AsyncClient(transport=transport, base_url="http://linli", headers=headers)

    async def look(self) -> Response:
        return await self.client.get("/api/guest/order")

    async def move(self, move: str, version: int, **more: Any) -> Response:
        body = {"move": move, "expected_version": version, **more}
        return await self.client.post("/api/guest/moves", json=body)

    async def photo(self) -> str:
        sent = await self.client.post("/api/guest/photos", files={"file": ("a.jpg", picture())})
        assert sent.status_code == 200, sent.text
        return str(sent.json()["id"])


async def sent_out(office: Office, wanted: Wanted = ZHANG) -> tuple[Order, Made]:
    order = await new_order(office)
    async with office.as_("shequ") as work:
        made = await service.make_link(work, order.id, wanted, token)
    await office.settle()
    return order, made


async def order_now(office: Office, order_id: UUID) -> Order:
    async with office.machine.work() as work:
        return (await named(work.connection, [order_id]))[0]


async def test_a_guest_accepts_arrives_and_fixes_with_a_photo(office: Office) -> None:
    order, made = await sent_out(office)
    phone = Phone(office, made.token)
    seen = (await phone.look()).json()
    assert (seen["place_path"], seen["state"]) == (order.offer.place_path, "offered")
    assert [one["move"] for one in seen["moves"]] == ["accept", "refuse"]
    for move in ("accept", "arrive"):
        answer = await phone.move(move, seen["version"])
        assert answer.status_code == 200, answer.text
        seen = answer.json()
    bare = await phone.move("fix", seen["version"], words="换了门锁")
    assert (bare.status_code, bare.json()["field"]) == (422, "evidence")
    kept = await phone.photo()
    fixed = await phone.move("fix", seen["version"], words="换了门锁", evidence=[kept])
    assert (fixed.json()["state"], fixed.json()["photos"]) == ("fixed", 1)
    await office.settle()
    # The desk verifies what the guest did, and the story names him.
    await office.order("shequ", order, OrderMove.VERIFY)
    story = await office.story(order.offer.subject_id)
    assert any("张师傅" in step.title and step.kind == "order_fix" for step in story)
    async with office.as_("shequ") as work:
        links, uses = await service.links_of(work, order.id)
    assert [link.guest_name for link in links] == ["张师傅"]
    assert {use.act for use in uses} == {"opened", "accept", "arrive", "photo", "fix"}
    assert {use.address for use in uses} == {"10.0.0.9"}


async def test_a_guest_reaches_nothing_but_this_order(office: Office) -> None:
    """In the guest's scope every table is empty but for the order and what the guest wrote."""
    _, made = await sent_out(office)
    await new_order(office)
    assert (await Phone(office, made.token).look()).status_code == 200
    tables = await office.rows(
        "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relrowsecurity"
    )
    seen: dict[str, int] = {}
    guest = Scope(account_id=made.link.id)
    actor = Actor(kind="guest", name="张师傅", account_id=made.link.id)
    for (table,) in tables:
        allowed = await office.rows(
            "SELECT has_table_privilege('linli_app', CAST(:t AS text), 'SELECT')", t=table
        )
        if not allowed[0][0]:
            continue
        async with office.people.work(actor=actor, scope=guest) as work:
            found = await work.connection.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
        if found:
            seen[str(table)] = int(found)
    own = {"responding_order": 1, "responding_guest_use": 1}
    assert {table: n for table, n in seen.items() if table in own} == own
    # The rest is what everybody signed in may read: it names no person, place or incident.
    foreign = ("directory_person", "directory_place", "directory_estate", "directory_account",
               "responding_incident", "responding_guest_link", "sensing_", "support_")  # fmt: skip
    assert not [table for table in seen if table.startswith(foreign)]


async def test_other_moves_and_other_peoples_tokens_are_refused(office: Office) -> None:
    _, made = await sent_out(office)
    phone = Phone(office, made.token)
    for move in ("verify", "cancel", "transfer", "send_back"):
        assert (await phone.move(move, 2, words="x")).status_code == 403
    assert (await Phone(office, "").look()).status_code == 401
    for wrong in (token(), made.token[:-1], "x" * 5000):
        refused = await Phone(office, wrong).look()
        assert (refused.status_code, refused.json()["code"]) == (410, "link_over")


async def test_a_revoked_link_opens_nothing_and_the_order_goes_back(office: Office) -> None:
    order, made = await sent_out(office)
    phone = Phone(office, made.token)
    version = (await phone.look()).json()["version"]
    assert (await phone.move("accept", version)).status_code == 200
    async with office.as_("wuye") as work:
        revoked = await service.revoke_link(work, made.link.id)
    assert revoked.revoked
    assert (await phone.look()).status_code == 410
    back = await order_now(office, order.id)
    assert (back.state, back.offer.assignee_id) == (OrderState.ACCEPTED, None)
    async with office.as_("wuye") as work:
        _, uses = await service.links_of(work, order.id)
    assert sorted(use.act for use in uses) == ["accept", "opened", "refused"]


async def test_a_link_ends_by_itself(office: Office) -> None:
    order, made = await sent_out(office, Wanted("张师傅", "迅达", 1))
    office.later(timedelta(hours=1))
    assert (await Phone(office, made.token).look()).status_code == 410
    counts = WorkerCounts(CollectorRegistry())
    while await Deadlines(office.machine, handlers.DEADLINES, counts).look():
        pass
    assert (await order_now(office, order.id)).offer.assignee_id is None
    async with office.as_("shequ") as work:
        (link,), _ = await service.links_of(work, order.id)
        assert http.policy.state_of(link, work.now) is LinkState.EXPIRED


async def test_a_new_link_ends_the_one_before(office: Office) -> None:
    order, first = await sent_out(office)
    async with office.as_("shequ") as work:
        second = await service.make_link(work, order.id, Wanted("李师傅", "迅达", 4), token)
    assert (await Phone(office, first.token).look()).status_code == 410
    assert (await Phone(office, second.token).look()).json()["guest_name"] == "李师傅"


async def test_only_who_dispatches_hands_orders_out(office: Office) -> None:
    order, _ = await sent_out(office)
    for login, refusal in (("weixiu", Forbidden), ("wangge", Forbidden), ("admin", NotFound)):
        async with office.as_(login) as work:
            with pytest.raises(refusal):
                await service.make_link(work, order.id, ZHANG, token)
    async with office.as_("shequ") as work:
        for wrong, field in (
            (Wanted(" ", "迅达", 4), "guest_name"),
            (Wanted("张", "", 4), "firm"),
            (Wanted("张", "迅达", 73), "hours"),
        ):
            with pytest.raises(BadInput) as refused:
                await service.make_link(work, order.id, wrong, token)
            assert refused.value.field == field
    await office.order("shequ", order, OrderMove.CANCEL, "不用去了")
    async with office.as_("shequ") as work:
        with pytest.raises(IllegalMove):
            await service.make_link(work, order.id, ZHANG, token)


async def test_where_guests_are_switched_off_links_end_and_none_is_made(office: Office) -> None:
    order, made = await sent_out(office)
    phone = Phone(office, made.token)
    assert (await phone.look()).status_code == 200
    async with office.as_("shequ") as work:
        switch = await switch_off(work, office.estate_id, Module.GUESTS, "只用签约单位")
    switched = ModuleSwitched(
        estate_id=office.estate_id,
        happened_at=office.clock.now(),
        switch_id=switch.id,
        module=switch.module.value,
        on=False,
    )
    for _ in range(2):
        async with office.machine.work() as work:
            await handlers.module_switched(work, switched)
    assert (await phone.look()).status_code == 410
    async with office.as_("shequ") as work:
        (back,) = await named(work.connection, [order.id])
        assert back.offer.assignee_id == order.offer.assignee_id
        (link,), _ = await service.links_of(work, order.id)
        assert link.revoked
        with pytest.raises(ModuleOff, match="只用签约单位"):
            await service.make_link(work, order.id, ZHANG, token)
        await switch_on(work, office.estate_id, Module.GUESTS, "")
        await service.make_link(work, order.id, ZHANG, token)
