"""The demo's county is entered: found, counted, and each level sees its own."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from linli.app.assemble import figures
from linli.app.demo.county import asking, invent, living, store
from linli.app.demo.county.contracts import County, CountyState, Measure, Shape
from linli.app.demo.county.load import Loader
from linli.app.demo.county.policy import AlreadyThere
from linli.app.demo.county.telling import follow
from linli.app.engine.roles import DatabaseUrls
from linli.app.problems import Problem
from linli.directory.identity.public import resolve_scope
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import off as modules_off
from linli.directory.people.contracts import PeopleSearch
from linli.directory.people.public import find_people
from linli.directory.places.public import all_estates
from linli.kernel.database import engine_for
from linli.kernel.scope import Actor
from linli.kernel.time import SystemClock
from linli.kernel.work import Workshop
from linli.responding.dispatch.store import of_subjects
from linli.responding.incidents.contracts import ACTIVE_STATES, IncidentState, StepDraft
from linli.responding.incidents.policy import step_hash
from linli.responding.incidents.store import IncidentQuery, listed, story
from linli.sensing.devices.public import sign_in
from linli.sensing.devices.service import fall_silent
from linli.support.sealing.contracts import Keys
from linli.support.sealing.public import AesGcmCipher
from linli_simulator.registration import read_estate

KEYS = Keys.of(bytes(32))
CIPHER = AesGcmCipher(KEYS)
SMALL = Measure(
    estates=3, residents=100, cared=20, devices=85, incidents=30, shapes=(Shape(2, 8, 1, 3),)
)


def threads() -> Executor:
    """What processes do in a worker; threads begin at once."""
    return ThreadPoolExecutor(1)


@pytest.fixture
async def loader(today_database: DatabaseUrls, tmp_path: Path) -> AsyncGenerator[Loader]:
    engine = engine_for(today_database.gateway, connections=4)
    workshop = Workshop(engine, SystemClock())
    yield Loader(
        workshop, today_database.gateway, KEYS, figures(), tmp_path, SMALL, executor=threads
    )
    await engine.dispose()


def test_the_full_county_has_its_communities_estates_and_people() -> None:
    full = invent.estates(Measure())
    assert len({one.community for one in full}) + 1 == 24
    assert len({one.street for one in full}) == 6
    assert len({one.code for one in full}) + 1 == len({one.title for one in full}) + 1 == 60
    assert len({one.company for one in full}) + 1 == 8
    assert Measure().whole["residents"] > 300_000
    assert Measure().whole["key_people"] > 61_000
    assert Measure().whole["devices"] > 5_000
    assert Measure().whole["incidents"] > 100_000


def test_a_whole_estate_has_as_many_people_as_were_asked_for() -> None:
    def all_of() -> tuple[living.Resident, ...]:
        chance = Random(1)  # noqa: S311 (inventions)
        return living.residents(1, 1_944, Measure(), date(2026, 11, 23), chance)

    everybody = all_of()
    assert everybody == all_of()
    assert len(everybody) == Measure().residents
    assert sum(one.category is not None for one in everybody) == Measure().cared
    phones = [one.phone for one in everybody if one.phone]
    assert len(phones) == len(set(phones))
    assert {len(phone) for phone in phones} == {11}
    assert {one.home for one in everybody} <= set(range(1_944))


async def loaded(loader: Loader) -> County:
    async with loader.workshop.work() as work:
        await asking.ask(work)
    await loader.load()
    async with loader.workshop.work() as work:
        return await store.read(work.connection)


async def test_each_level_finds_everybody_of_its_own(
    loader: Loader, today_database: DatabaseUrls
) -> None:
    county = await loaded(loader)
    assert county.state is CountyState.DONE
    assert county.progress == 1
    planned = SMALL.whole
    assert {name: county.counts[name] for name in planned} == planned

    async with loader.workshop.work() as work:
        new = [one for one in await all_estates(work) if one.code.startswith("XZ")]
        assert [one.module for one in await modules_off(work)] == [Module.CHARGING]
        logins = await work.connection.execute(
            text("SELECT login, id, display_name FROM directory_account")
        )
        accounts = {login: (one, name) for login, one, name in logins}
        rows = await work.connection.execute(
            text(
                "SELECT e.code, p.code, p.name, p.id FROM directory_person p"
                " JOIN directory_estate e ON e.id = p.estate_id WHERE e.code LIKE 'XZ%'"
            )
        )
        people = rows.all()
        counted = await work.connection.scalar(
            text(
                "SELECT sum(total) FROM screens_cockpit_count c JOIN directory_estate e"
                " ON e.id = c.estate_id WHERE e.code LIKE 'XZ%' AND figure = 'people.residents'"
            )
        )
        scopes = {name: await resolve_scope(work, accounts[name][0]) for name in ("xian", "shequ")}
    assert (len(new), len(people), counted) == (3, 300, 300)

    engine = engine_for(today_database.app, connections=1)
    seen = Workshop(engine, SystemClock())
    try:
        for login, scope in scopes.items():
            actor = Actor("person", accounts[login][1], accounts[login][0])
            async with seen.work(actor=actor, scope=scope) as work:
                for _, _, name, person_id in people[::9]:
                    page = await find_people(work, CIPHER, PeopleSearch(words=name))
                    found = {row.id for row in page.rows}
                    assert (person_id in found) is (login == "xian")
    finally:
        await engine.dispose()


async def test_every_story_holds_and_says_how_it_ended(loader: Loader) -> None:
    await loaded(loader)
    async with loader.workshop.work() as work:
        new = [one.id for one in await all_estates(work) if one.code.startswith("XZ")]
        found = [
            one
            for estate_id in new
            for one in (await listed(work.connection, IncidentQuery(estate_id=estate_id))).incidents
        ]
        assert len(found) == 90
        orders = await of_subjects(work.connection, [one.id for one in found])
        for incident in found:
            chain, last = "", incident.opened_at
            for step in await story(work.connection, incident.id):
                said = StepDraft(
                    kind=step.kind,
                    title=step.title,
                    words=step.words,
                    evidence=step.evidence,
                    detail=step.detail,
                    actor_name=step.actor_name,
                    actor_kind=step.actor_kind,
                )
                chain = step_hash(chain, incident.id, step.seq, said, step.at)
                assert chain == step.hash
                assert last <= step.at <= work.now
                last = step.at
            assert chain == incident.chain
            assert (incident.ended_at is None) is (incident.state in ACTIVE_STATES)
            if incident.state is IncidentState.CLOSED:
                assert incident.ended_at == last
    assert {one.offer.subject_id for one in orders} == {
        one.id for one in found if one.state is IncidentState.CLOSED
    }


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


async def test_the_simulator_finds_what_is_online_of_every_estate(
    loader: Loader, tmp_path: Path
) -> None:
    await loaded(loader)
    files = files_in(tmp_path)
    found = [read_estate(file) for file in files]
    assert len(found) == SMALL.estates
    online = await _online(loader.workshop)
    for estate in found:
        [account] = estate.accounts.values()
        assert {one.connection for one in estate.devices} == {account.username}
        assert all(one.calm for one in estate.devices)
        async with loader.workshop.work() as work:
            assert await sign_in(work, account.username, account.token) is not None
    assert sum(one.is_child for estate in found for one in estate.devices) == online
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


async def test_its_devices_are_there_still_after_a_stop(loader: Loader) -> None:
    await loaded(loader)
    later = replace(loader.workshop, clock=Later())
    before = await _online(loader.workshop)
    assert before > 200
    await replace(loader, workshop=later).talk()
    async with later.work() as work:
        await fall_silent(work)
    # Those of the small demo have nobody to speak for them here.
    assert await _online(loader.workshop) == before


class Later:
    """An hour from now."""

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(hours=1)


async def _online(workshop: Workshop) -> int:
    async with workshop.work() as work:
        return int(
            await work.connection.scalar(
                text(
                    "SELECT count(*) FROM sensing_device d JOIN directory_estate e"
                    " ON e.id = d.estate_id WHERE e.code LIKE 'XZ%' AND d.state = 'online'"
                )
            )
            or 0
        )


async def test_a_broken_off_load_goes_on_with_the_next_estate(loader: Loader) -> None:
    first = replace(loader, measure=replace(SMALL, estates=1))
    assert (await loaded(first)).state is CountyState.DONE
    async with loader.workshop.work() as work:
        with pytest.raises(AlreadyThere):
            await asking.ask(work)
        before = await store.read(work.connection)
        await store.write(work.connection, replace(before, state=CountyState.LOADING))
    await loader.load()
    async with loader.workshop.work() as work:
        county = await store.read(work.connection)
    assert (county.state, county.at, county.of) == (CountyState.DONE, 3, 3)
    assert county.counts["estates"] == 3


async def test_the_command_line_is_told_estate_by_estate(loader: Loader) -> None:
    one = replace(loader, measure=replace(SMALL, estates=1))
    said: list[str] = []
    ended, _ = await asyncio.gather(follow(loader.workshop, said.append), one.step())
    assert ended.state is CountyState.DONE
    assert said == ["已载入 / loaded  桂花苑（1/1）"]
    with pytest.raises(Problem):
        await follow(loader.workshop, said.append)


async def test_a_cancelled_load_says_so_and_can_go_on(loader: Loader) -> None:
    async with loader.workshop.work() as work:
        await asking.ask(work)
        assert (await asking.cancel(work)).cancelled
    await loader.load()
    async with loader.workshop.work() as work:
        county = await store.read(work.connection)
    assert (county.state, county.counts) == (CountyState.CANCELLED, {})
    assert (await loaded(loader)).state is CountyState.DONE
