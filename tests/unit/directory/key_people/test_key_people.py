"""Key people: on a basis, masked by role, visited by plan, and away when they say so."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from tests.unit.directory.people.test_people import home_in, move_in
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.key_people import service
from linli.directory.key_people.contracts import (
    Basis,
    Carer,
    Due,
    EntryState,
    Finding,
    KeyDraft,
    KeyPerson,
    KeySearch,
    Outcome,
    Position,
    Risk,
    ToldBy,
    VisitDraft,
    VisitSearch,
)
from linli.directory.key_people.policy import NoSuchCategory, WordsNeeded
from linli.directory.key_people.service import AbsenceDraft
from linli.directory.people.contracts import PersonEntry
from linli.directory.people.public import enter_people
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.support.looks.contracts import ReasonNeeded, What
from linli.support.looks.public import looks_at

REASON = "老人按了呼叫器，需要联系家属"
LIST = Source(SourceKind.IMPORT, "重点人员台账.xlsx")


async def enrolled(desks: Offices, town: Town, name: str = "王秀兰", **more: object) -> KeyPerson:
    """A person in the first estate's register, entered by the community's clerk."""
    person_id = await move_in(desks, town.home, name)
    said: dict[str, object] = {"category": "elder_alone", "basis": Basis.SEPARATE_CONSENT, **more}
    async with desks.as_account(town.accounts["shequ"]) as work:
        return await service.enter(work, CIPHER, KeyDraft(person_id=person_id, **said))  # type: ignore[arg-type]


def visit_of(desks: Offices, key: KeyPerson, **more: object) -> VisitDraft:
    said: dict[str, object] = {
        "id": uuid4(),
        "key_person_id": key.id,
        "visited_at": desks.clock.now(),
        "outcome": Outcome.MET,
        "findings": (Finding.WELL,),
        "words": "精神很好",
        **more,
    }
    return VisitDraft(**said)  # type: ignore[arg-type]


async def seen(desks: Offices, town: Town, login: str, search: KeySearch) -> list[UUID]:
    async with desks.as_account(town.accounts[login]) as work:
        return [one.id for one in (await service.find(work, CIPHER, search)).rows]


async def test_a_record_states_its_basis_and_takes_the_usual_plan(
    desks: Offices, town: Town
) -> None:
    key = await enrolled(desks, town)
    assert key.every_days == 7
    assert key.risk is Risk.MEDIUM
    async with desks.as_account(town.accounts["shequ"]) as work:
        record = await service.read(work, CIPHER, key.id)
    (entry,) = record.entries
    assert entry.basis is Basis.SEPARATE_CONSENT
    assert entry.review_on > entry.since
    assert [one.change for one in record.story] == ["entered"]


async def test_an_unknown_category_is_named_at_its_field(desks: Offices, town: Town) -> None:
    person_id = await move_in(desks, town.home, "李建国")
    async with desks.as_account(town.accounts["shequ"]) as work:
        with pytest.raises(BadInput) as refused:
            await service.enter(
                work,
                CIPHER,
                KeyDraft(person_id=person_id, category="rich", basis=Basis.STATUTORY_DUTY),
            )
    assert refused.value.field == "category"
    assert refused.value.message == NoSuchCategory.text


async def test_only_the_clerk_enters_and_only_in_their_own_estate(
    desks: Offices, town: Town
) -> None:
    key = await enrolled(desks, town)
    for login in ("wangge", "jiedao"):
        async with desks.as_account(town.accounts[login]) as work:
            with pytest.raises(Forbidden):
                await service.end_entry(work, CIPHER, key.id, uuid4(), reason="已经搬走了")
    for login in ("wuye", "weixiu", "admin"):
        assert key.id not in await seen(desks, town, login, KeySearch())
        async with desks.as_account(town.accounts[login]) as work:
            with pytest.raises(NotFound):
                await service.read(work, CIPHER, key.id)
    for login in ("shequ", "wangge", "jiedao", "xian"):
        assert key.id in await seen(desks, town, login, KeySearch())


async def test_each_role_sees_as_much_as_it_needs(desks: Offices, town: Town) -> None:
    key = await enrolled(desks, town)
    async with desks.as_account(town.accounts["shequ"]) as work:
        await service.set_carers(work, CIPHER, key.id, [Carer("王小丽", "女儿", "139 8765 4321")])
        await service.set_door(work, CIPHER, key.id, "密码 2580，钥匙在物业")
        await service.note_medical(
            work, CIPHER, key.id, words="高血压，每天服药", consent_words="本人签字同意"
        )
    for login in ("shequ", "wangge", "xian"):
        async with desks.as_account(town.accounts[login]) as work:
            masked = await service.read(work, CIPHER, key.id)
            assert masked.masked
            assert masked.person.name == "王*兰"
            assert masked.secrets.carers == (Carer("王*丽", "女儿", "139****4321"),)
            assert (masked.secrets.door, masked.secrets.medical) == ("", None)
            # Not even the words of the history give the notes away.
            assert not any("2580" in one.words or "血压" in one.words for one in masked.story)
    async with desks.as_account(town.accounts["wangge"]) as work:
        with pytest.raises(Forbidden):
            await service.look(work, CIPHER, key.id, reason=REASON)
        with pytest.raises(Forbidden):
            await service.note_medical(
                work, CIPHER, key.id, words="…", consent_words="本人签字同意"
            )
        rows = await work.connection.scalar(text("SELECT count(*) FROM directory_key_medical"))
        assert rows == 0
    async with desks.as_account(town.accounts["shequ"]) as work:
        with pytest.raises(ReasonNeeded):
            await service.look(work, CIPHER, key.id, reason="  ")
        full = await service.look(work, CIPHER, key.id, reason=REASON)
    assert full.person.name == "王秀兰"
    assert full.secrets.carers[0].phone == "13987654321"
    assert full.secrets.door.startswith("密码 2580")
    assert full.secrets.medical == "高血压，每天服药"
    async with desks.machine.work() as work:
        noted = await work.connection.scalar(
            text(
                "SELECT reason FROM support_audit_entry"
                " WHERE action = 'key_person_seen' AND subject_id = :id"
            ),
            {"id": key.id},
        )
    assert noted == REASON


async def test_nothing_lies_open_in_the_database(desks: Offices, town: Town) -> None:
    key = await enrolled(desks, town)
    async with desks.as_account(town.accounts["shequ"]) as work:
        await service.set_door(work, CIPHER, key.id, "密码 2580")
        await service.note_medical(
            work, CIPHER, key.id, words="糖尿病", consent_words="本人签字同意"
        )
        await service.record_visit(work, CIPHER, visit_of(desks, key, words="血糖偏高，已提醒复诊"))
    async with desks.machine.work() as work:
        for table in ("key_person", "key_medical", "key_visit", "key_story"):
            rows = await work.connection.scalars(
                text(f"SELECT to_jsonb(t)::text FROM directory_{table} AS t")  # noqa: S608
            )
            assert not any("密码" in row or "糖" in row for row in rows)


async def test_a_visit_counts_once_however_often_the_phone_sends_it(
    desks: Offices, town: Town
) -> None:
    key = await enrolled(desks, town)
    draft = visit_of(desks, key, position=Position(30.5, 104.0, 12.0))
    for _ in range(3):
        async with desks.as_account(town.accounts["wangge"]) as work:
            visit = await service.record_visit(work, CIPHER, draft)
            assert visit.id == draft.id
    async with desks.as_account(town.accounts["shequ"]) as work:
        record = await service.read(work, CIPHER, key.id)
    assert [one.id for one in record.visits] == [draft.id]
    assert record.key.next_visit_on == (desks.clock.now() + timedelta(days=7, hours=8)).date()
    assert sorted(one.change for one in record.story) == ["entered", "visited"]


async def test_a_visit_written_offline_keeps_its_own_time_and_order(
    desks: Offices, town: Town
) -> None:
    key = await enrolled(desks, town)
    early = visit_of(desks, key, visited_at=desks.clock.now() - timedelta(days=3))
    async with desks.as_account(town.accounts["wangge"]) as work:
        await service.record_visit(work, CIPHER, visit_of(desks, key))
        late = await service.record_visit(work, CIPHER, early)
    assert late.received_at - late.visited_at == timedelta(days=3)
    async with desks.as_account(town.accounts["shequ"]) as work:
        record = await service.read(work, CIPHER, key.id)
    # The visit that arrived last was not the last one: the plan runs from the newer.
    assert record.key.last_visit_at == desks.clock.now()


async def test_the_log_of_visits_shows_each_once_to_who_may_see_them(
    desks: Offices, town: Town
) -> None:
    key = await enrolled(desks, town)
    now = desks.clock.now()
    old = visit_of(desks, key, visited_at=now - timedelta(days=3), outcome=Outcome.NOT_HOME)
    new = visit_of(desks, key)
    for draft in (new, old, old):
        async with desks.as_account(town.accounts["wangge"]) as work:
            await service.record_visit(work, CIPHER, draft)
    search = VisitSearch(
        since=now - timedelta(days=9),
        until=now + timedelta(days=1),
        visitor_id=town.accounts["wangge"],
    )
    ours = {old.id, new.id}
    async with desks.as_account(town.accounts["shequ"]) as work:
        lines, total = await service.visit_lines(work, search, most=50, skip=0)
        assert [one.id for one in lines if one.id in ours] == [new.id, old.id]
        assert total == len(lines)
        page, _ = await service.visit_lines(work, search, most=1, skip=total - 1)
        assert [one.id for one in page] == [lines[-1].id]
        away = replace(search, outcome=Outcome.NOT_HOME, until=now)
        lines, _ = await service.visit_lines(work, away, most=50, skip=0)
        assert [one.id for one in lines if one.id in ours] == [old.id]
    for login in ("wuye", "weixiu", "admin"):
        async with desks.as_account(town.accounts[login]) as work:
            assert await service.visit_lines(work, search, most=50, skip=0) == ([], 0)


async def test_a_visit_cannot_lie_ahead_nor_be_made_by_those_who_may_not(
    desks: Offices, town: Town
) -> None:
    key = await enrolled(desks, town)
    ahead = visit_of(desks, key, visited_at=desks.clock.now() + timedelta(hours=1))
    async with desks.as_account(town.accounts["wangge"]) as work:
        with pytest.raises(BadInput):
            await service.record_visit(work, CIPHER, ahead)
        with pytest.raises(BadInput):
            await service.record_visit(work, CIPHER, visit_of(desks, key, problem=True, words=""))
    async with desks.as_account(town.accounts["xian"]) as work:
        with pytest.raises(Forbidden):
            await service.record_visit(work, CIPHER, visit_of(desks, key))


async def test_nobody_home_twice_raises_the_risk_and_does_not_meet_the_plan(
    desks: Offices, town: Town
) -> None:
    key = await enrolled(desks, town)
    for hours in (2, 1):
        made = visit_of(
            desks,
            key,
            visited_at=desks.clock.now() - timedelta(hours=hours),
            outcome=Outcome.NOT_HOME,
            findings=(),
        )
        async with desks.as_account(town.accounts["wangge"]) as work:
            await service.record_visit(work, CIPHER, made)
    async with desks.as_account(town.accounts["shequ"]) as work:
        after = (await service.read(work, CIPHER, key.id)).key
    assert after.risk is Risk.HIGH
    assert any("上门无人" in why for why in after.risk_reasons)
    assert after.next_visit_on == key.next_visit_on


async def test_a_risk_set_by_hand_stays_until_it_is_given_back(desks: Offices, town: Town) -> None:
    key = await enrolled(desks, town)
    async with desks.as_account(town.accounts["shequ"]) as work:
        with pytest.raises(WordsNeeded):
            await service.set_risk(work, CIPHER, key.id, risk=Risk.HIGH, reason="高")
        await service.set_risk(work, CIPHER, key.id, risk=Risk.HIGH, reason="刚出院需多关注")
        await service.record_visit(work, CIPHER, visit_of(desks, key))
        by_hand = (await service.read(work, CIPHER, key.id)).key
        await service.set_risk(work, CIPHER, key.id, risk=None, reason="恢复良好")
        ruled = (await service.read(work, CIPHER, key.id)).key
    assert (by_hand.risk, by_hand.risk_by_hand) == (Risk.HIGH, True)
    assert (ruled.risk, ruled.risk_by_hand) == (Risk.MEDIUM, False)


async def test_an_absence_rests_visits_and_the_rules_of_the_home(
    desks: Offices, town: Town
) -> None:
    key = await enrolled(desks, town)
    today = (desks.clock.now() + timedelta(hours=8)).date()
    away = AbsenceDraft(
        since=today, until=today + timedelta(days=9), whereto="去女儿家", told_by=ToldBy.CARER
    )
    async with desks.as_account(town.accounts["wangge"]) as work:
        await service.note_absence(work, CIPHER, key.id, away)
    assert key.id in await seen(desks, town, "shequ", KeySearch(due=Due.AWAY))
    assert key.id not in await seen(desks, town, "shequ", KeySearch(due=Due.TODAY))
    async with desks.machine.work() as work:
        assert await service.away_homes(work, [town.home]) == {town.home: away.until}
    async with desks.as_account(town.accounts["shequ"]) as work:
        record = await service.read(work, CIPHER, key.id)
        assert record.key.next_visit_on == away.until + timedelta(days=1)
        await service.end_absence(work, CIPHER, key.id, record.absences[0].id)
        with pytest.raises(NotFound):
            await service.end_absence(work, CIPHER, key.id, record.absences[0].id)
    desks.clock.move(timedelta(hours=1))
    async with desks.machine.work() as work:
        assert await service.away_homes(work, [town.home]) == {}
        # Twelve hours of a dry tap that began while the elder was away are no alarm.
        back = work.now - timedelta(hours=12)
        assert town.home in await service.away_homes(work, [town.home], back)
    assert key.id in await seen(desks, town, "shequ", KeySearch(due=Due.TODAY))


async def test_a_home_is_not_away_while_another_elder_is_there(desks: Offices, town: Town) -> None:
    gone = await enrolled(desks, town, "张德福")
    await enrolled(desks, town, "孙淑华")
    today = (desks.clock.now() + timedelta(hours=8)).date()
    away = AbsenceDraft(since=today, until=today, whereto="住院", told_by=ToldBy.CLERK)
    async with desks.as_account(town.accounts["shequ"]) as work:
        await service.note_absence(work, CIPHER, gone.id, away)
    async with desks.machine.work() as work:
        assert await service.away_homes(work, [town.home]) == {}


async def test_what_expires_leaves_the_lists_but_not_the_history(
    desks: Offices, town: Town
) -> None:
    today = (desks.clock.now() + timedelta(hours=8)).date()
    key = await enrolled(desks, town, expires_on=today + timedelta(days=30))
    desks.clock.move(timedelta(days=31))
    async with desks.machine.work() as work:
        assert await service.expire_some(work) >= 1
        assert await service.expire_some(work) == 0
    assert key.id not in await seen(desks, town, "shequ", KeySearch())
    assert key.id in await seen(desks, town, "shequ", KeySearch(due=Due.LEFT))
    async with desks.as_account(town.accounts["shequ"]) as work:
        record = await service.read(work, CIPHER, key.id)
        (entry,) = record.entries
        assert entry.state is EntryState.EXPIRED
        assert record.key.next_visit_on is None
        await service.renew_entry(
            work, CIPHER, key.id, entry.id, expires_on=None, words="入户核实仍独居"
        )
    assert key.id in await seen(desks, town, "shequ", KeySearch())


async def test_an_ended_category_needs_a_reason_and_ends_once(desks: Offices, town: Town) -> None:
    key = await enrolled(desks, town)
    async with desks.as_account(town.accounts["shequ"]) as work:
        (entry,) = (await service.read(work, CIPHER, key.id)).entries
        with pytest.raises(WordsNeeded):
            await service.end_entry(work, CIPHER, key.id, entry.id, reason="")
        await service.end_entry(work, CIPHER, key.id, entry.id, reason="已与子女同住")
        with pytest.raises(IllegalMove):
            await service.end_entry(work, CIPHER, key.id, entry.id, reason="已与子女同住")
    assert key.id not in await seen(desks, town, "wangge", KeySearch())


async def test_a_review_tells_the_clerks_once(desks: Offices, town: Town) -> None:
    await enrolled(desks, town)
    desks.clock.move(timedelta(days=366))
    async with desks.machine.work() as work:
        assert await service.tell_reviews(work) >= 1
        assert await service.tell_reviews(work) == 0
        told = await work.connection.scalar(
            text("SELECT count(*) FROM support_message WHERE account_id = :id"),
            {"id": town.accounts["shequ"]},
        )
    assert told == 1


async def test_a_list_entered_again_changes_nothing(desks: Offices, town: Town) -> None:
    estate = town.estates[0]
    async with desks.machine.work() as work:
        people = await enter_people(
            work,
            CIPHER,
            [PersonEntry(name=f"人员{n}", home_id=town.home, code=f"K{n}") for n in range(40)],
            LIST,
            estate.id,
        )
    drafts = [
        KeyDraft(person_id=people.ids[str(n)], category=code, basis=Basis.STATUTORY_DUTY)
        for n in range(40)
        for code in ("elder_80", "disabled")[: 1 + n % 2]
    ]
    async with desks.machine.work() as work:
        first = await service.enter_many(work, CIPHER, drafts, LIST, estate.id)
    async with desks.as_account(town.accounts["shequ"]) as work:
        key_id = first.ids[str(people.ids["0"])]
        (entry,) = (await service.read(work, CIPHER, key_id)).entries
        await service.end_entry(work, CIPHER, key_id, entry.id, reason="登记有误退出")
    desks.clock.move(timedelta(days=2))
    async with desks.machine.work() as work:
        again = await service.enter_many(work, CIPHER, drafts, LIST, estate.id)
    assert (first.created, first.updated, first.unchanged) == (60, 0, 0)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 60)
    # What a clerk ended by hand, an old list does not bring back.
    assert key_id not in await seen(desks, town, "shequ", KeySearch())
    assert len(await seen(desks, town, "shequ", KeySearch(category="disabled"))) == 20


async def test_search_finds_by_name_pinyin_and_address(desks: Offices, town: Town) -> None:
    key = await enrolled(desks, town, "欧阳秀英")
    other = await enrolled(desks, town, "郑国栋")
    for words in ("欧阳", "ouyang", "3-1-502 欧阳秀英"):
        found = await seen(desks, town, "wangge", KeySearch(words=words))
        assert key.id in found
        assert other.id not in found
    assert await seen(desks, town, "wangge", KeySearch(words="查无此人")) == []


async def test_rates_say_who_is_behind(desks: Offices, town: Town) -> None:
    key = await enrolled(desks, town)
    async with desks.as_account(town.accounts["shequ"]) as work:
        await service.plan(work, CIPHER, key.id, every_days=7, visitor_id=town.accounts["wangge"])
        with pytest.raises(BadInput):
            await service.plan(
                work, CIPHER, key.id, every_days=7, visitor_id=town.accounts["weixiu"]
            )
    async with desks.as_account(town.accounts["wangge"]) as work:
        await service.record_visit(work, CIPHER, visit_of(desks, key))
    desks.clock.move(timedelta(days=9))
    async with desks.as_account(town.accounts["shequ"]) as work:
        rates = {one.visitor_id: one for one in await service.rates(work)}
        mine = rates[town.accounts["wangge"]]
        assert (mine.people, mine.overdue, mine.visits, mine.met) == (1, 1, 1, 1)
        counts = await service.counts(work)
    assert counts[Due.OVERDUE] == 1
    assert key.id in await seen(
        desks, town, "wangge", KeySearch(due=Due.TODAY, visitor_id=town.accounts["wangge"])
    )


async def test_a_problem_is_taken_once(desks: Offices, town: Town) -> None:
    key = await enrolled(desks, town)
    draft = visit_of(desks, key, problem=True, words="灶台无人看管")
    async with desks.as_account(town.accounts["wangge"]) as work:
        await service.record_visit(work, CIPHER, draft)
    assert await desks.events("visit_found_problem") + await desks.events("VisitFoundProblem") >= 1
    async with desks.machine.work() as work:
        taken = await service.take_problem(work, draft.id)
        assert taken is not None
        assert (taken.home_id, taken.words) == (town.home, "灶台无人看管")
        assert await service.take_problem(work, draft.id) is None


async def test_the_register_follows_a_move(desks: Offices, town: Town) -> None:
    key = await enrolled(desks, town)
    other = await home_in(desks, town.estates[1].id)
    async with desks.machine.work() as work:
        await work.connection.execute(
            text("UPDATE directory_residence SET home_id = :home WHERE person_id = :id"),
            {"home": other, "id": key.person_id},
        )
        assert await service.follow_moves(work) >= 1
    async with desks.machine.work() as work:
        found = await service.read(work, CIPHER, key.id)
    assert found.key.home_id == other


async def test_what_was_noted_at_visits_is_for_who_goes_there_and_on_record(
    desks: Offices, town: Town
) -> None:
    key = await enrolled(desks, town)
    walker = town.accounts["wangge"]
    async with desks.as_account(town.accounts["shequ"]) as work:
        await service.plan(work, CIPHER, key.id, every_days=7, visitor_id=walker)
    async with desks.as_account(walker) as work:
        await service.record_visit(work, CIPHER, visit_of(desks, key, words="说腿疼，想换药"))
        seen_there = await service.read(work, CIPHER, key.id)
    assert [one.words for one in seen_there.visits] == ["说腿疼，想换药"]
    async with desks.as_account(town.accounts["shequ"]) as work:
        masked = await service.read(work, CIPHER, key.id)
        assert [one.words for one in masked.visits] == [None]
        full = await service.look(work, CIPHER, key.id, reason=REASON)
        assert [one.words for one in full.visits] == ["说腿疼，想换药"]
    async with desks.as_account(town.accounts["xian"]) as work:
        looks, _ = await looks_at(work, frozenset({key.person_id}), most=9)
    assert {(one.what, one.account_id, one.reason) for one in looks} >= {
        (What.NOTES, walker, service.VISITS_THERE),
        (What.NOTES, town.accounts["shequ"], REASON),
    }
