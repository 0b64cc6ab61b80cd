"""Live pages: who hears what, in which order, and what happens after a cut."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from httpx import AsyncClient
from sqlalchemy import text
from tests.unit.app.web_process import WHO, Served, sees, web_process

from linli.app.engine.roles import DatabaseUrls, connected
from linli.app.live.hub import Hub
from linli.kernel.database import transaction
from linli.kernel.events import Event, RecordedEvent, stamp
from linli.kernel.scope import Scope
from linli.kernel.work import Workshop

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SUNNY, MOONLIT = UUID(int=1), UUID(int=2)
LI, WANG = UUID(int=11), UUID(int=12)


@dataclass(frozen=True, kw_only=True)
class BellRang(Event):
    """Something for these tests to hear."""

    state: str
    words: str = "said to handlers, not to browsers"

    def topics(self) -> tuple[str, ...]:
        return (f"see_incidents:{self.estate_id}",)


@dataclass(frozen=True, kw_only=True)
class GrantChanged(Event):
    account_id: UUID

    def topics(self) -> tuple[str, ...]:
        return (f"account:{self.account_id}",)


async def record(machine: Workshop, *events: Event) -> None:
    """The events as the system records them: with a change, then stamped."""
    async with machine.work() as work:
        for event in events:
            work.outbox.add(event)
    async with transaction(machine.engine) as connection:
        await stamp(connection)


def ring(bell: str, estate_id: UUID = SUNNY) -> BellRang:
    return BellRang(estate_id=estate_id, happened_at=NOON, state=bell)


@dataclass(frozen=True, slots=True)
class Heard:
    """One event of a stream as a browser understands it; a comment has the name `:`."""

    name: str
    offset: int | None
    body: dict[str, Any]


class Browser:
    """A stream that is being read."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self, *, beats: bool = False) -> Heard | None:
        """The next event; None at the end of the stream."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line.startswith(":"):
                if beats:
                    return Heard(":", None, {})
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                offset = fields.get("id")
                return Heard(
                    fields["event"],
                    None if offset is None else int(offset),
                    msgspec.json.decode(fields["data"], type=dict[str, Any]),
                )
        return None

    async def bells(self, count: int) -> list[str]:
        heard: list[str] = []
        while len(heard) < count:
            event = await self.next()
            assert event is not None
            if event.name == "bell_rang":
                heard.append(event.body["state"])
        return heard


@asynccontextmanager
async def opened(
    served: Served, who: str, last_event_id: int | str | None = None
) -> AsyncGenerator[Browser]:
    headers = {WHO: who}
    if last_event_id is not None:
        headers["Last-Event-ID"] = str(last_event_id)
    async with (
        AsyncClient(base_url=served.url, timeout=20) as client,
        client.stream("GET", "/api/live", headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Browser(answer.aiter_lines())


async def test_an_event_reaches_those_who_may_know_and_nobody_else(served: Served) -> None:
    served.door.scopes |= {
        "li": sees(LI, "see_incidents", SUNNY),
        "wang": sees(WANG, "see_incidents", MOONLIT),
    }
    async with opened(served, "li") as li, opened(served, "wang") as wang:
        for browser in (li, wang):
            first = await browser.next()
            assert first is not None
            assert first.name == "joined"
        await record(served.machine, ring("a", SUNNY), ring("b", MOONLIT), ring("c", SUNNY))
        assert await li.bells(2) == ["a", "c"]
        assert await wang.bells(1) == ["b"]


async def test_an_event_carries_its_offset_name_estate_and_time(served: Served) -> None:
    served.door.scopes["li"] = sees(LI, "see_incidents", SUNNY)
    async with opened(served, "li") as li:
        joined = await li.next()
        await record(served.machine, ring("a"))
        event = await li.next()
        assert joined is not None
        assert event is not None
        assert event.offset == (joined.offset or 0) + 1
        assert event.body == {
            "offset": event.offset,
            "name": "bell_rang",
            "estate_id": str(SUNNY),
            "at": "2026-11-22T04:00:00Z",
            "state": "a",
        }


async def test_after_a_cut_everything_missed_comes_once_and_in_order(served: Served) -> None:
    served.door.scopes["li"] = sees(LI, "see_incidents", SUNNY)
    async with opened(served, "li") as li:
        await record(served.machine, ring("before"))
        assert await li.bells(1) == ["before"]
    missed = [ring(f"missed {n}") for n in range(700)]
    await record(served.machine, *missed, ring("elsewhere", MOONLIT))
    async with opened(served, "li", last_event_id=1) as li:
        await record(served.machine, ring("after"))
        assert await li.bells(701) == [*(f"missed {n}" for n in range(700)), "after"]


async def test_what_is_no_longer_kept_makes_the_page_read_everything_again(
    served: Served,
) -> None:
    served.door.scopes["li"] = sees(LI, "see_incidents", SUNNY)
    await record(served.machine, *(ring(f"{n}") for n in range(10)))
    async with served.machine.work() as work:
        await work.connection.execute(text("DELETE FROM kernel_event WHERE event_offset <= 5"))
    async with opened(served, "li", last_event_id=2) as li:
        first = await li.next()
        assert first is not None
        assert (first.name, first.offset) == ("reset", 10)
    async with opened(served, "li", last_event_id=5) as li:
        assert await li.bells(5) == ["5", "6", "7", "8", "9"]


@pytest.mark.parametrize("offset", ["999999", "-1", "nonsense", "9" * 5000])
async def test_an_offset_from_another_world_makes_the_page_read_everything_again(
    served: Served, offset: str
) -> None:
    served.door.scopes["li"] = sees(LI, "see_incidents", SUNNY)
    async with opened(served, "li", last_event_id=offset) as li:
        first = await li.next()
        assert first is not None
        assert first.name == "reset"


async def test_a_quiet_stream_beats(served: Served) -> None:
    served.door.scopes["li"] = sees(LI, "see_incidents", SUNNY)
    async with opened(served, "li") as li:
        await li.next()
        beat = await li.next(beats=True)
        assert beat is not None
        assert beat.name == ":"


async def test_nobody_gets_a_stream_without_a_session(served: Served) -> None:
    async with AsyncClient(base_url=served.url) as client:
        answer = await client.get("/api/live")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"


async def test_a_taken_right_ends_the_stream_at_once(served: Served) -> None:
    served.door.scopes["li"] = sees(LI, "see_incidents", SUNNY)
    async with opened(served, "li") as li:
        await li.next()
        served.door.scopes["li"] = Scope(account_id=LI)
        await record(served.machine, GrantChanged(estate_id=None, happened_at=NOON, account_id=LI))
        told, last = await li.next(), await li.next()
        assert told is not None
        assert last is not None
        assert (told.name, last.name) == ("grant_changed", "signed_out")
        assert await li.next() is None


async def test_another_right_takes_force_at_once(served: Served) -> None:
    served.door.scopes["li"] = sees(LI, "see_incidents", SUNNY)
    async with opened(served, "li") as li:
        await li.next()
        served.door.scopes["li"] = sees(LI, "see_incidents", MOONLIT)
        await record(served.machine, GrantChanged(estate_id=None, happened_at=NOON, account_id=LI))
        heard = [await li.next(), await li.next()]
        assert [event.name for event in heard if event] == ["grant_changed", "reset"]
        await record(served.machine, ring("a", SUNNY), ring("b", MOONLIT))
        assert await li.bells(1) == ["b"]


async def test_a_session_that_ran_out_ends_its_stream(
    workshops: tuple[Workshop, Workshop], tmp_path: Path
) -> None:
    async with web_process(workshops, routers=(), folder=tmp_path, look_s=0.1) as served:
        served.door.scopes["li"] = sees(LI, "see_incidents", SUNNY)
        async with opened(served, "li") as li:
            await li.next()
            del served.door.scopes["li"]
            last = await li.next()
            assert last is not None
            assert last.name == "signed_out"


CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = 'linli_app'"
)


async def test_nothing_is_missed_when_the_database_cuts_all_connections(
    served: Served, fresh_database: DatabaseUrls
) -> None:
    served.door.scopes["li"] = sees(LI, "see_incidents", SUNNY)
    async with opened(served, "li") as li, connected(fresh_database.admin) as administrator:
        await li.next()
        for n in range(3):
            await administrator.execute(CUT)
            await record(served.machine, ring(f"{n}"))
        assert await li.bells(3) == ["0", "1", "2"]


async def test_streams_end_when_the_process_is_told_to_stop(served: Served) -> None:
    served.door.scopes["li"] = sees(LI, "see_incidents", SUNNY)
    async with opened(served, "li") as li:
        await li.next()
        served.stop.set()
        while await li.next() is not None:
            pass
    await served.ended.wait()


def test_a_browser_that_does_not_read_is_told_to_read_everything_again() -> None:
    hub = Hub(most_waiting=3)
    hub.begin(0)
    slow = hub.join(LI, frozenset({"a"}))
    hub.hand_out(RecordedEvent(n, "bell_rang", ("a",), {}) for n in range(1, 6))
    assert hub.take(slow).startswith(b"id: 5\nevent: reset\n")
    hub.hand_out([RecordedEvent(6, "bell_rang", ("a",), {})])
    assert hub.take(slow).startswith(b"id: 6\nevent: bell_rang\n")


def test_nothing_is_handed_to_a_session_whose_rights_are_in_doubt() -> None:
    hub = Hub()
    hub.begin(0)
    account = f"account:{LI}"
    session = hub.join(LI, frozenset({"a", account}))
    hub.hand_out(
        [
            RecordedEvent(1, "bell_rang", ("a",), {}),
            RecordedEvent(2, "grant_changed", (account,), {}),
            RecordedEvent(3, "bell_rang", ("a",), {}),
        ]
    )
    taken = hub.take(session)
    assert b"id: 2\n" in taken
    assert b"id: 3\n" not in taken
    assert session.in_doubt


def test_an_event_with_several_topics_is_heard_once() -> None:
    hub = Hub()
    hub.begin(0)
    session = hub.join(LI, frozenset({"a", "b"}))
    hub.hand_out([RecordedEvent(1, "bell_rang", ("a", "b", "c"), {})])
    assert hub.take(session).count(b"event:") == 1
    hub.leave(session)
    hub.hand_out([RecordedEvent(2, "bell_rang", ("a",), {})])
    assert hub.take(session) == b""
    assert hub.sessions == 0
