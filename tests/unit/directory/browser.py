"""A browser against the directory's own endpoints, without a network."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from tests.unit.directory.town import CIPHER, PASSWORD, Offices, Town

from linli.app.lists.grounds import NamedGrounds
from linli.app.web import answers
from linli.directory.identity import http as identity
from linli.directory.identity.door import (
    CSRF_COOKIE,
    CSRF_HEADER,
    SESSION_COOKIE,
    DoorSettings,
    SessionDoor,
)
from linli.directory.organisation import http as organisation
from linli.directory.people import http as people
from linli.directory.places import http as places
from linli.support.approvals.contracts import MOST_ALONE
from linli.support.audit import http as audit

OFFICE = "10.0.0.9"


def application(desks: Offices, settings: DoorSettings | None = None) -> FastAPI:
    """The directory's endpoints behind a session door."""
    app = FastAPI()
    app.state.door = desks.door(settings)
    app.state.cipher = CIPHER
    app.state.identity_provider = None
    app.state.most_alone = MOST_ALONE
    app.state.grounds = NamedGrounds()
    answers.install(app)
    for router in (
        identity.session_api,
        identity.api,
        organisation.api,
        places.api,
        people.api,
        audit.api,
    ):
        app.include_router(router)
    return app


@dataclass(slots=True)
class Browser:
    """Keeps cookies and sends the CSRF token back, as our pages do."""

    client: httpx.AsyncClient
    app: FastAPI

    @property
    def door(self) -> SessionDoor:
        door: SessionDoor = self.app.state.door
        return door

    @property
    def token(self) -> str | None:
        return self.client.cookies.get(SESSION_COOKIE)

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        return await self.client.post("/api/session", json={"login": login, "password": password})

    async def get(self, path: str, **query: str | int) -> httpx.Response:
        return await self.client.get(path, params=query)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return await self.client.post(path, json=body or {}, headers=self.csrf())

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(path, headers=self.csrf())

    def csrf(self) -> dict[str, str]:
        return {CSRF_HEADER: self.client.cookies.get(CSRF_COOKIE) or ""}


@asynccontextmanager
async def browser(
    app: FastAPI, address: str = OFFICE, *, base_url: str = "http://linli.test"
) -> AsyncGenerator[Browser]:
    """A browser at some address, signed in nowhere."""
    transport = httpx.ASGITransport(app, client=(address, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        yield Browser(client, app)


@asynccontextmanager
async def signed_in(
    desks: Offices, town: Town, name: str, settings: DoorSettings | None = None
) -> AsyncGenerator[Browser]:
    """A browser in which somebody of the town is signed in."""
    # A town has an address of its own: tries are counted by address, and towns share a database.
    async with browser(application(desks, settings), f"address of {town.tag}") as page:
        answer = await page.sign_in(town.login(name))
        assert answer.status_code == 200, answer.text
        yield page
