"""Door cards come over from another system, are reported lost, and nobody reads their numbers."""

import re
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.cards import policy, service, sheets
from linli.directory.cards.about import tell_cards
from linli.directory.cards.contracts import (
    Card,
    CardEntry,
    CardKind,
    CardMove,
    CardSearch,
    CardState,
)
from linli.directory.people import service as people
from linli.directory.people.contracts import PersonDraft, Relation
from linli.directory.sources.contracts import Source, SourceKind
from linli.directory.sources.public import LaterWork
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.support.chapters.contracts import Asked
from linli.support.looks.contracts import ReasonNeeded
from linli.support.sheets.contracts import Batch, Done, Line

NUMBER = "0012 3456:78"
WRITTEN = st.text(alphabet="0123456789abcdefABCDEF", min_size=4, max_size=24)


def file() -> Source:
    return Source(SourceKind.IMPORT, "门卡.xlsx", uuid4())


async def found(desks: Offices, town: Town, login: str = "wuye", **wanted: object) -> list[Card]:
    async with desks.as_account(town.accounts[login]) as work:
        search = CardSearch(**wanted)  # type: ignore[arg-type]
        cards, sums = await service.find(work, CIPHER, search, most=50, skip=0)
        assert sums.total == len(cards) == sum(sums.by_state.values())
        return list(cards)


async def registered(desks: Offices, town: Town, name: str = "王晓明") -> UUID:
    async with desks.machine.work() as work:
        return await people.register_person(
            work,
            CIPHER,
            PersonDraft(
                home_id=town.home,
                name=name,
                phone="13811112222",
                relation=Relation.OWNER,
                valid_from=work.now,
            ),
        )


async def imported(desks: Offices, town: Town, *rows: dict[str, str]) -> tuple[UUID, Done]:
    import_id = uuid4()
    lines = [Line(at + 2, row) for at, row in enumerate(rows)]
    async with desks.as_account(town.accounts["wuye"]) as work:
        batch = Batch(import_id, town.estates[0].id, "门卡.xlsx", lines)
        return import_id, await sheets.enter(work, CIPHER, batch)


async def test_the_same_list_again_changes_nothing_and_keeps_what_was_reported(
    desks: Offices, town: Town
) -> None:
    estate = town.estates[0].id
    entries = [CardEntry(number=NUMBER, home_id=town.home), CardEntry(number="04a1b2c3")]
    async with desks.as_account(town.accounts["wuye"]) as work:
        first = await service.enter(work, CIPHER, estate, entries, file())
        assert (first.created, first.updated, first.unchanged) == (2, 0, 0)
    [card] = await found(desks, town, number=policy.number_of(NUMBER))
    assert (card.tail, card.state) == ("5678", CardState.ACTIVE)
    async with desks.as_account(town.accounts["wuye"]) as work:
        lost = await service.move(work, card.id, CardMove.REPORT_LOST, "业主来电挂失")
        assert (lost.state, lost.state_reason) == (CardState.LOST, "业主来电挂失")
        again = await service.enter(work, CIPHER, estate, entries, file())
        assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
        with pytest.raises(IllegalMove, match="已挂失"):
            await service.move(work, card.id, CardMove.REPORT_LOST, "再报一次")
        with pytest.raises(BadInput):
            await service.move(work, card.id, CardMove.FOUND, " ")
    assert [one.id for one in await found(desks, town, tail="5678")] == [card.id]
    assert not await found(desks, town, number="00123456789")
    assert [one.tail for one in await found(desks, town, state=CardState.ACTIVE)] == ["B2C3"]


async def test_no_number_lies_open_in_the_database(desks: Offices, town: Town) -> None:
    await imported(desks, town, {"number": NUMBER, "home": "3-1-502", "holder": "保洁 周师傅"})
    number = policy.number_of(NUMBER)
    async with desks.machine.work() as work:
        rows = (await work.connection.execute(text("SELECT * FROM directory_door_card"))).all()
    assert rows
    for row in rows:
        for value in row:
            said = value.hex() if isinstance(value, bytes) else str(value)
            assert number not in said
            assert number.encode().hex() not in said


async def test_a_look_takes_a_reason_and_is_on_record_for_the_holder(
    desks: Offices, town: Town
) -> None:
    person = await registered(desks, town)
    await imported(desks, town, {"number": NUMBER, "home": "3-1-502", "holder": "王晓明"})
    [card] = await found(desks, town)
    assert (card.person_id, card.holder) == (person, "")
    async with desks.as_account(town.accounts["wuye"]) as work:
        with pytest.raises(ReasonNeeded):
            await service.look_at_number(work, CIPHER, card.id, reason="看看")
        whole = await service.look_at_number(work, CIPHER, card.id, reason="核对捡到的卡")
    assert whole.number == "0012345678"
    async with desks.machine.work() as work:
        rows = await work.connection.execute(
            text("SELECT what, person_id, reason FROM support_look WHERE subject_id = :id"),
            {"id": card.id},
        )
        assert [tuple(row) for row in rows] == [("card", person, "核对捡到的卡")]
        [told] = await tell_cards(work, CIPHER, Asked(person, "王晓明"))
    assert ("卡号", "****5678") in told.records[0]


