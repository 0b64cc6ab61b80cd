"""Odd questions about looks are refused, whatever they hold; none is a fault."""

from functools import partial

import pytest
from tests.unit.directory.browser import application, browser
from tests.unit.directory.town import Offices, Town

from linli.app.web.guards import Watch
from linli.support.looks import http as looks


def uncounted(_method: str, _status: int, _took_s: float) -> None:
    """Nobody counts here."""


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
async def test_a_moment_beyond_the_calendar_is_refused(
    desks: Offices, town: Town, moment: str
) -> None:
    app = application(desks)
    app.include_router(looks.api)
    app.add_middleware(partial(Watch, count=uncounted))
    async with browser(app, f"officer {town.tag}") as page:
        await page.sign_in(town.login("xian"))
        answer = await page.client.get("/api/looks", params={"from": moment})
        assert (answer.status_code, answer.json()["code"]) == (422, "unusable_moment")
        within = await page.client.get("/api/looks", params={"from": "2026-11-23T00:00:00Z"})
        assert within.status_code == 200
