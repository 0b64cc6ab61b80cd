"""The node's own HTTP door: live view, stills, recordings, clips. Every request shows a ticket."""

import asyncio
import contextlib
import socket
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from linli.sensing.vision.node.cameras import Cameras
from linli.sensing.vision.node.cutting import cut_recorded
from linli.sensing.vision.node.keeping import Gap, Segment, Span, Why, gaps
from linli.sensing.vision.node.shelf import CameraShelf
from linli.sensing.vision.tickets import Ticket, View, admits
from linli.sensing.vision.video import Unplayable

LONGEST_CLIP_MS = 600_000
LONGEST_LIST_MS = 40 * 86_400_000
NO_TICKET = 4401
NO_CAMERA = 4404
TOO_SLOW = 1013
SCRATCH = "scratch"
GRACE_S = 2.0
LISTENS_WITHIN_S = 15.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DoorWay:
    """What the door needs: the key that signs tickets, the cameras, and the node's folder."""

    key: Callable[[], bytes]
    cameras: Cameras
    folder: Path


def application(way: DoorWay) -> Starlette:
    """The door as an ASGI application."""

    def refused(connection: HTTPConnection, what: View) -> bool:
        scheme, _, ticket = connection.headers.get("Authorization", "").partition(" ")
        wanted = Ticket(connection.path_params["code"], what, int(time.time() * 1000))
        key = way.key()
        return scheme.lower() != "bearer" or not key or not admits(ticket, key, wanted)

    async def still(request: Request) -> Response:
        """The newest picture as a JPEG."""
        if refused(request, View.STILL):
            return Response(status_code=401)
        picture = await way.cameras.still(request.path_params["code"])
        if picture is None:
            return Response(status_code=404)
        return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    async def recordings(request: Request) -> Response:
        """What is recorded between `from` and `to` (ms), and what is missing, and why."""
        if refused(request, View.RECORDINGS):
            return Response(status_code=401)
        asked = _span(request, LONGEST_LIST_MS)
        if asked is None:
            return Response(status_code=422)
        listed = await asyncio.to_thread(_listed, way, request.path_params["code"], asked)
        return JSONResponse(listed)

    async def clip(request: Request) -> Response:
        """The pictures between `from` and `to` (ms) as an MP4, as they were stored."""
        if refused(request, View.CLIP):
            return Response(status_code=401)
        asked = _span(request, LONGEST_CLIP_MS)
        if asked is None:
            return Response(status_code=422)
        code = request.path_params["code"]
        path = await asyncio.to_thread(_scratch, way.folder)
        forget = BackgroundTask(path.unlink, missing_ok=True)
        try:
            if not await way.cameras.clip(code, asked.begin, asked.end, path):
                await asyncio.to_thread(cut_recorded, CameraShelf(way.folder, code), asked, path)
        except (Unplayable, OSError) as error:
            log.info("no_clip", camera=code, error=str(error))
            path.unlink(missing_ok=True)
            return Response(status_code=404)
        return FileResponse(path, media_type="video/mp4", background=forget)

    async def live(websocket: WebSocket) -> None:
        """Text `{"mime": …}`, then binary fMP4: initialisation segment and fragments."""
        if refused(websocket, View.LIVE):
            await websocket.close(NO_TICKET)
            return
        code = websocket.path_params["code"]
        if code not in way.cameras.by_code:
            await websocket.close(NO_CAMERA)
            return
        await websocket.accept()
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(_show(websocket, way.cameras, code))
            leaving = tasks.create_task(_left(websocket))
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            sending.cancel()
            leaving.cancel()

    return Starlette(
        routes=[
            Route("/still/{code}", still),
            Route("/recordings/{code}", recordings),
            Route("/clip/{code}", clip),
            WebSocketRoute("/live/{code}", live),
        ]
    )


async def _show(websocket: WebSocket, cameras: Cameras, code: str) -> None:
    parts = cameras.watch(code)
    try:
        async with contextlib.aclosing(parts):
            async for part in parts:
                if part.mime is not None:
                    await websocket.send_text(msgspec.json.encode({"mime": part.mime}).decode())
                if part.part:
                    await websocket.send_bytes(part.part)
        await websocket.close(TOO_SLOW)
    except (WebSocketDisconnect, OSError, RuntimeError) as error:
        log.debug("viewer_left", camera=code, error=repr(error))


async def _left(websocket: WebSocket) -> None:
    """Return when the viewer closes."""
    with contextlib.suppress(WebSocketDisconnect, OSError, RuntimeError):
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass


def _span(request: Request, longest: int) -> Span | None:
    try:
        span = Span(int(request.query_params["from"]), int(request.query_params["to"]))
    except (KeyError, ValueError):
        return None
    return span if 0 < span.end - span.begin <= longest and span.begin >= 0 else None


def _listed(way: DoorWay, code: str, asked: Span) -> dict[str, object]:
    """Segments and gaps that meet the asked while (the gaps end now at the latest)."""
    shelf = CameraShelf(way.folder, code)
    now_ms = int(time.time() * 1000)
    until = Span(asked.begin, max(min(asked.end, now_ms), asked.begin))
    segments = [one for one in shelf.segments() if one.span.overlap(asked)]
    known = shelf.known_gaps()
    found: list[dict[str, object]] = [
        {
            "from": one.span.begin,
            "to": one.span.end,
            "bytes": one.size,
            "evidence": one.evidence,
        }
        for one in segments
    ]
    spans = list(segments)
    camera = way.cameras.by_code.get(code)
    for begin_ms, path in shelf.parts():
        with contextlib.suppress(OSError):
            end_ms = now_ms if camera is not None else int(path.stat().st_mtime * 1000)
            open_one = Span(begin_ms, max(end_ms, begin_ms))
            if open_one.overlap(asked):
                found.append(
                    {
                        "from": open_one.begin,
                        "to": open_one.end,
                        "bytes": path.stat().st_size,
                        "evidence": False,
                    }
                )
                spans.append(Segment(code, open_one, 0))
    if camera is not None and not camera.connected and known:
        last = max(gap.span.end for gap in known)
        known.append(Gap(Span(last, now_ms), Why.CAMERA_OFFLINE))
    return {
        "segments": found,
        "gaps": [
            {"from": gap.span.begin, "to": gap.span.end, "why": gap.why.value}
            for gap in gaps(spans, known, until)
        ],
    }


def _scratch(folder: Path) -> Path:
    """A new file on the node's own disk; what a crash left there goes at the next start."""
    scratch = folder / SCRATCH
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=scratch, suffix=".mp4", delete=False) as file:
        return Path(file.name)


def free_port(host: str) -> int:
    """A port nobody listens on now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def serving(way: DoorWay, host: str, port: int) -> AsyncGenerator[None]:
    """Serve the door while inside. Raises OSError when the port is taken."""
    server = Server(
        application(way),
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=True,
        log_enabled=False,
    )
    task = asyncio.ensure_future(server.serve())
    try:
        await _listening(host, port, task)
        yield
    finally:
        server.interrupt_signal = True
        server.main_loop_interrupt.set()
        done, _ = await asyncio.wait((task,), timeout=GRACE_S)
        if not done:
            task.cancel()


async def _listening(host: str, port: int, task: "asyncio.Future[None]") -> None:
    began = time.monotonic()
    while time.monotonic() - began < LISTENS_WITHIN_S and not task.done():
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    raise OSError(f"cannot listen on {host}:{port}")
