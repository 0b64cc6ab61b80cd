"""The web application: what every request meets before and after its endpoint."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from uuid import UUID

import pytest
from fastapi import Query, Request
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from tests.unit.app.web_process import WHO, NamedDoor, sees

from linli.app.engine.roles import DatabaseUrls, connected
from linli.app.web.application import WebContext, create_app
from linli.kernel.database import engine_for
from linli.kernel.errors import IllegalMove, TooMany
from linli.kernel.time import SystemClock
from linli.kernel.web import CurrentWork, router
from linli.kernel.work import Workshop
from linli.support.files.public import memory_vault

SUNNY = UUID(int=1)
LI = UUID(int=11)
PROXY = "192.0.2.1"

api = router("/api/tries", tag="tries")


class Try(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=2, max_length=5)]
    floors: Annotated[int, Field(ge=1, le=99)] = 1


class Answer(BaseModel):
    name: str


@api.post("")
async def try_it(work: CurrentWork, body: Try) -> Answer:
    await work.connection.execute(text("SELECT 1"))
    return Answer(name=body.name)


@api.get("/refused")
async def refused(work: CurrentWork) -> Answer:
    raise IllegalMove(f"{work.actor.name}不能这样操作", field="move", remedy="请先接单")


@api.get("/busy")
async def busy(work: CurrentWork) -> Answer:
    del work
    raise TooMany(retry_after_s=7)


@api.get("/broken")
async def broken(work: CurrentWork) -> Answer:
    del work
    raise KeyError("secret detail")


@api.get("/long")
async def long(work: CurrentWork, size: Annotated[int, Query(le=100_000)]) -> Answer:
    del work
    return Answer(name="x" * size)


@api.get("/address")
async def address(work: CurrentWork, request: Request) -> Answer:
    del work
    assert request.client is not None
    return Answer(name=f"{request.client.host} {request.url.scheme}")


@asynccontextmanager
async def visiting(
    database_url: str, folder: Path, *, address: str = "203.0.113.9"
) -> AsyncGenerator[AsyncClient]:
    """A browser of 李强's, before the application on this database."""
    engine = engine_for(database_url, connections=3)
    workshop = Workshop(engine, SystemClock())
    door = NamedDoor(workshop, {"li": sees(LI, "see_incidents", SUNNY)})
    context = WebContext(
        workshop=workshop,
        door=door,
        vault=memory_vault(),
        routers=(api,),
        folder=folder,
        proxies=(ip_network(f"{PROXY}/32"),),
    )
    transport = ASGITransport(create_app(context), client=(address, 4711))
    async with AsyncClient(
        transport=transport, base_url="http://linli", headers={WHO: "li"}
    ) as client:
        yield client
    await engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small built front end."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "console.html").write_text("<!doctype html><title>邻里</title>", encoding="utf-8")
    (tmp_path / "assets" / "desk-4f2a.js").write_text("// desk\n" * 200, encoding="utf-8")
    (tmp_path / "sw.js").write_text("// worker\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
async def client(database: DatabaseUrls, folder: Path) -> AsyncGenerator[AsyncClient]:
    async with visiting(database.app, folder) as browser:
        yield browser


async def test_a_refusal_says_what_is_wrong_where_and_what_to_do(client: AsyncClient) -> None:
    answer = await client.get("/api/tries/refused")
    assert answer.status_code == 409
    assert answer.json() == {
        "code": "illegal_move",
        "message": "li不能这样操作",
        "field": "move",
        "remedy": "请先接单",
        "details": None,
    }


async def test_too_many_says_when_to_come_back(client: AsyncClient) -> None:
    answer = await client.get("/api/tries/busy")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["retry_after_s"] == 7


async def test_wrong_input_is_explained_field_by_field_in_chinese(client: AsyncClient) -> None:
    answer = await client.post("/api/tries", json={"name": "一", "floors": 0, "colour": "red"})
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "bad_input"
    assert body["field"] == "name"
    assert body["details"] == [
        {"field": "name", "message": "至少 2 个字"},
        {"field": "floors", "message": "不能小于 1"},
        {"field": "colour", "message": "不认识这个字段"},
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "内容不是正确的 JSON"),
        (b"", "请填写"),
        (b'{"name": 5}', "应是文字"),
        (b'{"name": "ab", "floors": "many"}', "应是整数"),
    ],
)
async def test_broken_bodies_are_refused_in_chinese(
    client: AsyncClient, content: bytes, message: str
) -> None:
    answer = await client.post(
        "/api/tries", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["details"][0]["message"] == message


async def test_a_bug_shows_its_number_and_nothing_else(client: AsyncClient) -> None:
    answer = await client.get("/api/tries/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "unexpected"
    assert "secret" not in answer.text
    assert "编号" in answer.json()["message"]


async def test_unknown_addresses_and_methods_are_answered_in_json(client: AsyncClient) -> None:
    missing = await client.get("/api/nothing/here")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    wrong = await client.delete("/api/tries")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")


async def test_an_absent_database_is_said_so_and_may_be_asked_again(folder: Path) -> None:
    nowhere = "postgresql+asyncpg://linli_app:x@127.0.0.1:9/linli"
    async with visiting(nowhere, folder) as client:
        answer = await client.get("/api/tries/refused")
        assert (answer.status_code, answer.json()["code"]) == (503, "away")
        assert answer.headers["Retry-After"] == "2"
        alive = await client.get("/healthz")
        assert alive.status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)


async def test_ready_means_that_the_schema_is_this_releases(
    client: AsyncClient, fresh_database: DatabaseUrls, folder: Path
) -> None:
    ready = await client.get("/readyz")
    assert ready.json() == {"ready": True, "database": "ok", "schema_current": True}
    async with connected(fresh_database.admin) as administrator:
        await administrator.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    async with visiting(fresh_database.app, folder) as behind:
        answer = await behind.get("/readyz")
        assert (answer.status_code, answer.json()["schema_current"]) == (503, False)


async def test_every_answer_forbids_what_it_does_not_need(client: AsyncClient) -> None:
    for address in ("/", "/api/tries/refused", "/api/nothing", "/api/tries/broken"):
        headers = (await client.get(address)).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Strict-Transport-Security" not in headers
    assert (await client.get("/api/nothing")).headers["Cache-Control"] == "no-store"


async def test_a_body_that_is_too_long_is_refused_said_in_advance_or_not(
    client: AsyncClient,
) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        for _ in range(30):
            yield b" " * 100_000

    said = await client.post("/api/tries", content=b" " * 1_000_001)
    silent = await client.post(
        "/api/tries", content=endless(), headers={"Content-Type": "application/json"}
    )
    for answer in (said, silent):
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"
        assert "Content-Security-Policy" in answer.headers


async def test_long_answers_travel_compressed(client: AsyncClient) -> None:
    answer = await client.get("/api/tries/long", params={"size": 5000})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["name"]) == 5000
    short = await client.get("/api/tries/long", params={"size": 5})
    assert "Content-Encoding" not in short.headers


