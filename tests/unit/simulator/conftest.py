import asyncio
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from tests.unit.simulator.estates import estate_file

from linli_simulator import registration
from linli_simulator.registration import Register

LONGEST_WAIT = 20.0


@dataclass(frozen=True, slots=True)
class Broker:
    """A real MQTT server that lets everybody in."""

    port: int
    folder: Path

    def register(
        self, *codes: str, http: str = "http://127.0.0.1:9", every: bool = False
    ) -> Register:
        """The register of these devices (and of nobody else unless `every`)."""
        text = estate_file(self.port, http, lambda device: every or device.code in codes)
        (self.folder / "estate.json").write_text(text)
        return registration.read(self.folder)


class Ear:
    """Hears everything that is published, by an independent client, and can wait for it."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, str]] = []
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Condition()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "ear")
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.connect("127.0.0.1", port)
        self._subscribed = asyncio.Event()
        self._left = threading.Event()

    async def open(self) -> None:
        self._client.loop_start()
        self._client.subscribe("#", qos=1)
        async with asyncio.timeout(LONGEST_WAIT):
            await self._subscribed.wait()

    def close(self) -> None:
        self._client.disconnect()
        self._left.wait(LONGEST_WAIT)
        self._client.loop_stop()

    def tell(self, topic: str, body: object) -> None:
        self._client.publish(topic, json.dumps(body), qos=1)

    async def first(self, wanted: Callable[[str, str], bool]) -> tuple[str, str]:
        """The first message, already heard or still to come, that fits."""
        async with asyncio.timeout(LONGEST_WAIT), self._news:
            while True:
                for topic, payload in self.heard:
                    if wanted(topic, payload):
                        return topic, payload
                await self._news.wait()

    def _on_subscribe(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._subscribed.set)

    def _on_disconnect(self, *_: object) -> None:
        self._left.set()

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        asyncio.run_coroutine_threadsafe(
            self._add(message.topic, message.payload.decode()), self._loop
        )

    async def _add(self, topic: str, payload: str) -> None:
        async with self._news:
            self.heard.append((topic, payload))
            self._news.notify_all()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Upload:
    path: str
    authorization: str | None
    content_type: str | None
    body: bytes


class FileDoor:
    """The file door as `protocols/native.md` has it; keeps what is handed in."""

    def __init__(self) -> None:
        self.uploads: list[Upload] = []
        self.status = 201
        self.answer = b'{"id": "0198-file"}'
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Visit, self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"


class _Visit(BaseHTTPRequestHandler):
    def __init__(self, door: FileDoor, *about: Any) -> None:
        self._door = door
        super().__init__(*about)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        authorization, sort = self.headers["Authorization"], self.headers["Content-Type"]
        self._door.uploads.append(Upload(self.path, authorization, sort, body))
        self.send_response(self._door.status)
        self.end_headers()
        self.wfile.write(self._door.answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture
def file_door() -> Iterator[FileDoor]:
    door = FileDoor()
    thread = threading.Thread(target=door.server.serve_forever)
    thread.start()
    yield door
    door.server.shutdown()
    thread.join()
    door.server.server_close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        pytest.skip("the Debian package mosquitto is not installed")
    port = free_port()
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
        "set_tcp_nodelay true\nmax_inflight_messages 0\nlog_type none\n"
    )
    tmp_path.chmod(0o755)  # mosquitto gives up root before it reads its settings again
    process = subprocess.Popen([program, "-c", str(settings)])
    try:
        _until_listening(port, process)
        yield Broker(port, tmp_path)
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
async def ear(broker: Broker) -> AsyncIterator[Ear]:
    one = Ear(broker.port)
    await one.open()
    try:
        yield one
    finally:
        one.close()


def _until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            continue
        return
    pytest.fail("mosquitto did not start")
