"""What cannot be used is kept with its reason, counted, and taken in again after a mend."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.directory.town import START, Offices, Town
from tests.unit.sensing.pages import page_of

from linli.kernel.errors import IllegalMove
from linli.kernel.work import Work
from linli.sensing.quarantine import public as quarantine
from linli.sensing.quarantine.contracts import (
    HeldFilter,
    HeldMessage,
    HeldMove,
    HeldState,
    Unusable,
)
from linli.sensing.quarantine.policy import (
    LONGEST_PAYLOAD,
    OTHER_REMEDY,
    preview,
    state_after,
    storable,
)
from linli.sensing.quarantine.ports import Replayed


@dataclass
class Sender:
    """A connection that sends nonsense."""

    estate_id: UUID | None
    connection_id: UUID | None = field(default_factory=uuid4)

    def says(self, payload: bytes = b"{", *, reason: str = "broken_json") -> Unusable:
        return Unusable(
            received_at=START,
            connection_id=self.connection_id,
            estate_id=self.estate_id,
            topic="linli/v1/telemetry",
            payload=payload,
            reason=reason,
            reason_title="内容不是完整的 JSON",
            words="第 1 个字符处",
        )


async def held(desks: Offices, sender: Sender) -> Sequence[HeldMessage]:
    async with desks.machine.work() as work:
        wanted = HeldFilter(connection_id=sender.connection_id)
        return (await quarantine.list_held(work, wanted, most=2000)).messages


async def hold(desks: Offices, messages: Sequence[Unusable]) -> int:
    async with desks.machine.work() as work:
        return await quarantine.hold(work, messages)


async def test_the_oldest_can_stand_first(desks: Offices, town: Town) -> None:
    sender = Sender(town.estates[0].id)
    await hold(desks, [sender.says(f"{{{number}".encode()) for number in range(5)])
    async with desks.machine.work() as work:
        newest = HeldFilter(connection_id=sender.connection_id)
        oldest = replace(newest, oldest=True)
        down = (await quarantine.list_held(work, newest, most=9)).messages
        first = await quarantine.list_held(work, oldest, most=3)
        rest = await quarantine.list_held(work, oldest, after=first.next_after, most=3)
    up = [*first.messages, *rest.messages]
    assert [one.id for one in up] == [one.id for one in down][::-1]
    assert len(up) == 5


async def test_repeats_count_on_one_row(desks: Offices, town: Town) -> None:
    sender = Sender(town.estates[0].id)
    assert await hold(desks, [sender.says(), sender.says(), sender.says(b"[")]) == 2
    assert await hold(desks, [sender.says()]) == 0
    assert await hold(desks, [sender.says(reason="unknown_topic")]) == 1
    found = {(one.reason, one.payload): one.times_seen for one in await held(desks, sender)}
    assert found == {
        ("broken_json", b"{"): 3,
        ("broken_json", b"["): 1,
        ("unknown_topic", b"{"): 1,
    }
    assert await desks.events("quarantine_changed") >= 3


async def test_a_flood_of_one_connection_is_bounded_and_still_counted(
    desks: Offices, town: Town
) -> None:
    loud, quiet = Sender(town.estates[0].id), Sender(town.estates[0].id)
    await hold(desks, [quiet.says()])
    async with desks.machine.work() as work:
        before = (await quarantine.counts(work)).times_seen
    for start in range(0, 1200, 400):
        await hold(desks, [loud.says(b"%d" % number) for number in range(start, start + 400)])
    assert len(await held(desks, loud)) == 1000
    assert len(await held(desks, quiet)) == 1
    async with desks.machine.work() as work:
        assert (await quarantine.counts(work)).times_seen == before + 1200


async def test_a_huge_message_is_cut_and_says_so(desks: Offices, town: Town) -> None:
    sender = Sender(town.estates[0].id)
    huge = b"x" * (1024 * 1024)
    await hold(desks, [sender.says(huge)])
    [message] = await held(desks, sender)
    assert (len(message.payload), message.bytes) == (LONGEST_PAYLOAD, len(huge))
    assert not message.whole
    with pytest.raises(quarantine.NotWhole):
        async with desks.machine.work() as work:
            await quarantine.ask_replay(work, message.id)


async def test_text_that_the_database_cannot_hold_is_held_anyway(
    desks: Offices, town: Town
) -> None:
    sender = Sender(town.estates[0].id)
    odd = sender.says()
    odd = Unusable(
        received_at=odd.received_at,
        connection_id=odd.connection_id,
        estate_id=odd.estate_id,
        topic="a\0b\ud800",
        payload=b"\0",
        reason=odd.reason,
        reason_title=odd.reason_title,
        words="\0" * 600,
    )
    assert await hold(desks, [odd]) == 1


class Mended:
    """An intake that takes what it could not take before."""

    def __init__(self, outcome: Replayed) -> None:
        self.outcome = outcome
        self.taken: list[HeldMessage] = []

    async def replay(self, work: Work, message: HeldMessage) -> Replayed:
        assert work.now is not None
        self.taken.append(message)
        return self.outcome


async def ask(desks: Offices, message_id: UUID) -> None:
    async with desks.machine.work() as work:
        await quarantine.ask_replay(work, message_id)


async def replay_all(desks: Offices, intake: Mended) -> None:
    more = True
    while more:
        async with desks.machine.work() as work:
            more = await quarantine.replay_next(work, intake)


async def test_after_a_mend_the_message_is_taken_in_as_it_came(desks: Offices, town: Town) -> None:
    sender = Sender(town.estates[0].id)
    await hold(desks, [sender.says(b"{mended}")])
    [message] = await held(desks, sender)
    await ask(desks, message.id)
    intake = Mended(Replayed(accepted=True))
    await replay_all(desks, intake)
    mine = [one for one in intake.taken if one.id == message.id]
    assert [(one.payload, one.received_at) for one in mine] == [(b"{mended}", START)]
    [after] = await held(desks, sender)
    assert after.state is HeldState.REPLAYED
    with pytest.raises(IllegalMove):
        await ask(desks, message.id)
    await hold(desks, [sender.says(b"{mended}")])
    [again] = await held(desks, sender)
    assert (again.state, again.times_seen) == (HeldState.WAITING, 2)


async def test_what_still_cannot_be_used_waits_again_and_says_why(
    desks: Offices, town: Town
) -> None:
    sender = Sender(town.estates[0].id)
    await hold(desks, [sender.says()])
    [message] = await held(desks, sender)
    await ask(desks, message.id)
    outcome = Replayed(
        accepted=False, reason="unknown_child", reason_title="下挂设备没有登记", words="厨房"
    )
    await replay_all(desks, Mended(outcome))
    [after] = await held(desks, sender)
    assert (after.state, after.reason_title, after.words) == (
        HeldState.WAITING,
        "下挂设备没有登记",
        "厨房",
    )


@given(moves=st.lists(st.sampled_from(HeldMove), max_size=10))
def test_a_replayed_message_is_not_replayed_twice(moves: list[HeldMove]) -> None:
    state = HeldState.WAITING
    for move in moves:
        after = state_after(state, move)
        if state is HeldState.REPLAYED:
            assert after in {None, HeldState.WAITING}
            assert after is None or move is HeldMove.REPEAT
        state = after or state


@given(payload=st.binary(max_size=400))
def test_any_payload_has_a_preview_that_a_page_can_show(payload: bytes) -> None:
    shown = preview(payload, 30)
    assert shown.replace("\n", " ").isprintable() or not shown
    assert len(shown) <= 30


def test_text_is_shown_as_text_and_the_rest_as_digits() -> None:
    assert preview("开门".encode() * 20, 31) == "开门" * 5
    assert preview(b"\x01\x02\xff", 30) == "01 02 ff"


@given(text=st.text())
def test_any_text_can_be_stored(text: str) -> None:
    kept = storable(text, 20)
    assert "\0" not in kept
    assert len(kept) <= 20
    kept.encode()


# Who sees it


async def test_pages_show_only_what_is_ones_own(desks: Offices, town: Town) -> None:
    mine, foreign = Sender(town.estates[0].id), Sender(town.estates[2].id)
    nobodys = Sender(None, connection_id=None)
    token = town.tag.encode()
    for sender in (mine, foreign, nobodys):
        await hold(desks, [sender.says(b"{" + token)])
    async with page_of(desks, town, "shequ") as page:
        items = (await page.get("/api/quarantine", limit=200)).json()["items"]
        shown = {one["connection_id"] for one in items if town.tag in one["payload_preview"]}
        assert str(mine.connection_id) in shown
        assert str(foreign.connection_id) not in shown
        counts = (await page.get("/api/quarantine/counts")).json()
        assert counts["waiting"] == sum(reason["waiting"] for reason in counts["reasons"])
    async with page_of(desks, town, "weixiu") as page:
        assert (await page.get("/api/quarantine")).status_code == 403


async def test_a_message_is_replayed_or_dropped_from_the_page(desks: Offices, town: Town) -> None:
    sender = Sender(town.estates[0].id)
    await hold(desks, [sender.says(b"1"), sender.says(b"2")])
    first, second = await held(desks, sender)
    async with page_of(desks, town, "shequ") as page:
        asked = (await page.post(f"/api/quarantine/{first.id}/replay")).json()
        assert (asked["state"], asked["replay_asked"]) == ("waiting", True)
        dropped = (await page.post(f"/api/quarantine/{second.id}/drop")).json()
        assert dropped["state"] == "dropped"
        assert (await page.post(f"/api/quarantine/{second.id}/drop")).status_code == 409
        assert (await page.post(f"/api/quarantine/{uuid4()}/drop")).status_code == 404


async def test_what_to_do_comes_with_the_message_and_its_count(desks: Offices, town: Town) -> None:
    sender = Sender(town.estates[0].id)
    await hold(desks, [sender.says(), sender.says(reason="made_up")])
    async with page_of(desks, town, "admin") as page:
        page.app.state.remedies = {"broken_json": "检查括号"}.get
        wanted = {"connection_id": str(sender.connection_id)}
        items = (await page.get("/api/quarantine", **wanted)).json()["items"]
        counts = (await page.get("/api/quarantine/counts")).json()
    told = {one["reason"]: one["remedy"] for one in items}
    assert told == {"broken_json": "检查括号", "made_up": OTHER_REMEDY}
    assert {one["reason"]: one["remedy"] for one in counts["reasons"]}.items() >= told.items()
