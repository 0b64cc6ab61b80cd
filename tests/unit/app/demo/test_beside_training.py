"""A demo has a training county too: what concerns the demo never takes the one for the other."""

from collections.abc import AsyncGenerator

import pytest
from tests.support.demo import CIPHER, SeededDatabase
from tests.unit.directory.town import database_beside
from tests.unit.responding.office import Office, office_on

from linli.app.demo.county import invent
from linli.app.demo.county.contracts import Measure
from linli.app.demo.county.founding import found_missing
from linli.app.demo.forwarding import played_devices
from linli.app.demo.playing import simulator_of
from linli.app.demo.training import ACCOUNTS, Entrance, seed_training
from linli.app.engine.roles import DatabaseUrls
from linli.directory.identity.public import HashCost, Passwords
from linli.directory.organisation.public import all_organisations
from linli.directory.places.public import all_estates


@pytest.fixture
async def office(database: DatabaseUrls, morning: SeededDatabase) -> AsyncGenerator[Office]:
    async with database_beside(database, morning.template) as urls, office_on(urls) as office:
        async with office.machine.work() as work:
            entrance = Entrance({one.login: "a known one" for one in ACCOUNTS}, must_change=True)
            await seed_training(work, CIPHER, Passwords(HashCost(8, 1)), entrance)
        rows = await office.rows("SELECT login, id, display_name FROM directory_account")
        office.accounts = {login: (account_id, name) for login, account_id, name in rows}
        yield office


async def test_the_demos_simulator_is_that_of_the_demos_estate(office: Office) -> None:
    async with office.machine.work() as work:
        estates = {one.id: one.code for one in await all_estates(work)}
        assert set(estates.values()) == {"YG", "LX"}
        assert estates[(await simulator_of(work)).estate_id] == "YG"
    async with office.as_("lx-jiedao") as work:
        assert estates[(await simulator_of(work)).estate_id] == "LX"


async def test_the_full_county_stands_in_the_real_one(office: Office) -> None:
    [plan, *_] = invent.estates(Measure())
    async with office.machine.work() as work:
        await found_missing(work, CIPHER, [plan])
        organisations = {one.id: one for one in await all_organisations(work)}
        founded = next(one for one in await all_estates(work) if one.code == plan.code)
    community = organisations[founded.community_id]
    assert not community.training
    assert organisations[community.path[0]].title == "示范县"


def test_time_goes_by_for_what_is_played_in_training_too() -> None:
    assert {"lx-1-301-sos", "yg-3-lift3-cam", "simulator"} <= played_devices()
