"""The live stream's endpoint."""

from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from linli.app.live import wire
from linli.app.live.stream import Live, Stream, scope_of
from linli.kernel.errors import NotSignedIn

api = APIRouter(tags=["live"])

LONGEST_OFFSET = 18


@api.get(
    "/api/live",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "事件流"}},
)
async def live(request: Request) -> StreamingResponse:
    """What happens, as server-sent events, for as long as the session holds.

    Events carry `id:` (the offset), their name and a JSON object `{offset, name, estate_id, at, …}`
    with ids, versions and codes only. The first is `joined`. With `Last-Event-ID` what was missed
    comes next; `reset` means: read everything again. A comment beats every 5 s. `signed_out` is
    the last event when the session ended or its last right was taken.
    """
    the = cast("Live", request.app.state.live)
    last_event_id = request.headers.get("Last-Event-ID")
    scope = await scope_of(the.door, request)
    if scope.account_id is None:
        raise NotSignedIn
    await the.hub.ready.wait()
    session = the.hub.join(scope.account_id, wire.topics_of(scope))
    stream = Stream(the, request, session, after=_offset(last_event_id))
    return StreamingResponse(
        stream.frames(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _offset(last_event_id: str | None) -> int | None:
    """The offset a browser has seen; one that cannot be read counts as too old."""
    if last_event_id is None:
        return None
    readable = last_event_id.isdecimal() and len(last_event_id) <= LONGEST_OFFSET
    return int(last_event_id) if readable else -1
