"""Every look is on record for the person and the data officer; too much looking is noticed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tests.unit.directory.browser import application, browser, signed_in
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.people.contracts import PersonDraft, Relation
from linli.directory.people.public import register_person, reveal
from linli.kernel.scope import MACHINE
from linli.scenes.looking import http as looking
from linli.scenes.looking.contracts import Oddity
from linli.scenes.looking.policy import (
    MANY_PERSONS,
    MANY_WITHIN,
    NIGHT_PERSONS,
    night_of,
    unusual,
)
from linli.scenes.looking.service import look_for_unusual
from linli.support.looks import http as looks
from linli.support.looks.contracts import PersonSeen

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
CLERK, OTHER, ESTATE = UUID(int=1), UUID(int=2), UUID(int=3)


def read(
    persons: int, begins: datetime, every: timedelta, account: UUID = CLERK
) -> list[PersonSeen]:
    return [
        PersonSeen(account, UUID(int=1000 + n), ESTATE, begins + n * every) for n in range(persons)
    ]


def test_a_busy_day_is_not_unusual_but_a_trawl_is() -> None:
    assert unusual(read(80, NOON, timedelta(minutes=5))) == ()
    found = unusual(read(80, NOON, timedelta(seconds=20)))
    assert [(one.oddity, one.persons) for one in found] == [(Oddity.MANY, 80)]


def test_the_same_person_again_and_again_is_one_person() -> None:
    looks = [
        PersonSeen(CLERK, UUID(int=9), ESTATE, NOON + timedelta(seconds=n)) for n in range(200)
    ]
    assert unusual(looks) == ()


def test_at_night_less_is_unusual_and_the_night_belongs_to_its_evening() -> None:
    found = unusual(read(NIGHT_PERSONS, NIGHT, timedelta(minutes=12)))
    assert [one.oddity for one in found] == [Oddity.NIGHT]
    assert found[0].day.isoformat() == "2026-11-23"
    assert unusual(read(NIGHT_PERSONS - 1, NIGHT, timedelta(minutes=12))) == ()
    assert night_of(datetime(2026, 11, 23, 21, 59, tzinfo=UTC)) is not None
    assert night_of(datetime(2026, 11, 23, 22, 0, tzinfo=UTC)) is None


def a_look(person: int, minute: int) -> PersonSeen:
    return PersonSeen(CLERK, UUID(int=person), ESTATE, NOON + timedelta(minutes=minute))


SEEN = st.builds(a_look, st.integers(1, 60), st.integers(0, 100))


@settings(max_examples=40)
@given(st.lists(SEEN, max_size=150))
def test_a_window_is_found_exactly_when_there_is_one(seen: list[PersonSeen]) -> None:
    ordered = sorted(seen, key=lambda one: one.at)

    def fullest(account: UUID) -> int:
        its = [one for one in ordered if one.account_id == account]
        return max(
            (len({b.person_id for b in its if a.at - MANY_WITHIN <= b.at <= a.at}) for a in its),
            default=0,
        )

    found = {one.account_id: one.persons for one in unusual(ordered) if one.oddity is Oddity.MANY}
    wanted = {
        account: fullest(account)
        for account in {one.account_id for one in ordered}
        if fullest(account) >= MANY_PERSONS
    }
    assert found == wanted


def office(desks: Offices) -> FastAPI:
    app = application(desks)
    app.include_router(looks.api)
    app.include_router(looking.api)
    return app


async def residents(desks: Offices, town: Town, count: int) -> Sequence[UUID]:
    async with desks.machine.work(actor=MACHINE) as work:
        return [
            await register_person(
                work,
                CIPHER,
                PersonDraft(
                    home_id=town.home,
                    name=f"住户{n}",
                    relation=Relation.OWNER,
                    valid_from=desks.clock.now(),
                ),
            )
            for n in range(count)
        ]


async def test_who_looked_is_told_with_the_reason(desks: Offices, town: Town) -> None:
    (person,) = await residents(desks, town, 1)
    app = office(desks)
    async with browser(app, f"desk {town.tag}") as clerk:
        await clerk.sign_in(town.login("shequ"))
        answer = await clerk.post(f"/api/people/{person}/reveal", {"reason": "核对独居老人电话"})
        assert answer.status_code == 200, answer.text
        assert (await clerk.get("/api/looks")).status_code == 403
        assert (await clerk.get(f"/api/people/{person}/looks")).status_code == 403
    async with browser(app, f"county {town.tag}") as officer:
        await officer.sign_in(town.login("xian"))
        listed = (await officer.get("/api/looks")).json()
        assert listed["total"] == 1
        entry = listed["items"][0]
        assert (entry["what"], entry["reason"]) == ("details", "核对独居老人电话")
        assert entry["person_id"] == str(person)
        assert entry["subject_title"] == "住*0"
        told = (await officer.get(f"/api/people/{person}/looks")).json()
        assert told["total"] == 1
        assert told["items"][0]["reason"] == "核对独居老人电话"
        by = (await officer.get("/api/looks/lookers")).json()
        assert [(one["looks"], one["persons"]) for one in by] == [(1, 1)]


async def test_a_trawl_opens_one_incident_at_the_county(desks: Offices, town: Town) -> None:
    people = await residents(desks, town, MANY_PERSONS)
    async with desks.as_account(town.accounts["shequ"]) as work:
        for person in people:
            await reveal(work, CIPHER, person, reason="查一查看看")
    async with desks.machine.work(actor=MACHINE) as work:
        assert await look_for_unusual(work) >= 1
    async with desks.machine.work(actor=MACHINE) as work:
        assert await look_for_unusual(work) == 0
        row = (
            await work.connection.execute(
                text(
                    "SELECT level, line, owner_id FROM responding_incident"
                    " WHERE estate_id = :estate"
                ),
                {"estate": town.estates[0].id},
            )
        ).one()
    assert row.level == "county"
    assert f"{MANY_PERSONS} 人" in row.line
    assert "shequ" not in row.line
    async with browser(office(desks), f"county {town.tag}") as officer:
        await officer.sign_in(town.login("xian"))
        found = (await officer.get("/api/looks/unusual")).json()
        assert [(one["oddity"], one["persons"]) for one in found] == [("many", MANY_PERSONS)]
        assert found[0]["incident_id"] is not None
    async with signed_in(desks, town, "wuye") as stranger:
        assert (await stranger.get("/api/accounts")).status_code == 403


async def test_nobody_writes_or_changes_a_look_in_anothers_name(desks: Offices, town: Town) -> None:
    (person,) = await residents(desks, town, 1)
    async with desks.as_account(town.accounts["shequ"]) as work:
        await reveal(work, CIPHER, person, reason="看一次电话")
        allowed = await work.connection.scalar(
            text(
                "SELECT has_table_privilege('linli_app', 'support_look', 'UPDATE')"
                " OR has_table_privilege('linli_app', 'support_look', 'DELETE')"
            )
        )
        assert allowed is False
