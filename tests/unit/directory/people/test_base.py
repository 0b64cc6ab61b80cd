"""Lists are entered once however often, twins become one and two again, clerks decide."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tests.unit.directory.people.test_people import home_in, move_in, new_id_number
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.people import store
from linli.directory.people.contracts import (
    AskedBy,
    CorrectionDraft,
    CorrectionState,
    PeopleSearch,
    PersonChange,
    PersonEntry,
    PersonField,
    Relation,
    Tag,
    TwinReason,
    TwinState,
)
from linli.directory.people.merging import MovedOn, SamePerson, TwoNumbers, naming_people
from linli.directory.people.public import (
    MoveDraft,
    ask_correction,
    change_person,
    decide_correction,
    enter_people,
    find_people,
    index_some,
    list_corrections,
    list_twins,
    lived_at,
    look_at_correction,
    look_for_twins,
    merge_people,
    merges_of,
    move_person,
    person_masked,
    reveal,
    tell_apart,
    undo_merge,
    versions_of_person,
)
from linli.directory.people.search import Order, group_range, meaning, merged
from linli.directory.places.contracts import PlaceDraft, PlaceKind
from linli.directory.places.public import add_places, place_of
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, StaleVersion
from linli.support.looks.contracts import ReasonNeeded, What
from linli.support.looks.public import looks_at

FILE = Source(SourceKind.IMPORT, "名册.xlsx", UUID(int=99))
WHY = "电话核实是同一个人"


async def another_home(desks: Offices, town: Town) -> UUID:
    async with desks.machine.work() as work:
        home = await place_of(work, town.home)
        draft = PlaceDraft(
            id=work.new_id(), kind=PlaceKind.HOME, title="503室", parent_id=home.parent_id
        )
        await add_places(work, home.estate_id, [draft])
    return draft.id


async def rows_naming(desks: Offices, people: list[UUID]) -> list[Any]:
    """Every row that says something of these people, without who entered it when."""
    told = {"version", "entered_at", "entered_by", "source_kind", "source_title", "source_id"}
    found: list[Any] = []
    async with desks.machine.work() as work:
        tables = [("directory_person", "id"), ("directory_person_search", "person_id")]
        tables += [(table.name, column) for table, column in naming_people()]
        for table, column in tables:
            rows = await work.connection.execute(
                text(f"SELECT * FROM {table} WHERE {column} = ANY(CAST(:ids AS uuid[]))"),  # noqa: S608 (our own names)
                {"ids": people},
            )
            for row in rows.mappings():
                kept = {name: value for name, value in row.items() if name not in told}
                found.append((table, sorted((name, repr(value)) for name, value in kept.items())))
    return sorted(found, key=repr)


async def test_the_same_list_again_changes_nothing(desks: Offices, town: Town) -> None:
    estate = town.estates[0].id
    entries = [
        PersonEntry(name="周一", home_id=town.home, phone="13700000001", code="A-1"),
        PersonEntry(name="周二", home_id=town.home, id_number=new_id_number()),
        PersonEntry(name="周三", home_id=town.home, phone="13700000003", tags=(Tag.ELDER,)),
        PersonEntry(name="周四", code="A-4"),
    ]
    async with desks.machine.work() as work:
        first = await enter_people(work, CIPHER, entries, FILE, estate)
    assert (first.created, first.updated, first.unchanged) == (4, 0, 0)
    async with desks.machine.work() as work:
        again = await enter_people(work, CIPHER, entries, FILE, estate)
        assert (again.created, again.updated, again.unchanged) == (0, 0, 4)
        assert again.ids == first.ids
    entries[0] = PersonEntry(name="周壹", home_id=town.home, phone="13700000009", code="A-1")
    async with desks.machine.work() as work:
        third = await enter_people(work, CIPHER, entries, FILE, estate)
    assert (third.created, third.updated, third.unchanged) == (0, 1, 3)
    async with desks.as_account(town.accounts["shequ"]) as work:
        person = await reveal(work, CIPHER, first.ids["0"], reason="核对名册")
        assert (person.name, person.phone) == ("周壹", "13700000009")
        assert person.source == FILE
        told = await versions_of_person(work, first.ids["0"])
        assert [one.version for one in told] == [2, 1]
        assert {"name", "phone_sealed"} <= set(told[0].changed)
        assert (await find_people(work, CIPHER, PeopleSearch(words="zhouyi 3-1-502"))).total == 1


async def test_a_wrong_list_enters_nobody_and_names_every_field(desks: Offices, town: Town) -> None:
    entries = [
        PersonEntry(name="吴一", phone="没有"),
        PersonEntry(name=" ", id_number="110105194912310021"),
        PersonEntry(name="吴三", home_id=UUID(int=5)),
    ]
    async with desks.machine.work() as work:
        with pytest.raises(BadInput) as wrong:
            await enter_people(work, CIPHER, entries[:2], FILE, town.estates[0].id)
        assert {fault.field for fault in wrong.value.faults} == {
            "0.phone",
            "1.name",
            "1.id_number",
        }
        with pytest.raises(BadInput) as homeless:
            await enter_people(work, CIPHER, entries[2:], FILE, town.estates[0].id)
        assert [fault.field for fault in homeless.value.faults] == ["0.home_id"]
        assert (await find_people(work, CIPHER, PeopleSearch(words="吴三"))).total == 0


async def test_who_moves_is_found_at_the_new_home_and_remembered_at_the_old(
    desks: Offices, town: Town
) -> None:
    new_home = await another_home(desks, town)
    person = await move_in(desks, town.home, "钱搬家")
    desks.clock.move(timedelta(days=30))
    async with desks.as_account(town.accounts["shequ"]) as work:
        draft = MoveDraft(
            person_id=person,
            from_home_id=town.home,
            to_home_id=new_home,
            relation=Relation.TENANT,
        )
        moved = await move_person(work, CIPHER, draft)
        assert [home.home_id for home in moved.residences] == [new_home, town.home]
        assert moved.residences[1].valid_to == work.now
        assert (await find_people(work, CIPHER, PeopleSearch(words="钱搬家 503"))).total == 1
        assert (await find_people(work, CIPHER, PeopleSearch(words="钱搬家 502"))).total == 0
        [(_, stay)] = [
            one for one in await lived_at(work, CIPHER, town.home) if one[0].id == person
        ]
        assert stay.valid_to == work.now


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    kept=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    gone=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    same_home=st.booleans(),
)
async def test_merging_and_undoing_leaves_everything_as_it_was(
    desks: Offices,
    town: Town,
    kept: tuple[bool, bool, bool],
    gone: tuple[bool, bool, bool],
    same_home: bool,
) -> None:
    number = new_id_number()
    other_home = town.home if same_home else await another_home_once(desks, town)
    ids: list[UUID] = []
    for (phone, numbered, tagged), home in ((kept, town.home), (gone, other_home)):
        ids.append(
            await move_in(
                desks,
                home,
                "孙重复",
                "13600000007" if phone else None,
                # Both cannot have the number: nobody is registered twice with it.
                id_number=number if numbered and (not ids or not kept[1]) else None,
                tags=(Tag.DISABLED,) if tagged else (),
            )
        )
        desks.clock.move(timedelta(days=1))
    before = await rows_naming(desks, ids)
    async with desks.machine.work() as work:
        merge = await merge_people(work, CIPHER, kept_id=ids[0], gone_id=ids[1], reason=WHY)
    async with desks.machine.work() as work:
        one = await reveal(work, CIPHER, ids[0], reason="合并之后核对")
        assert bool(one.phone) == (kept[0] or gone[0])
        assert bool(one.id_number) == (kept[1] or gone[1])
        assert bool(one.tags) == (kept[2] or gone[2])
        assert len(one.residences) == 2
        assert (await person_masked(work, CIPHER, ids[1])).merged_into == ids[0]
        found = await find_people(work, CIPHER, PeopleSearch(words="孙重复 sunchongfu"))
        assert ids[1] not in {row.id for row in found.rows}
    async with desks.machine.work() as work:
        await undo_merge(work, CIPHER, merge.id)
    assert await rows_naming(desks, ids) == before
    async with desks.machine.work() as work:
        [told] = await merges_of(work, ids[0])
        assert told.undone_at is not None


async def another_home_once(desks: Offices, town: Town) -> UUID:
    async with desks.machine.work() as work:
        known = await work.connection.scalar(
            text("SELECT id FROM directory_place WHERE estate_id = :e AND title = '503室'"),
            {"e": town.estates[0].id},
        )
    return UUID(str(known)) if known else await another_home(desks, town)


async def test_twins_are_found_with_their_reasons_and_told_apart(
    desks: Offices, town: Town
) -> None:
    one = await move_in(desks, town.home, "李小明", "13500000001")
    two = await move_in(desks, town.home, "李晓明", None)
    three = await move_in(desks, town.home, "李大明", None)
    async with desks.as_account(town.accounts["shequ"]) as work:
        assert await look_for_twins(work) == 1
        assert await look_for_twins(work) == 0
        page = await list_twins(work, CIPHER)
        [twin] = page.rows
        assert {twin.left.id, twin.right.id} == {one, two}
        assert twin.reasons == (TwinReason.SOUND_HOME,)
        await tell_apart(work, CIPHER, twin.id)
        assert (await list_twins(work, CIPHER)).total == 0
        with pytest.raises(IllegalMove):
            await tell_apart(work, CIPHER, twin.id)
        # A clerk may still find out that they are one person after all.
        await merge_people(work, CIPHER, kept_id=one, gone_id=two, reason=WHY)
        [merged] = (await list_twins(work, CIPHER, state=TwinState.MERGED)).rows
        assert merged.merge_id is not None
        assert three not in {merged.left.id, merged.right.id}


async def test_what_cannot_be_one_person_is_not_merged(desks: Offices, town: Town) -> None:
    one = await move_in(desks, town.home, "赵甲", id_number=new_id_number())
    two = await move_in(desks, town.home, "赵甲", id_number=new_id_number())
    three = await move_in(desks, town.home, "赵甲", None)
    four = await move_in(desks, town.home, "赵甲", None)
    async with desks.machine.work() as work:
        with pytest.raises(TwoNumbers):
            await merge_people(work, CIPHER, kept_id=one, gone_id=two, reason=WHY)
        with pytest.raises(SamePerson):
            await merge_people(work, CIPHER, kept_id=one, gone_id=one, reason=WHY)
        first = await merge_people(work, CIPHER, kept_id=three, gone_id=four, reason=WHY)
        await merge_people(work, CIPHER, kept_id=one, gone_id=three, reason=WHY)
        with pytest.raises(MovedOn):
            await undo_merge(work, CIPHER, first.id)
    async with desks.as_account(town.accounts["wangge"]) as work:
        with pytest.raises(Forbidden):
            await merge_people(work, CIPHER, kept_id=one, gone_id=two, reason=WHY)


async def test_a_correction_waits_for_a_clerk_and_keeps_the_former_version(
    desks: Offices, town: Town
) -> None:
    person = await move_in(desks, town.home, "冯更正", "13400000001")
    async with desks.as_account(town.accounts["wangge"]) as work:
        asked = await ask_correction(
            work,
            CIPHER,
            CorrectionDraft(
                person_id=person,
                field=PersonField.PHONE,
                value="134 0000 0002",
                words="本人当面提出",
                asked_by=AskedBy.PERSON,
            ),
        )
        with pytest.raises(Forbidden):
            await decide_correction(
                work, CIPHER, asked, accept=True, decision="", expected_version=1
            )
        with pytest.raises(Forbidden):
            await look_at_correction(work, CIPHER, asked, reason="想看看说明")
    async with desks.as_account(town.accounts["shequ"]) as work:
        with pytest.raises(ReasonNeeded):
            await look_at_correction(work, CIPHER, asked, reason=" ")
        shown = await look_at_correction(work, CIPHER, asked, reason="核对更正申请")
        assert shown == "手机号：13400000002；本人当面提出"
        looks, _ = await looks_at(work, frozenset({person}), most=5)
        assert [(one.what, one.reason) for one in looks] == [(What.NOTES, "核对更正申请")]
        waiting = await list_corrections(work, CIPHER, person_id=person)
        assert [one.value for one in waiting.rows] == ["134****0002"]
        with pytest.raises(StaleVersion):
            await decide_correction(
                work, CIPHER, asked, accept=True, decision="", expected_version=7
            )
        done = await decide_correction(
            work, CIPHER, asked, accept=True, decision="已核对", expected_version=1
        )
        assert done.state is CorrectionState.ACCEPTED
        told = await versions_of_person(work, person)
        assert told[0].source.kind is SourceKind.SELF
        assert (await reveal(work, CIPHER, person, reason="核对更正结果")).phone == "13400000002"
        with pytest.raises(IllegalMove):
            await decide_correction(
                work, CIPHER, asked, accept=False, decision="重复", expected_version=2
            )


async def test_keys_of_an_older_form_are_written_anew(desks: Offices, town: Town) -> None:
    person = await move_in(desks, town.home, "卫旧键")
    async with desks.machine.work() as work:
        for statement in (
            "DELETE FROM directory_person_search WHERE person_id = :id",
            "UPDATE directory_person SET search_version = 0 WHERE id = :id",
        ):
            await work.connection.execute(text(statement), {"id": person})
        assert (await find_people(work, CIPHER, PeopleSearch(words="卫旧键"))).total == 0
        await index_some(work)
        assert (await find_people(work, CIPHER, PeopleSearch(words="weijiujian"))).total == 1


async def test_lists_are_ordered_by_address_as_people_count_and_read_to_the_end(
    desks: Offices, town: Town
) -> None:
    home = await home_in(desks, town.estates[1].id)
    people = [await move_in(desks, home, f"郑{one}") for one in "一二三四五"]
    async with desks.as_account(town.accounts["jiedao"]) as work:
        await change_person(
            work, CIPHER, people[0], PersonChange(birth_date=date(1950, 1, 1), tags=(Tag.ELDER,))
        )
        search = PeopleSearch(estate_id=town.estates[1].id, words="zh")
        seen: list[UUID] = []
        after = None
        while True:
            page = await find_people(work, CIPHER, search, most=2, after=after)
            seen += [row.id for row in page.rows]
            after = page.after
            if after is None:
                break
        assert sorted(seen) == sorted(people)
        # Asked one by one or together, the estates answer the same.
        plan = store.Plan([one.id for one in town.estates], (merged(meaning("zh").ranges),))
        together = replace(plan, together=True)
        for after in (None, people[2]):
            both = [
                await store.listed(work.connection, one, most=3, limit=9, after=after)
                for one in (plan, together)
            ]
            assert both[0] == both[1]
        elders = await find_people(
            work, CIPHER, PeopleSearch(words="郑", tag=Tag.ELDER, relation=Relation.OWNER)
        )
        assert [row.id for row in elders.rows] == [people[0]]


async def test_two_words_that_many_answer_to_and_few_together_find_those_few(
    desks: Offices, town: Town
) -> None:
    def named(name: str, *tags: Tag) -> list[PersonEntry]:
        return [PersonEntry(name=f"{name}{at}", code=f"{name}{at}", tags=tags) for at in range(320)]

    elders = [PersonEntry(name=f"严九{at}", code=f"严九{at}", tags=(Tag.ELDER,)) for at in range(5)]
    async with desks.machine.work() as work:
        await enter_people(
            work,
            CIPHER,
            [*named("安老", Tag.ELDER), *elders, *named("严小")],
            FILE,
            town.estates[0].id,
        )
    async with desks.as_account(town.accounts["jiedao"]) as work:
        search = PeopleSearch(words="yan", tag=Tag.ELDER)
        seen: list[UUID] = []
        after = None
        while page := await find_people(work, CIPHER, search, most=2, after=after):
            assert (page.total, page.more) == (5, False)
            seen += [row.id for row in page.rows]
            after = page.after
            if after is None:
                break
        assert len(seen) == len(set(seen)) == 5
        ranges = merged(meaning("yan").ranges), (group_range(Tag.ELDER.value, Order.NAME),)
        plan = store.Plan([one.id for one in town.estates], ranges)
        assert not await store.often_in_all(work.connection, plan)
        most_are = replace(plan, asked=(ranges[1], merged(meaning("an").ranges)))
        assert await store.often_in_all(work.connection, most_are)
        # However the sets are read, the same people come in the same order.
        for one in (plan, most_are):
            for after in (None, seen[1]):
                ways = [
                    await store.listed(work.connection, way, most=7, limit=400, after=after)
                    for way in (
                        one,
                        replace(one, whole=True),
                        replace(one, whole=True, together=True),
                    )
                ]
                assert ways[0] == ways[1] == ways[2]


async def test_those_of_one_surname_stand_together(desks: Offices, town: Town) -> None:
    home = await home_in(desks, town.estates[1].id)
    names = {
        await move_in(desks, home, name, tags=(Tag.ELDER,)): name
        for name in ("程晨", "陈国", "陈安", "程远", "常青")
    }
    async with desks.as_account(town.accounts["jiedao"]) as work:
        for asked in (PeopleSearch(), PeopleSearch(tag=Tag.ELDER)):
            page = await find_people(work, CIPHER, replace(asked, estate_id=town.estates[1].id))
            listed = [names[row.id] for row in page.rows if row.id in names]
            assert listed == ["常青", "陈安", "陈国", "程晨", "程远"]
        for words in ("chenguo", "chen", "guo", "cg"):
            page = await find_people(work, CIPHER, PeopleSearch(words=words))
            assert "陈国" in [names.get(row.id) for row in page.rows]
