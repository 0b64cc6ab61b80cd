"""Two people enter the same code at the same moment: the later one is told which field it is."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from httpx import Response
from sqlalchemy import text
from tests.unit.directory.browser import signed_in
from tests.unit.directory.town import Offices, Town

from linli.directory.organisation.public import found_estate
from linli.directory.places.contracts import EstateDraft, PlaceDraft, PlaceKind
from linli.directory.places.public import add_places
from linli.kernel.uniqueness import Taken
from linli.kernel.work import Work

WAITING = text(
    "SELECT count(*) FROM pg_locks"
    " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
)


async def until_it_waits_for(
    first: Work, other: asyncio.Task[Taken] | asyncio.Task[Response]
) -> None:
    """Until the other one's transaction waits for what this one holds."""
    while not other.done() and not await first.connection.scalar(WAITING):
        await first.connection.execute(text("SELECT pg_sleep(0.005)"))


async def race(desks: Offices, enter: Callable[[Work], Awaitable[object]]) -> Taken:
    """Enter the same twice at once; answers what the later one was told."""

    async def later() -> Taken:
        with pytest.raises(Taken) as told:
            async with desks.machine.work() as work:
                await enter(work)
        return told.value

    async with asyncio.TaskGroup() as tasks, desks.machine.work() as first:
        await enter(first)
        second = tasks.create_task(later())
        await until_it_waits_for(first, second)
    return second.result()


def new_estate(town: Town, letter: str) -> EstateDraft:
    return EstateDraft(
        code=f"{letter}{town.tag}"[:20].upper(),
        title="新小区",
        community_id=town.communities[0].id,
        width=100,
        height=80,
    )


async def test_two_estates_of_one_code(desks: Offices, town: Town) -> None:
    def estate(work: Work) -> Awaitable[object]:
        return found_estate(work, new_estate(town, "R"))

    told = await race(desks, estate)
    assert (told.status, told.field) == (422, "code")


async def test_two_places_of_one_name(desks: Offices, town: Town) -> None:
    def place(work: Work) -> Awaitable[object]:
        draft = PlaceDraft(id=work.new_id(), kind=PlaceKind.BUILDING, title="9号楼")
        return add_places(work, town.estates[0].id, [draft])

    told = await race(desks, place)
    assert told.field == "code"
    assert "场所" in told.message


async def test_over_http_the_answer_names_the_field(desks: Offices, town: Town) -> None:
    """Here the race is certain: somebody's transaction is open while the page sends the form."""
    draft = new_estate(town, "H")
    form = {"code": draft.code, "title": "新小区", "community_id": str(draft.community_id)}
    async with signed_in(desks, town, "xian") as page:
        async with asyncio.TaskGroup() as tasks, desks.machine.work() as first:
            await found_estate(first, draft)
            sent = tasks.create_task(page.post("/api/estates", form))
            await until_it_waits_for(first, sent)
        answer = sent.result()
    assert answer.status_code == 422, answer.text
    assert (answer.json()["code"], answer.json()["field"]) == ("code_taken", "code")
