"""One request is one unit of work, and the same write sent twice is done once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel
from sqlalchemy import func, select, text

from linli.kernel.errors import IllegalMove, Refusal
from linli.kernel.scope import NOBODY, Scope
from linli.kernel.web import KEY_HEADER, SHOWN_ONCE, CurrentWork, idempotency_table, router
from linli.kernel.work import Work, Workshop

LI, WANG = UUID(int=11), UUID(int=12)

api = router("/notes", tag="notes")


class Note(BaseModel):
    words: str


class Kept(BaseModel):
    number: int


@api.post("", status_code=201)
async def keep_note(work: CurrentWork, note: Note) -> Kept:
    """Answers how many keyed writes were done before it, and itself."""
    if note.words == "refused":
        raise IllegalMove
    if note.words == "slow":
        await work.connection.execute(text("SELECT pg_sleep(0.2)"))
    counted = await work.connection.scalar(
        text("SELECT count(*) FROM kernel_idempotency WHERE status <> 0")
    )
    return Kept(number=(counted or 0) + 1)


@api.post("/file")
async def keep_file(
    work: CurrentWork, file: UploadFile, purpose: Annotated[str, Form()]
) -> dict[str, str]:
    return {"id": str(work.new_id()), "purpose": purpose, "bytes": str(len(await file.read()))}


@api.post("/secret")
async def make_secret(work: CurrentWork, response: Response) -> dict[str, str]:
    response.headers[SHOWN_ONCE] = "true"
    return {"token": f"secret-{work.new_id()}"}


@api.get("")
async def count_notes(work: CurrentWork) -> Kept:
    found = await work.connection.scalar(select(func.count()).select_from(idempotency_table))
    return Kept(number=found or 0)


@dataclass(frozen=True, slots=True)
class AccountDoor:
    workshop: Workshop

    @asynccontextmanager
    async def enter(self, request: Request) -> AsyncGenerator[Work]:
        account = request.headers.get("X-Account")
        scope = Scope(account_id=UUID(account)) if account else NOBODY
        async with self.workshop.work(scope=scope) as work:
            yield work


async def refuse(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    return JSONResponse({"code": error.code}, error.status)


@pytest.fixture
async def client(workshops: tuple[Workshop, Workshop]) -> AsyncGenerator[AsyncClient]:
    app = FastAPI()
    app.state.door = AccountDoor(workshops[0])
    app.include_router(api)
    app.add_exception_handler(Refusal, refuse)
    transport = ASGITransport(app)
    async with AsyncClient(
        transport=transport, base_url="http://linli", headers={"X-Account": str(LI)}
    ) as browser:
        yield browser


def key(value: str | None = None) -> dict[str, str]:
    return {KEY_HEADER: value or str(uuid4())}


async def test_the_same_write_sent_again_gets_the_first_answer(client: AsyncClient) -> None:
    headers = key()
    first = await client.post("/notes", json={"words": "a"}, headers=headers)
    again = await client.post("/notes", json={"words": "a"}, headers=headers)
    other = await client.post("/notes", json={"words": "a"}, headers=key())
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() == {"number": 1}
    assert other.json() == {"number": 2}


async def test_a_secret_is_told_once_and_kept_nowhere(
    client: AsyncClient, workshops: tuple[Workshop, Workshop]
) -> None:
    headers = key()
    first = await client.post("/notes/secret", headers=headers)
    again = await client.post("/notes/secret", headers=headers)
    assert first.json()["token"].startswith("secret-")
    assert (again.status_code, again.json()) == (409, {"code": "shown_once"})
    async with workshops[1].work() as work:
        bodies = await work.connection.execute(select(idempotency_table.c.body))
        assert not [body for body in bodies.scalars() if b"secret" in body]


async def test_two_sent_at_once_are_done_once(client: AsyncClient) -> None:
    headers = key()
    answers = await asyncio.gather(
        *(client.post("/notes", json={"words": "slow"}, headers=headers) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.text for answer in answers} == {'{"number":1}'}


async def test_a_key_stands_for_one_content(client: AsyncClient) -> None:
    headers = key()
    await client.post("/notes", json={"words": "a"}, headers=headers)
    answer = await client.post("/notes", json={"words": "b"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_key_belongs_to_its_account(client: AsyncClient) -> None:
    headers = key()
    await client.post("/notes", json={"words": "a"}, headers=headers)
    others = {**headers, "X-Account": str(WANG)}
    answer = await client.post("/notes", json={"words": "b"}, headers=others)
    assert answer.status_code == 201


async def test_a_refused_write_may_be_sent_again(client: AsyncClient) -> None:
    headers = key()
    for _ in range(2):
        answer = await client.post("/notes", json={"words": "refused"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
    assert (await client.get("/notes")).json() == {"number": 0}


async def test_a_key_that_is_too_long_is_refused(client: AsyncClient) -> None:
    answer = await client.post("/notes", json={"words": "a"}, headers=key("x" * 101))
    assert answer.status_code == 422


async def test_a_write_without_a_key_is_done_each_time(client: AsyncClient) -> None:
    for _ in range(2):
        await client.post("/notes", json={"words": "a"})
    assert (await client.get("/notes")).json() == {"number": 0}


async def test_an_upload_sent_again_is_the_same_whatever_its_boundary(
    client: AsyncClient,
) -> None:
    headers = key()
    answers = [
        await client.post(
            "/notes/file",
            files={"file": ("photo.jpg", b"\xff\xd8 photo", "image/jpeg")},
            data={"purpose": "order_evidence"},
            headers=headers,
        )
        for _ in range(2)
    ]
    boundaries = {answer.request.headers["Content-Type"] for answer in answers}
    assert len(boundaries) == 2
    assert answers[0].json() == answers[1].json()
    different = await client.post(
        "/notes/file",
        files={"file": ("photo.jpg", b"\xff\xd8 other", "image/jpeg")},
        data={"purpose": "order_evidence"},
        headers=headers,
    )
    assert different.json()["code"] == "idempotency_key_reused"
