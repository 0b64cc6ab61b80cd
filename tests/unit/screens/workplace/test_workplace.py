"""Four levels look at one alarm, each from its own place."""

from collections.abc import AsyncGenerator

import pytest
from tests.unit.responding.office import Office, office_on

from linli.app.assemble import tallies
from linli.app.engine.roles import DatabaseUrls
from linli.kernel.errors import Forbidden, NotFound
from linli.responding.dispatch.contracts import OrderMove
from linli.screens.workplace.contracts import Level, Workplace
from linli.screens.workplace.public import listed, workplace

TALLIES = tallies()


@pytest.fixture
async def office(morning_database: DatabaseUrls) -> AsyncGenerator[Office]:
    """An office of its own for each story: what is counted is all there is."""
    async with office_on(morning_database) as office:
        yield office


def numbers(found: Workplace) -> dict[str, int]:
    return {line.code: line.total for line in found.lines}


async def test_an_alarm_shows_at_every_level_and_waits_where_it_is_held(office: Office) -> None:
    incident = await office.alarm()
    levels: dict[str, Level] = {}
    for login in ("xian", "jiedao", "shequ", "wuye", "wangge"):
        async with office.as_(login) as work:
            found = await workplace(work, TALLIES)
        levels[login] = found.ground.level
        assert numbers(found)["incidents.active"] == 1, login
        assert sum(part.totals["incidents.active"] for part in found.parts) == 1, login
        if "incidents.held" in numbers(found):
            held = numbers(found)["incidents.held"] == 1
            assert held == (incident.owner_id == found.ground.id), login
    assert levels == {
        "xian": Level.COUNTY,
        "jiedao": Level.STREET,
        "shequ": Level.COMMUNITY,
        "wuye": Level.COMPANY,
        "wangge": Level.COMMUNITY,
    }
    # The county walks down to the estate and finds the same number and the same incident.
    async with office.as_("xian") as work:
        at = None
        for _ in range(4):
            found = await workplace(work, TALLIES, at)
            assert numbers(found)["incidents.active"] == 1
            rows, total = await listed(work, TALLIES, "incidents.active", at)
            assert (total, rows[0].opens) == (1, f"/incidents/{incident.id}")
            at = found.parts[0].ground.id if found.parts else None
        assert found.ground.id == office.estate_id
        assert [one.level for one in found.above] == [
            Level.COUNTY,
            Level.STREET,
            Level.COMMUNITY,
            Level.ESTATE,
        ]


async def test_an_order_waits_for_who_does_it_and_then_for_who_verifies(office: Office) -> None:
    incident = await office.alarm()
    order = await office.dispatch(incident.id)
    async with office.as_("anbao") as work:
        assert numbers(await workplace(work, TALLIES))["orders.mine"] == 1
    for move in (OrderMove.ACCEPT, OrderMove.ARRIVE):
        await office.order("anbao", order, move)
    async with office.as_("weixiu") as work:
        assert numbers(await workplace(work, TALLIES))["orders.mine"] == 0
    await office.order("anbao", order, OrderMove.FIX, "已处理", photo=True)
    async with office.as_("shequ") as work:
        found = numbers(await workplace(work, TALLIES))
        assert found["orders.to_verify"] == 1
        rows, _ = await listed(work, TALLIES, "orders.to_verify")
        assert rows[0].title == incident.line


async def test_nobody_is_told_what_they_may_not_know(office: Office) -> None:
    async with office.as_("weixiu") as work:
        codes = set(numbers(await workplace(work, TALLIES)))
        assert not any(code.startswith(("incidents", "key_people", "visits")) for code in codes)
        with pytest.raises(Forbidden):
            await listed(work, TALLIES, "incidents.active")
        with pytest.raises(NotFound):
            await listed(work, TALLIES, "rosters.asked")
    async with office.as_("jiedao") as work:
        ((county,),) = await office.rows(
            "SELECT id FROM directory_organisation WHERE kind = 'county'"
        )
        # The street sees that there is a county, but no more of it than the street's own estates.
        own = await workplace(work, TALLIES)
        above = await workplace(work, TALLIES, county)
        assert numbers(above)["incidents.active"] == numbers(own)["incidents.active"]
        with pytest.raises(NotFound):
            await workplace(work, TALLIES, office.accounts["xian"][0])


def test_every_tally_lists_what_it_counts() -> None:
    for tally in TALLIES:
        assert ("{id}" in tally.opens) == (tally.listed is not None), tally.code
