"""A browser against the endpoints of devices, telemetry and quarantine, without a network."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.unit.directory.browser import Browser, application, browser
from tests.unit.directory.town import Offices, Town

from linli.sensing.devices import http as devices
from linli.sensing.devices.contracts import Doors
from linli.sensing.quarantine import http as quarantine
from linli.sensing.telemetry import http as telemetry

DOORS = Doors("mqtt://linli.test:1883", "http://linli.test", frozenset({"linli_native"}))


@asynccontextmanager
async def page_of(desks: Offices, town: Town, name: str) -> AsyncGenerator[Browser]:
    """A browser in which somebody of the town is signed in."""
    app = application(desks)
    app.state.doors = DOORS
    for router in (devices.api, devices.kinds_api, telemetry.api, quarantine.api):
        app.include_router(router)
    async with browser(app, f"address of {town.tag}") as page:
        answer = await page.sign_in(town.login(name))
        assert answer.status_code == 200, answer.text
        yield page
