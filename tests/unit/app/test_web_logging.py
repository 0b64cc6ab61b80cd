"""What requests leave in the log: what went well is quiet, what fails or is doubtful is told."""

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from linli.app.web.guards import Watch


@pytest.mark.parametrize(
    ("status", "level"),
    [(200, "debug"), (404, "debug"), (401, "info"), (403, "info"), (429, "info"), (503, "warning")],
)
async def test_how_loud_a_request_is(status: int, level: str) -> None:
    async def answering(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    counted: list[int] = []
    watch = Watch(answering, count=lambda _method, answered, _took: counted.append(answered))
    transport = ASGITransport(watch)
    with capture_logs() as said:
        async with AsyncClient(transport=transport, base_url="http://linli.test") as client:
            await client.get("/api/anything")
    assert [(line["event"], line["log_level"]) for line in said] == [("request", level)]
    assert counted == [status]
