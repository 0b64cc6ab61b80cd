"""The platform as a vision node sees it: the real MQTT door over memory, and a plan over HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import msgspec
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.support.mqtt_door import Door, NativeTopics

from linli.sensing.vision.node.door import free_port
from linli.sensing.vision.node.settings import NodeSettings
from linli.sensing.vision.plan import CameraPlan, VisionPlan
from linli.sensing.vision.tickets import Ticket, View, signed

CODE = "yg-vision-1"
TOKEN = "token-of-vision"
KEY = b"k" * 32
CHILDREN = ("telemetry", "event", "state", "command/ack")
TOPICS = NativeTopics(
    publish=(
        "linli/v1/telemetry",
        "linli/v1/event",
        "linli/v1/state",
        "linli/v1/command/ack",
        *(f"linli/v1/child/+/{one}" for one in CHILDREN),
    )
)


class Told(msgspec.Struct):
    """An event as the platform got it."""

    id: str
    event: str
    data: dict[str, str | float | bool]
    evidence: list[str]
    camera: str = ""


class PlatformStand:
    """A platform for one node. `away` makes the HTTP side fail; `files` are what it was handed."""

    def __init__(self) -> None:
        self.door = Door()
        self.admission = self.door.register(CODE, TOKEN.encode(), TOPICS)
        self.port = free_port("127.0.0.1")
        self.cameras: tuple[CameraPlan, ...] = ()
        self.version = 1
        self.away = False
        self.refuses_files = False
        self.files: dict[str, tuple[str, bytes]] = {}
        self.asked: list[int] = []

    def plan(self, *cameras: CameraPlan) -> None:
        """Let the node run exactly these cameras."""
        self.cameras = cameras
        self.version += 1

    def settings(self, folder: Path) -> NodeSettings:
        return NodeSettings(
            platform=f"http://127.0.0.1:{self.port}",
            mqtt=f"mqtt://127.0.0.1:{self.door.port}",
            connection=CODE,
            folder=folder,
            token=TOKEN,
            keep_free=0,
        )

    def told(self, event: str | None = None) -> list[Told]:
        """The events that were committed so far, in their order."""
        found: list[Told] = []
        for message in self.door.ingest.committed:
            parts = message.topic.split("/")
            if parts[-1] != "event":
                continue
            told = msgspec.json.decode(message.payload, type=Told)
            told.camera = parts[3]
            if event is None or told.event == event:
                found.append(told)
        return found

    def said(self, topic: str) -> list[dict[str, object]]:
        """The bodies committed on a topic."""
        return [
            msgspec.json.decode(message.payload, type=dict[str, object])
            for message in self.door.ingest.committed
            if message.topic == topic
        ]

    async def until(self, true: Callable[[], bool], patience: float = 60.0) -> None:
        """Wait until something is so, looking at every message that comes."""
        await self.door.bell.until(true, patience)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["PlatformStand"]:
        server = Server(
            self._application(),
            address="127.0.0.1",
            port=self.port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
        )
        serving = asyncio.ensure_future(server.serve())
        try:
            async with self.door.open():
                yield self
        finally:
            server.interrupt_signal = True
            server.main_loop_interrupt.set()
            await asyncio.wait((serving,), timeout=5)

    def _application(self) -> Starlette:
        async def plan(request: Request) -> Response:
            if self.away:
                return Response(status_code=503)
            if request.headers.get("Authorization") != f"Bearer {CODE}:{TOKEN}":
                return Response(status_code=401)
            etag = f'"{self.version}"'
            if request.headers.get("If-None-Match") == etag:
                self.asked.append(304)
                self.door.bell.ring()
                return Response(status_code=304, headers={"ETag": etag})
            self.asked.append(200)
            body = VisionPlan(
                version=str(self.version),
                view_key="a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
                cameras=self.cameras,
            )
            return Response(msgspec.json.encode(body), headers={"ETag": etag})

        async def file(request: Request) -> Response:
            if self.away:
                return Response(status_code=503)
            content = await request.body()
            if self.refuses_files:
                return Response(status_code=415)
            file_id = str(uuid4())
            self.files[file_id] = (request.headers.get("Content-Type", ""), content)
            self.door.bell.ring()
            return JSONResponse({"id": file_id}, status_code=201)

        return Starlette(
            routes=[
                Route("/device/v1/vision/plan", plan),
                Route("/device/v1/file", file, methods=["POST"]),
            ]
        )


def ticket(camera: str, what: View, until_ms: int) -> dict[str, str]:
    """The header that lets somebody look."""
    return {"Authorization": f"Bearer {signed(Ticket(camera, what, until_ms), KEY)}"}
