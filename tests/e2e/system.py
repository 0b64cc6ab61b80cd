"""A whole installation for the tests: the real processes and a demo estate, played or still."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

START = """
import asyncio, sys
from linli.app.logs import configure_logs
from linli.app.settings import load_settings
from linli.app.up import Parts, up

settings = load_settings({})
configure_logs("up", settings.log_format, "warning")
idle = ("-c", "import signal; signal.pause()")
simulator = ("-m", "linli_simulator", "--no-faults") if sys.argv[1:] == ["played"] else idle
asyncio.run(up(settings, parts=Parts(simulator=simulator)))
"""
READY = "is ready"
STARTS_WITHIN_S = 120
ENDS_WITHIN_S = 10


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class System:
    """Where everything of the installation is."""

    data: Path
    port: int
    mqtt_port: int
    process: "subprocess.Popen[str]"
    said: list[str] = field(default_factory=list[str])
    clients: list[httpx.Client] = field(default_factory=list[httpx.Client])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def world(self) -> dict[str, Any]:
        """What the demo's seed left for its devices: places and tokens."""
        return json.loads((self.data / "demo" / "estate.json").read_text(encoding="utf-8"))

    def token_of(self, code: str) -> tuple[str, str]:
        devices = self.world["estates"][0]["devices"]
        device = next(one for one in devices if one["code"] == code)
        return device["username"], device["token"]

    def signed_in(self, login: str) -> httpx.Client:
        client = httpx.Client(base_url=self.url, timeout=30)
        self.clients.append(client)
        answer = client.post("/api/session", json={"login": login, "password": "linli-demo"})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    def publish(
        self, username: str, token: str | None, topic: str, payload: str, *, version: str = "5"
    ) -> str:
        """Send one message at QoS 1 with Debian's client; it ends when it was acknowledged.

        Returns what the client complained of: MQTT 5 tells it why a message was refused.
        """
        sign_in = ["-u", username, *(["-P", token] if token is not None else [])]
        command = [
            "mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.mqtt_port), "-q", "1", "-V", version,
            *sign_in, "-t", topic, "-s",
        ]  # fmt: skip
        sent = subprocess.run(
            command, input=payload, capture_output=True, text=True, timeout=30, check=False
        )
        assert sent.returncode == 0, f"{topic}: {sent.stderr}"
        return sent.stderr


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


@contextmanager
def running_system(*, played: bool = False, folder: Path | None = None) -> Generator[System]:
    """Start it, wait until it says that it is ready, and at the end see it go within 10 s.

    `played` lets the simulator live, without faults of its own. The data folder is `data` in
    `folder`, and may hold an installation already.
    """
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="linli-e2e-"))
        folder.chmod(0o711)
    port, mqtt_port = free_port(), free_port()
    system = System(folder / "data", port, mqtt_port, start(folder, port, mqtt_port, played=played))
    ready = threading.Event()
    reader = threading.Thread(target=_read, args=(system, ready), daemon=True)
    reader.start()
    try:
        assert ready.wait(STARTS_WITHIN_S), "".join(system.said[-40:])
        yield system
    finally:
        for client in system.clients:
            client.close()
        system.process.send_signal(signal.SIGTERM)
        system.process.wait(ENDS_WITHIN_S)
        reader.join(ENDS_WITHIN_S)
        if system.process.stdout is not None:
            system.process.stdout.close()


def start(
    folder: Path, port: int, mqtt_port: int, *, played: bool = False
) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "LINLI_DATA": str(folder / "data"),
        "LINLI_DEMO": "true",
        "LINLI_PORT": str(port),
        "LINLI_MQTT_PORT": str(mqtt_port),
        "LINLI_MQTT_TLS_PORT": "0",
        "LINLI_MQTT_WEBSOCKET_PORT": "0",
    }
    return subprocess.Popen(
        [sys.executable, "-c", START, *(["played"] if played else [])],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _read(system: System, ready: threading.Event) -> None:
    output = system.process.stdout
    assert output is not None
    for line in output:
        system.said.append(line)
        if READY in line:
            ready.set()
