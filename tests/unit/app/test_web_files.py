"""Files and messages over HTTP, as browsers ask for them."""

import io
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx import ASGITransport, AsyncClient
from PIL import Image
from tests.unit.app.web_process import WHO, NamedDoor, sees

from linli.app.web.application import WebContext, create_app
from linli.kernel.scope import Scope
from linli.kernel.work import Workshop
from linli.support.files import http as files_http
from linli.support.files.public import memory_vault
from linli.support.messaging import http as messages_http
from linli.support.messaging.contracts import About, Channel, Message
from linli.support.messaging.public import send

LI, WANG = UUID(int=11), UUID(int=12)
SUNNY = UUID(int=1)


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 24), "red").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
async def client(
    workshops: tuple[Workshop, Workshop], tmp_path: Path
) -> AsyncGenerator[AsyncClient]:
    door = NamedDoor(
        workshops[0],
        {
            "li": sees(LI, "see_orders", SUNNY),
            "wang": sees(WANG, "see_incidents", SUNNY),
            "guest": Scope(account_id=UUID(int=13)),
        },
    )
    context = WebContext(
        workshop=workshops[0],
        door=door,
        vault=memory_vault(),
        routers=(files_http.api, messages_http.api),
        folder=tmp_path,
    )
    transport = ASGITransport(create_app(context))
    async with AsyncClient(transport=transport, base_url="http://linli") as browser:
        browser.headers[WHO] = "li"
        yield browser


async def upload(client: AsyncClient, content: bytes, purpose: str = "order_evidence") -> UUID:
    answer = await client.post(
        "/api/files",
        files={"file": ("../../x.jpg", content, "text/html")},
        data={"purpose": purpose},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["width"], body["height"]) == (32, 24)
    assert body["url"] == f"/api/files/{body['id']}"
    return UUID(body["id"])


async def test_a_photo_goes_up_and_comes_down_as_what_it_is(client: AsyncClient) -> None:
    file_id = await upload(client, picture())
    answer = await client.get(f"/api/files/{file_id}", params={"reason": "核实现场"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{file_id}.jpg"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
    with Image.open(io.BytesIO(answer.content)) as shown:
        assert shown.size == (32, 24)


async def test_somebody_elses_photo_looks_as_if_it_were_not_there(client: AsyncClient) -> None:
    file_id = await upload(client, picture())
    for who, other in (("wang", file_id), ("wang", uuid4())):
        answer = await client.get(f"/api/files/{other}", headers={WHO: who})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("content", "purpose", "code"),
    [
        (b"<script>alert(1)</script>", "order_evidence", "not_a_photo"),
        (b"", "order_evidence", "not_a_photo"),
        (picture(), "device_evidence", "bad_input"),
    ],
)
async def test_what_is_no_photo_or_no_purpose_is_refused(
    client: AsyncClient, content: bytes, purpose: str, code: str
) -> None:
    answer = await client.post(
        "/api/files", files={"file": ("x.jpg", content)}, data={"purpose": purpose}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_very_large_upload_is_refused(client: AsyncClient) -> None:
    answer = await client.post(
        "/api/files",
        files={"file": ("x.jpg", bytes(21_000_001))},
        data={"purpose": "order_evidence"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_whoever_may_nothing_uploads_nothing(client: AsyncClient) -> None:
    answer = await client.post(
        "/api/files",
        files={"file": ("x.jpg", picture())},
        data={"purpose": "order_evidence"},
        headers={WHO: "guest"},
    )
    assert answer.status_code == 403


async def tell(machine: Workshop, channel: Channel) -> None:
    message = Message(
        channel=channel,
        template="order_offered",
        title="新工单",
        words="<b>请及时处置</b>",
        about=About(incident_id=UUID(int=21), estate_id=SUNNY),
        account_id=LI,
        address="" if channel is Channel.IN_APP else "13812345678",
    )
    async with machine.work() as work:
        await send(work, message)


async def test_my_messages_are_listed_and_marked_read(
    client: AsyncClient, workshops: tuple[Workshop, Workshop]
) -> None:
    await tell(workshops[1], Channel.IN_APP)
    page = (await client.get("/api/messages")).json()
    assert page["total"] == 1
    (message,) = page["items"]
    assert (message["title"], message["words"]) == ("新工单", "<b>请及时处置</b>")
    assert (message["incident_id"], message["read_at"]) == (str(UUID(int=21)), None)
    others = await client.post(f"/api/messages/{message['id']}/read", headers={WHO: "wang"})
    assert others.status_code == 404
    mine = await client.post(
        f"/api/messages/{message['id']}/read", headers={"Idempotency-Key": "k"}
    )
    assert (mine.status_code, mine.content) == (204, b"")
    again = await client.post(
        f"/api/messages/{message['id']}/read", headers={"Idempotency-Key": "k"}
    )
    assert again.status_code == 204
    assert (await client.get("/api/messages")).json()["items"][0]["read_at"] is not None
    assert (await client.get("/api/messages", headers={WHO: "wang"})).json()["total"] == 0


async def test_outgoing_messages_are_for_those_who_see_incidents(
    client: AsyncClient, workshops: tuple[Workshop, Workshop]
) -> None:
    await tell(workshops[1], Channel.SMS)
    assert (await client.get("/api/messages/outgoing")).status_code == 403
    page = (await client.get("/api/messages/outgoing", headers={WHO: "wang"})).json()
    (message,) = page["items"]
    assert (message["channel_title"], message["address_masked"]) == ("短信", "138****5678")
    assert (message["state"], message["state_title"]) == ("queued", "等待发送")