FORWARDED = {"X-Forwarded-For": "198.51.100.1, 203.0.113.77", "X-Forwarded-Proto": "https"}


async def test_only_a_configured_proxy_says_who_is_calling(
    database: DatabaseUrls, folder: Path
) -> None:
    async with visiting(database.app, folder, address="203.0.113.9") as liar:
        answer = await liar.get("/api/tries/address", headers=FORWARDED)
        assert answer.json()["name"] == "203.0.113.9 http"
    async with visiting(database.app, folder, address=PROXY) as proxied:
        answer = await proxied.get("/api/tries/address", headers=FORWARDED)
        # What stands before the proxy's own entry may have been made up by the caller.
        assert answer.json()["name"] == "203.0.113.77 https"
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        for nonsense in ("", "unknown", PROXY, "'; DROP TABLE"):
            answer = await proxied.get("/api/tries/address", headers={"X-Forwarded-For": nonsense})
            assert answer.json()["name"] == f"{PROXY} http"


async def test_the_pages_of_the_console_are_one_page(client: AsyncClient) -> None:
    for address in ("/", "/desk", "/incidents/0192-abc", "/orders/7?x=1"):
        answer = await client.get(address)
        assert answer.status_code == 200
        assert "<title>邻里</title>" in answer.text
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["content-type"].startswith("text/html")


async def test_files_named_by_their_content_are_kept_for_ever_and_sent_compressed(
    client: AsyncClient,
) -> None:
    answer = await client.get("/assets/desk-4f2a.js")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["Content-Encoding"] == "gzip"
    plain = await client.get("/assets/desk-4f2a.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.text == answer.text == "// desk\n" * 200
    worker = await client.get("/sw.js")
    assert worker.headers["Cache-Control"] == "no-cache"


async def test_a_page_the_browser_has_is_not_sent_again(client: AsyncClient) -> None:
    first = await client.get("/desk")
    again = await client.get("/desk", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "address",
    ["/assets/gone.js", "/../secrets.json", "/%2e%2e/secrets.json", "/api/x", "/device/v1/x"],
)
async def test_what_is_no_page_is_not_found(client: AsyncClient, address: str) -> None:
    answer = await client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_without_a_built_front_end_one_is_told_how_to_get_it(
    database: DatabaseUrls, tmp_path: Path
) -> None:
    async with visiting(database.app, tmp_path / "nothing") as client:
        answer = await client.get("/")
    assert answer.status_code == 503
    assert "make demo" in answer.text


async def test_the_interface_describes_itself(client: AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert document["paths"].keys() >= {"/healthz", "/readyz", "/api/live", "/api/tries"}
    operation = document["paths"]["/api/live"]["get"]
    assert operation["description"].startswith("What happens, as server-sent events")
    assert "RefusalBody" in str(operation["responses"]["4XX"])


async def test_nobody_gets_in_without_a_name(client: AsyncClient) -> None:
    answer = await client.get("/api/tries/refused", headers={WHO: ""})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
