"""Clients and a broker that people really use, against the door over loopback."""

import asyncio
import os
import shutil
import socket
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiomqtt
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from tests.support.mqtt_certificate import certificate
from tests.support.mqtt_door import (
    CHILD_COMMANDS,
    COMMAND,
    FOREIGN,
    PASSWORD,
    TELEMETRY,
    USERNAME,
    Door,
)

from linli.sensing.gateway.public import Endpoint, Transport

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(
        shutil.which("mosquitto_pub") is None or shutil.which("mosquitto") is None,
        reason="Debian's mosquitto and mosquitto-clients are not installed",
    ),
]
PATIENCE = 20.0
VERSIONS = pytest.mark.parametrize("version", ["mqttv311", "mqttv5"])
STATE = "linli/v1/state"


@pytest.fixture
def door() -> Door:
    return Door()


def sign_in(door: Door, version: str) -> list[str]:
    return [
        *("-h", "127.0.0.1", "-p", str(door.port), "-V", version),
        *("-u", USERNAME, "-P", PASSWORD.decode()),
    ]


async def start(program: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        program,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def said_by(process: asyncio.subprocess.Process, words: bytes) -> None:
    """Wait until the program has said this."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        async for line in process.stdout:
            if words in line:
                return


async def run(program: str, *arguments: str, given: bytes = b"") -> tuple[int | None, str]:
    process = await start(program, *arguments)
    async with asyncio.timeout(PATIENCE):
        said, _ = await process.communicate(given)
    return process.returncode, said.decode()


# Debian's command line clients


@VERSIONS
@pytest.mark.parametrize("qos", ["0", "1", "2"])
async def test_mosquitto_pub(door: Door, version: str, qos: str) -> None:
    async with door.open():
        code, said = await run(
            "mosquitto_pub", *sign_in(door, version), "-t", TELEMETRY, "-q", qos, "-m", '{"a": 1}'
        )
        assert code == 0, said
    (message,) = door.ingest.committed
    assert (message.topic, message.payload, message.qos) == (TELEMETRY, b'{"a": 1}', int(qos))


@VERSIONS
async def test_mosquitto_pub_sends_a_thousand_lines(door: Door, version: str) -> None:
    lines = [b'{"values": {"water_total": %d}}' % number for number in range(1_000)]
    async with door.open():
        code, said = await run(
            "mosquitto_pub",
            *sign_in(door, version),
            *("-t", TELEMETRY, "-q", "1", "-l"),
            given=b"\n".join(lines) + b"\n",
        )
        assert code == 0, said
    assert [one.payload for one in door.ingest.committed] == lines


@VERSIONS
async def test_mosquitto_pub_hears_that_its_password_is_wrong(door: Door, version: str) -> None:
    arguments = ["-u", USERNAME, "-P", "guess", "-V", version, "-t", TELEMETRY, "-m", "x"]
    async with door.open():
        code, said = await run("mosquitto_pub", "-h", "127.0.0.1", "-p", str(door.port), *arguments)
    assert code != 0
    expected = "Bad User Name or Password" if version == "mqttv5" else "bad user name or password"
    assert expected in said, said


async def test_mosquitto_pub_hears_that_a_topic_is_not_its_own(door: Door) -> None:
    async with door.open():
        _, said = await run(
            "mosquitto_pub", *sign_in(door, "mqttv5"), "-t", FOREIGN, "-q", "1", "-m", "x", "-d"
        )
    assert "RC:135" in said, said
    assert not door.ingest.committed


async def test_mosquitto_pub_over_the_size_limit(door: Door) -> None:
    async with door.open():
        await run(
            "mosquitto_pub",
            *sign_in(door, "mqttv311"),
            *("-t", TELEMETRY, "-q", "1", "-s"),
            given=b"x" * 1_000_000,
        )
        assert door.server.counters.refused["packet_too_large"] >= 1
    assert not door.ingest.committed


@VERSIONS
@pytest.mark.parametrize("qos", ["0", "1", "2"])
async def test_mosquitto_sub_receives_a_command(door: Door, version: str, qos: str) -> None:
    async with door.open():
        door.command("open_gate")
        code, said = await run(
            "mosquitto_sub", *sign_in(door, version), "-t", COMMAND, "-q", qos, "-C", "1"
        )
        assert (code, said.strip()) == (0, "open_gate")
        await door.commands.until(lambda: not door.commands.commands)


@VERSIONS
async def test_mosquitto_sub_comes_back_to_its_session(door: Door, version: str) -> None:
    session = ["-c", "-i", "desk-3"]
    if version == "mqttv5":
        session += ["-x", "600"]
    async with door.open():
        code, said = await run(
            "mosquitto_sub", *sign_in(door, version), *session, "-q", "1", "-t", COMMAND, "-E"
        )
        assert code == 0, said
        await door.presence.until(2)
    door.command("hold_door")
    async with door.open():
        code, said = await run(
            "mosquitto_sub", *sign_in(door, version), *session, *("-t", STATE, "-C", "1")
        )
        assert "hold_door" in said


@VERSIONS
async def test_mosquitto_subs_will_is_published_when_it_is_killed(door: Door, version: str) -> None:
    async with door.open():
        process = await start(
            "mosquitto_sub",
            *sign_in(door, version),
            *("-t", COMMAND, "--will-topic", STATE, "--will-payload", '{"online": false}'),
        )
        await door.presence.until(1)
        process.kill()
        await process.communicate()
        (message,) = await door.ingest.until(1)
    assert (message.topic, message.payload, message.will) == (STATE, b'{"online": false}', True)


@VERSIONS
async def test_mosquitto_pub_over_tls(door: Door, tmp_path: Path, version: str) -> None:
    context, trusted = certificate(tmp_path)
    door.settings = replace(door.settings, endpoints=(Endpoint("127.0.0.1", 0, tls=context),))
    where = ["-h", "localhost", "-p", "{port}", "-V", version, "-t", TELEMETRY, "-q", "1"]
    who = ["-u", USERNAME, "-P", PASSWORD.decode(), "-m", "{}"]
    async with door.open():
        where[3] = str(door.port)
        code, said = await run("mosquitto_pub", *where, *who, "--cafile", str(trusted))
        assert code == 0, said
        plain, said = await run("mosquitto_pub", *where, *who)
        assert plain != 0, said
    assert [one.payload for one in door.ingest.committed] == [b"{}"]
    assert [one.transport for one in door.doorkeeper.asked] == [Transport.TLS]


# paho


class PahoClient:
    """paho in its own thread, with events to wait on."""

    def __init__(self, door: Door, version: MQTTProtocolVersion, transport: str) -> None:
        self.connected = threading.Event()
        self.heard = threading.Event()
        self.messages: list[bytes] = []
        self.reasons: list[str] = []
        websocket = transport == "websockets"
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id="paho",
            protocol=version,
            transport="websockets" if websocket else "tcp",
        )
        self.client.username_pw_set(USERNAME, PASSWORD.decode())
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.on_publish = self._on_publish
        self.port = door.websocket_port if websocket else door.port

    def _on_connect(
        self,
        client: paho.Client,
        userdata: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        del client, userdata, flags, properties
        self.reasons.append(str(reason))
        self.connected.set()

    def _on_message(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        del client, userdata
        self.messages.append(bytes(message.payload))
        self.heard.set()

    def _on_publish(
        self,
        client: paho.Client,
        userdata: object,
        mid: int,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        del client, userdata, mid, properties
        self.reasons.append(str(reason))

    def tell(self) -> None:
        """Connect, subscribe, publish at every QoS, wait for a command, leave."""
        self.client.connect("127.0.0.1", self.port, keepalive=30)
        self.client.loop_start()
        try:
            assert self.connected.wait(PATIENCE)
            for qos in (0, 1, 2):
                sent = self.client.publish(TELEMETRY, b"%d" % qos, qos)
                sent.wait_for_publish(PATIENCE)
                assert sent.is_published()
            self.client.subscribe(COMMAND, 1)
            assert self.heard.wait(PATIENCE)
        finally:
            self.client.disconnect()
            self.client.loop_stop()


@pytest.mark.parametrize("transport", ["tcp", "websockets"])
@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
async def test_paho(door: Door, version: MQTTProtocolVersion, transport: str) -> None:
    async with door.open():
        door.command("self_test")
        client = PahoClient(door, version, transport)
        async with asyncio.timeout(PATIENCE):
            await asyncio.to_thread(client.tell)
        await door.presence.until(2)
    assert client.messages == [b"self_test"]
    assert client.reasons == ["Success"] * 4
    assert [one.payload for one in door.ingest.committed] == [b"0", b"1", b"2"]


async def test_paho_learns_what_the_gateway_offers(door: Door) -> None:
    learned: list[Properties] = []
    done = threading.Event()

    def on_connect(
        client: paho.Client,
        userdata: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        del client, userdata, flags, reason
        assert properties is not None
        learned.append(properties)
        done.set()

    def tell() -> None:
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        client.username_pw_set(USERNAME, PASSWORD.decode())
        client.on_connect = on_connect
        asked = Properties(PacketTypes.CONNECT)
        asked.SessionExpiryInterval = 60
        client.connect("127.0.0.1", door.port, properties=asked)
        client.loop_start()
        assert done.wait(PATIENCE)
        client.disconnect()
        client.loop_stop()

    async with door.open():
        await asyncio.to_thread(tell)
    told = str(learned[0])
    assert "RetainAvailable : 0" in told
    assert "AssignedClientIdentifier : linli-" in told


# aiomqtt


@pytest.mark.parametrize("version", [aiomqtt.ProtocolVersion.V311, aiomqtt.ProtocolVersion.V5])
async def test_aiomqtt(door: Door, version: aiomqtt.ProtocolVersion) -> None:
    async with door.open():
        client = aiomqtt.Client(
            "127.0.0.1",
            door.port,
            username=USERNAME,
            password=PASSWORD.decode(),
            protocol=version,
            identifier="aio",
        )
        async with asyncio.timeout(PATIENCE), client:
            await asyncio.gather(
                *(client.publish(TELEMETRY, b"%d" % number, qos=1) for number in range(200))
            )
            await client.subscribe(COMMAND, qos=1)
            door.command("silence")
            async for message in client.messages:
                assert message.payload == b"silence"
                break
    assert sorted(int(one.payload) for one in door.ingest.committed) == list(range(200))


async def test_aiomqtt_hears_that_it_is_not_known(door: Door) -> None:
    async with door.open():
        client = aiomqtt.Client("127.0.0.1", door.port, username="nobody", password="x")
        with pytest.raises(aiomqtt.MqttError):
            async with client:
                pass


# A site's own broker, bridged


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class SiteBroker:
    port: int
    process: asyncio.subprocess.Process


@asynccontextmanager
async def site_broker(door: Door, folder: Path, *lines: str) -> AsyncGenerator[SiteBroker]:
    """Run a mosquitto whose children are meters, bridged to linli as a site gateway."""
    port = free_port()
    config = [
        f"listener {port} 127.0.0.1",
        "allow_anonymous true",
        "persistence false",
        "log_dest stderr",
        "log_type all",
        *(["user root"] if os.geteuid() == 0 else []),
        "connection linli",
        f"address 127.0.0.1:{door.port}",
        "remote_clientid yg-site",
        f"remote_username {USERNAME}",
        f"remote_password {PASSWORD.decode()}",
        "cleansession false",
        "notifications false",
        "restart_timeout 1",
        "topic child/+/telemetry out 1 site/ linli/v1/",
        "topic child/+/command in 1 site/ linli/v1/",
        *lines,
    ]
    file = folder / "mosquitto.conf"
    file.write_text("\n".join(config) + "\n")
    process = await start("mosquitto", "-c", str(file))
    try:
        await door.presence.until(1, PATIENCE)
        yield SiteBroker(port, process)
    finally:
        process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.communicate()


@pytest.mark.parametrize(
    "lines",
    [
        ("bridge_protocol_version mqttv311", "try_private false"),
        ("bridge_protocol_version mqttv311",),
        ("bridge_protocol_version mqttv50", "try_private false"),
    ],
    ids=["3.1.1", "3.1.1 with the private bit", "5"],
)
async def test_a_bridged_broker(door: Door, tmp_path: Path, lines: tuple[str, ...]) -> None:
    async with door.open(), site_broker(door, tmp_path, *lines) as site:
        local = ["-h", "127.0.0.1", "-p", str(site.port), "-q", "1"]
        listener = await start(
            "mosquitto_sub",
            *local,
            *("-i", "listener", "-t", "site/child/+/command", "-C", "1", "-v"),
        )
        await said_by(site.process, b"Sending SUBACK to listener")
        for number in range(3):
            code, said = await run(
                "mosquitto_pub",
                *local,
                *("-t", f"site/child/meter-{number}/telemetry", "-m", '{"values": {}}'),
            )
            assert code == 0, said
        messages = await door.ingest.until(3, PATIENCE)
        assert [one.topic for one in messages] == [
            f"linli/v1/child/meter-{number}/telemetry" for number in range(3)
        ]
        assert {one.qos for one in messages} == {1}
        door.command("close_valve", topic=CHILD_COMMANDS.replace("+", "meter-7"))
        async with asyncio.timeout(PATIENCE):
            said, _ = await listener.communicate()
        assert said.decode().strip() == "site/child/meter-7/command close_valve"
        await door.commands.until(lambda: not door.commands.commands)


async def test_a_bridge_sends_again_what_was_not_committed(door: Door, tmp_path: Path) -> None:
    """No PUBACK, no loss: the site's broker keeps the message until linli has it."""
    lines = ("bridge_protocol_version mqttv311", "try_private false")
    async with door.open(), site_broker(door, tmp_path, *lines) as site:
        door.ingest.broken = RuntimeError("the database is gone")
        door.ingest.breaks_once = True
        code, said = await run(
            "mosquitto_pub",
            *("-h", "127.0.0.1", "-p", str(site.port), "-q", "1"),
            *("-t", "site/child/meter-1/telemetry", "-m", "{}"),
        )
        assert code == 0, said
        messages = await door.ingest.until(1, PATIENCE)
        assert [(one.payload, one.duplicate) for one in messages] == [(b"{}", True)]