async def test_who_holds_none_of_these_rights_sees_and_moves_nothing(
    desks: Offices, town: Town
) -> None:
    await imported(desks, town, {"number": NUMBER, "home": "3-1-502"})
    [card] = await found(desks, town)
    for login in ("wangge", "jiedao", "xian", "weixiu", "admin"):
        assert not await found(desks, town, login)
        async with desks.as_account(town.accounts[login]) as work:
            with pytest.raises((NotFound, Forbidden)):
                await service.move(work, card.id, CardMove.BLOCK, "看看能不能停")
            with pytest.raises((NotFound, Forbidden)):
                await service.look_at_number(work, CIPHER, card.id, reason="看看能不能看")
    # The community sees that there is a card, for erasing and merging; not its number.
    assert len(await found(desks, town, "shequ")) == 1
    async with desks.as_account(town.accounts["shequ"]) as work:
        with pytest.raises(Forbidden):
            await service.look_at_number(work, CIPHER, card.id, reason="看看能不能看")


async def test_wrong_lines_are_named_and_the_others_come_in(desks: Offices, town: Town) -> None:
    import_id, done = await imported(
        desks,
        town,
        {"number": "0012345678", "home": "3-1-502", "state": "lost", "until": "2027-01-01"},
        {"number": "0012345679", "home": "99-9-999"},
        {"number": "0012345670", "since": "2026-05-01", "until": "2026-04-01"},
    )
    assert {one.at: one.column for one in done.faults} == {1: "home", 2: "until"}
    assert done.created == 1
    [card] = await found(desks, town)
    assert (card.state, card.kind, card.state_reason) == (
        CardState.LOST, CardKind.IC, "门卡.xlsx",
    )  # fmt: skip
    async with desks.machine.work() as work:
        back = await sheets.undo(work, CIPHER, import_id, ())
    assert back.removed == 1
    assert not await found(desks, town)


async def test_an_import_goes_back_whole_unless_a_card_was_moved_since(
    desks: Offices, town: Town
) -> None:
    await imported(desks, town, {"number": NUMBER, "note": "旧系统"})
    second, _ = await imported(desks, town, {"number": NUMBER, "note": "新名单"})
    async with desks.machine.work() as work:
        back = await sheets.undo(work, CIPHER, second, ())
    assert (back.removed, back.restored) == (0, 1)
    [card] = await found(desks, town)
    assert card.note == "旧系统"
    third, _ = await imported(desks, town, {"number": NUMBER, "note": "又一份"})
    async with desks.as_account(town.accounts["wuye"]) as work:
        await service.move(work, card.id, CardMove.BLOCK, "欠费停用")
    async with desks.machine.work() as work:
        with pytest.raises(LaterWork):
            await sheets.undo(work, CIPHER, third, ())


async def test_a_number_is_entered_by_hand_once(desks: Offices, town: Town) -> None:
    estate = town.estates[0].id
    async with desks.as_account(town.accounts["wuye"]) as work:
        card = await service.add(work, CIPHER, estate, CardEntry(number="00-11-22"))
        assert card.tail == "1122"
        with pytest.raises(BadInput) as twice:
            await service.add(work, CIPHER, estate, CardEntry(number="0011 22"))
        assert twice.value.field == "number"
        entry = CardEntry(number="998877", home_id=uuid4())
        with pytest.raises(BadInput) as nowhere:
            await service.add(work, CIPHER, estate, entry)
        assert nowhere.value.field == "home_id"
        with pytest.raises(Forbidden):
            await service.add(work, CIPHER, town.estates[1].id, CardEntry(number="1234"))


@given(WRITTEN, st.sampled_from(["", " ", ":", "-"]))
def test_a_number_is_the_same_however_it_is_written(number: str, between: str) -> None:
    said = between.join(re.findall("..?", number))
    assert policy.number_of(said) == policy.number_of(number) == number.upper()
    assert policy.number_of(policy.number_of(said)) == number.upper()


@given(st.text(max_size=40))
def test_what_is_no_number_is_refused_with_what_to_do(said: str) -> None:
    if re.fullmatch("[0-9A-Z]{4,24}", re.sub(r"[\s:\-.]", "", said).upper()):
        assert policy.number_of(said)
        return
    with pytest.raises(policy.BadNumber) as refused:
        policy.number_of(said)
    assert refused.value.remedy


@given(st.lists(st.sampled_from(CardMove), max_size=12))
def test_a_card_is_always_in_a_state_one_can_leave(moves: list[CardMove]) -> None:
    state = CardState.ACTIVE
    for move in moves:
        if move in policy.allowed(state):
            state = policy.moved(state, move, "依据来电")
        else:
            with pytest.raises(IllegalMove):
                policy.moved(state, move, "依据来电")
    assert policy.allowed(state)
