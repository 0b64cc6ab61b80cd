"""The server over loopback: hostile and unlucky clients, limits, restarts, and who is told."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvloop
from structlog.testing import capture_logs
from tests.support.mqtt_certificate import certificate
from tests.support.mqtt_client import BareClient, connected, dial, hello
from tests.support.mqtt_door import (
    COMMAND,
    PASSWORD,
    PATIENCE,
    TELEMETRY,
    USERNAME,
    Door,
    NativeTopics,
)
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from linli.sensing.gateway.mqtt.decode import Decoder
from linli.sensing.gateway.mqtt.encode import encode
from linli.sensing.gateway.mqtt.packets import (
    V5,
    V311,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    WillMessage,
    Wish,
)
from linli.sensing.gateway.mqtt.reasons import Reason
from linli.sensing.gateway.public import (
    Arrived,
    Dismissal,
    DismissalReason,
    Endpoint,
    LeaveReason,
    Left,
    Limits,
    Transport,
    Unavailable,
)

WILL = WillMessage("linli/v1/state", b'{"online": false}', 1)


@pytest.fixture
def door() -> Door:
    return Door()


def limit(door: Door, limits: Limits) -> None:
    door.limits = limits
    door.admission = door.register(USERNAME, PASSWORD)


async def turns(count: int = 20) -> None:
    """Let everything that is ready run; for showing that something did not happen."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - the condition lies in the network stack
            await asyncio.sleep(0)


# Hostile greetings


async def test_a_client_that_says_nothing_is_closed_after_ten_seconds(door: Door) -> None:
    async with door.open(), dial(door) as silent:
        await until(lambda: door.server.counters.connections_waiting == 1)
        door.pass_time(9)
        door.pass_time(2)
        await silent.ended()
        assert door.server.counters.read().refused == {"connect_timeout": 1}


async def test_a_slow_loris_is_closed_too(door: Door) -> None:
    raw = encode(hello(), V5)
    async with door.open(), dial(door) as loris:
        for byte in raw[:8]:
            loris.write(bytes((byte,)))
            await loris.writer.drain()
            await turns()
            door.pass_time(1)
        door.pass_time(3)
        await loris.ended()


async def test_an_oversize_connect_is_refused_by_its_header(door: Door) -> None:
    async with door.open(), dial(door) as client:
        client.write(b"\x10\xff\xff\x7f")
        await client.ended()


async def test_one_address_may_not_hold_all_doors_open(door: Door) -> None:
    door.settings = replace(door.settings, max_waiting_per_address=2)
    async with door.open(), dial(door), dial(door):
        await until(lambda: door.server.counters.connections_waiting == 2)
        async with dial(door) as third:
            await third.ended()
        assert door.server.counters.read().refused == {"too_many_from_address": 1}


async def test_admitted_clients_do_not_count_as_waiting(door: Door) -> None:
    door.settings = replace(door.settings, max_waiting_per_address=1)
    async with (
        door.open(),
        connected(door, hello(client_id="one")) as one,
        connected(door, hello(client_id="two")) as two,
    ):
        await one.alive()
        await two.alive()
        assert door.server.counters.connections_waiting == 0
        assert door.server.counters.connections_open == 2


async def test_a_county_at_the_door_is_let_in_one_after_the_other(door: Door) -> None:
    """After a restart everybody comes at once: the register is asked by few at a time."""
    door.limits = Limits(clients=100)
    door.admission = door.register(USERNAME, PASSWORD)
    door.settings = replace(door.settings, max_entering=2, max_waiting_per_address=20)
    door.doorkeeper.gate.clear()

    async def come(number: int) -> None:
        async with connected(door, hello(client_id=f"cam-{number}")) as client:
            await client.alive()

    async with door.open(), asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(come(number))
        await until(lambda: len(door.doorkeeper.asked) == 2)
        await until(lambda: door.server.counters.connections_open == 20)
        await until(lambda: door.server.counters.connections_waiting == 0)
        door.pass_time(30)
        assert len(door.doorkeeper.asked) == 2
        door.doorkeeper.gate.set()
    assert len(door.doorkeeper.asked) == 20


async def test_the_house_is_full_at_some_point(door: Door) -> None:
    door.settings = replace(door.settings, max_connections=1)
    async with door.open(), connected(door) as inside:
        async with dial(door) as outside:
            await outside.ended()
        await inside.alive()


async def test_guessing_tokens_is_slowed_without_asking_the_register(door: Door) -> None:
    async with door.open():
        for _ in range(6):
            async with dial(door) as thief:
                thief.send(hello(password=b"guess"))
                assert (await thief.expect(ConnAck)).reason == Reason.BAD_USER_NAME_OR_PASSWORD
        asked = len(door.doorkeeper.asked)
        async with dial(door) as thief:
            thief.send(hello())
            assert (await thief.expect(ConnAck)).reason == Reason.CONNECTION_RATE_EXCEEDED
            await thief.ended()
        async with dial(door, V311) as thief:
            thief.send(hello(V311))
            assert (await thief.expect(ConnAck)).reason == 3
        assert len(door.doorkeeper.asked) == asked
        door.register("neighbour", b"n")
        async with connected(door, hello(username="neighbour", password=b"n")) as neighbour:
            await neighbour.alive()
        door.clock.advance(2)
        async with connected(door) as owner:
            await owner.alive()


async def test_many_names_from_one_address_are_slowed_together(door: Door) -> None:
    async with door.open():
        for number in range(101):
            async with dial(door) as thief:
                thief.send(hello(username=f"cam-{number}", password=b"guess"))
                await thief.expect(ConnAck)
        async with dial(door) as thief:
            thief.send(hello(username="cam-x", password=b"guess"))
            assert (await thief.expect(ConnAck)).reason == Reason.CONNECTION_RATE_EXCEEDED


async def test_credentials_reach_the_doorkeeper_and_no_log(door: Door) -> None:
    async with door.open(), connected(door):
        (asked,) = door.doorkeeper.asked
    assert (asked.username, asked.password, asked.client_id) == (USERNAME, PASSWORD, "lift-3")
    assert (asked.address, asked.transport) == ("127.0.0.1", Transport.TCP)
    assert "token-of" not in repr(asked)


async def test_what_comes_with_connect_waits_for_the_doorkeeper(door: Door) -> None:
    door.doorkeeper.gate.clear()
    async with door.open(), dial(door) as client:
        client.send(hello(), Publish(TELEMETRY, b"1", 1, 1))
        await until(lambda: bool(door.doorkeeper.asked))
        client.send(Publish(TELEMETRY, b"2", 1, 2))
        await turns()
        assert not door.ingest.batches
        door.doorkeeper.gate.set()
        await client.expect(ConnAck)
        assert [await client.read(), await client.read()] == [PubAck(1), PubAck(2)]


async def test_a_client_gone_before_its_connack_leaves_no_trace(door: Door) -> None:
    door.doorkeeper.gate.clear()
    async with door.open():
        async with dial(door) as client:
            client.send(hello(will=WILL, expiry=600, clean=False))
            await until(lambda: bool(door.doorkeeper.asked))
            client.abort()
            door.pass_time(61)
            await until(lambda: door.server.counters.connections_open == 0)
        door.doorkeeper.gate.set()
        await turns()
    assert not door.presence.notices
    assert not door.sessions.sessions
    assert not door.ingest.committed


# Limits that leave others unharmed


async def test_too_fast_a_client_is_read_more_slowly_and_others_are_not(door: Door) -> None:
    limit(door, Limits(messages_per_second=10, messages_burst=50))
    door.register("neighbour", b"n")
    async with (
        door.open(),
        connected(door, hello(V311, "loud")) as loud,
        connected(door, hello(client_id="n", username="neighbour", password=b"n")) as neighbour,
    ):
        loud.send(*(Publish(TELEMETRY, b"{}", 1, packet_id) for packet_id in range(1, 71)))
        for _ in range(70):
            await loud.expect(PubAck)
        loud.send(Publish(TELEMETRY, b"late", 1, 71))
        await neighbour.publish(b"{}")
        await turns()
        assert len(door.ingest.committed) == 71
        door.pass_time(1)
        await neighbour.alive()
        assert len(door.ingest.committed) == 71
        door.pass_time(1.5)
        await loud.expect(PubAck)
        assert door.server.counters.read().refused == {"slowed": 1}


async def test_a_flood_of_pings_is_a_flood_too(door: Door) -> None:
    limit(door, Limits(messages_per_second=10, messages_burst=50))
    async with door.open(), connected(door) as loud:
        loud.send(*(PingReq() for _ in range(60)))
        for _ in range(60):
            await loud.expect(PingResp)
        loud.send(PingReq())
        await turns()
        assert door.server.counters.read().refused == {"slowed": 1}
        door.pass_time(2)
        await loud.expect(PingResp)


async def test_a_flood_of_subscriptions_waits_for_the_store(door: Door) -> None:
    async with door.open(), connected(door, hello(expiry=600)) as loud:
        wishes = [Subscribe(number, (Wish(COMMAND, number % 2),)) for number in range(1, 501)]
        loud.send(*wishes)
        for number in range(1, 501):
            assert (await loud.expect(SubAck)).packet_id == number
        await loud.alive()


async def test_a_token_revoked_while_its_bearer_comes_in(door: Door) -> None:
    door.doorkeeper.gate.clear()
    async with door.open(), dial(door) as client:
        client.send(hello(expiry=600))
        await until(lambda: bool(door.doorkeeper.asked))
        door.server.dismiss(door.admission.connection_id, DismissalReason.REVOKED)
        door.doorkeeper.gate.set()
        assert (await client.expect(ConnAck)).reason == Reason.NOT_AUTHORIZED
        await client.ended()
    assert not door.sessions.sessions
    assert not door.presence.notices


async def test_being_slowed_does_not_count_as_silence(door: Door) -> None:
    limit(door, Limits(bytes_per_second=10, bytes_burst=100))
    async with door.open(), connected(door, hello(keep_alive=10)) as client:
        client.send(Publish(TELEMETRY, b"x" * 1_000, 1, 1))
        await client.expect(PubAck)
        client.send(PingReq())
        door.pass_time(60)
        door.pass_time(60)
        await client.expect(PingResp)


async def test_nothing_more_is_read_while_too_much_waits_for_the_database(door: Door) -> None:
    limit(door, Limits(in_flight=4))
    door.ingest.held = True
    async with (
        door.open(),
        connected(door, hello(V311, "busy")) as busy,
        connected(door, hello(V311, "other")) as other,
    ):
        busy.send(*(Publish(TELEMETRY, b"1", 1, packet_id) for packet_id in range(1, 5)))
        await door.ingest.until_waiting(1)
        busy.send(Publish(TELEMETRY, b"2", 1, 5))
        await other.alive()
        await turns()
        assert door.ingest.waiting == 1
        door.ingest.commit()
        for packet_id in range(1, 5):
            assert await busy.read() == PubAck(packet_id)
        await door.ingest.until_waiting(1)
        door.ingest.commit()
        assert await busy.read() == PubAck(5)


async def test_when_the_database_lags_nobody_is_read_until_half_is_committed(door: Door) -> None:
    door.settings = replace(door.settings, max_in_flight=4)
    door.ingest.held = True
    async with (
        door.open(),
        connected(door, hello(client_id="one")) as one,
        connected(door, hello(client_id="two")) as two,
    ):
        for client in (one, two):
            client.send(*(Publish(TELEMETRY, b"1", 1, packet_id) for packet_id in (1, 2)))
            await door.ingest.until_waiting(1 if client is one else 2)
        two.send(Publish(TELEMETRY, b"2", 1, 3))
        await turns()
        assert door.ingest.waiting == 2
        door.ingest.commit()
        await door.ingest.until_waiting(2)
        door.ingest.held = False
        door.ingest.commit()
        door.ingest.commit()
        assert [await two.read() for _ in range(3)] == [PubAck(1), PubAck(2), PubAck(3)]


async def test_a_permission_with_a_bug_costs_one_connection(door: Door) -> None:
    class Broken(NativeTopics):
        def may_publish(self, topic: str) -> bool:
            raise ZeroDivisionError(topic)

    door.register("broken", b"b", Broken())
    async with (
        door.open(),
        connected(door) as good,
        connected(door, hello(client_id="b", username="broken", password=b"b")) as bad,
    ):
        bad.send(Publish(TELEMETRY, b"1", 1, 1))
        assert (await bad.expect(Disconnect)).reason == Reason.IMPLEMENTATION_ERROR
        await bad.ended()
        await good.publish(b"{}")
        assert door.server.counters.read().failures == {"receive": 1}


async def test_a_client_that_does_not_read_is_cut_off(door: Door) -> None:
    limit(door, Limits(commands_in_flight=1_000))
    door.settings = replace(door.settings, write_buffer=4_096)
    async with (
        door.open(),
        connected(door) as deaf,
        connected(door, hello(client_id="good")) as good,
    ):
        await deaf.subscribe(COMMAND)
        deaf.writer.transport.pause_reading()  # type: ignore[attr-defined] # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
        for _ in range(400):
            door.command("x" * 60_000)
        await until(lambda: len(door.commands.sendings) >= 100)
        await good.alive()
        door.pass_time(31)
        left = [one for one in await door.presence.until(3) if isinstance(one, Left)]
        assert [one.reason for one in left] == [LeaveReason.SLOW]
        await good.alive()


async def test_half_open_connections_are_dropped_by_keep_alive(door: Door) -> None:
    async with door.open(), connected(door, hello(keep_alive=30, will=WILL)) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined] # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
        door.pass_time(46)
        assert (await door.ingest.until(1))[0].will
        left = (await door.presence.until(2))[1]
        assert isinstance(left, Left)
        assert (left.reason, left.will) == (LeaveReason.KEEP_ALIVE, True)


# Ports that fail


async def test_a_register_with_a_bug_costs_one_connection_and_is_counted(door: Door) -> None:
    door.doorkeeper.broken = ZeroDivisionError("a bug")
    async with door.open():
        async with dial(door) as client:
            client.send(hello())
            await client.ended()
        assert door.server.counters.read().failures == {"effect": 1}
        door.doorkeeper.broken = None
        async with connected(door) as client:
            await client.alive()


async def test_without_the_session_store_nobody_with_a_session_comes_in(door: Door) -> None:
    async with door.open():
        door.sessions.broken = Unavailable("the database restarts")
        async with dial(door) as client:
            client.send(hello(expiry=600))
            assert (await client.expect(ConnAck)).reason == Reason.SERVER_UNAVAILABLE
            await client.ended()
        door.sessions.broken = None
        async with connected(door) as client:
            await client.alive()


async def test_an_outage_is_told_when_it_begins_and_when_it_ends(door: Door) -> None:
    """Not thirty times a second: how often calls failed is counted and told at the end."""
    with capture_logs() as said:
        async with door.open():
            door.sessions.broken = Unavailable("the database restarts")
            for _ in range(5):
                async with dial(door) as client:
                    client.send(hello(expiry=600))
                    await client.expect(ConnAck)
            door.sessions.broken = None
            await door.server.sweep()
    lines = [line for line in said if line["event"].startswith("mqtt_port")]
    assert [line["event"] for line in lines] == ["mqtt_port_unavailable", "mqtt_port_available"]
    assert lines[1]["failures"] == {"enter": 5}


async def test_a_subscription_that_cannot_be_stored_is_not_confirmed(door: Door) -> None:
    async with door.open():
        async with connected(door, hello(expiry=600)) as client:
            door.sessions.broken = Unavailable("the database restarts")
            client.send(Subscribe(1, (Wish(COMMAND, 1),)))
            assert (await client.expect(Disconnect)).reason == Reason.IMPLEMENTATION_ERROR
            await client.ended()
        door.sessions.broken = None


async def test_presence_is_told_again_until_it_hears(door: Door) -> None:
    door.presence.failures = 3
    async with door.open(), connected(door):
        (notice,) = await door.presence.until(1)
        assert isinstance(notice, Arrived)
        assert notice.transport is Transport.TCP
        assert door.server.counters.read().failures == {"presence": 3}


async def test_a_will_that_cannot_be_committed_is_tried_again(door: Door) -> None:
    async with door.open():
        async with connected(door, hello(will=WILL)) as client:
            door.ingest.broken = RuntimeError("the database is gone")
            client.abort()
            await door.presence.until(2)
        door.ingest.broken = None
        assert not door.ingest.committed
        await door.server.sweep()
        assert door.ingest.committed[0].will
    assert not door.sessions.sessions


# Commands while the client is away, revocation


async def test_commands_wait_for_a_client_that_is_away(door: Door) -> None:
    door.command("open_gate")
    async with door.open(), connected(door, hello(V311)) as client:
        await client.subscribe(COMMAND)
        message = await client.expect(Publish)
        client.send(PubAck(message.packet_id))
        await door.commands.until(lambda: not door.commands.commands)
        counts = door.server.counters
        assert (counts.commands_sent, counts.commands_acknowledged) == (1, 1)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (DismissalReason.REVOKED, Reason.NOT_AUTHORIZED),
        (DismissalReason.ADMINISTRATIVE, Reason.ADMINISTRATIVE_ACTION),
        (DismissalReason.TAKEN_OVER, Reason.SESSION_TAKEN_OVER),
    ],
)
async def test_revoking_drops_every_client_of_a_connection_at_once(
    door: Door, order: DismissalReason, reason: Reason
) -> None:
    door.register("neighbour", b"n")
    async with (
        door.open(),
        connected(door, hello(client_id="one")) as one,
        connected(door, hello(client_id="two")) as two,
        connected(door, hello(username="neighbour", password=b"n")) as neighbour,
    ):
        door.doorkeeper.orders.put_nowait(Dismissal(door.admission.connection_id, order))
        for client in (one, two):
            assert (await client.expect(Disconnect)).reason == reason
            await client.ended()
        await neighbour.alive()


async def test_a_client_that_moved_to_another_gateway_is_dropped_here(door: Door) -> None:
    """Its session lives on there: nothing of ours overwrites it."""
    async with (
        door.open(),
        connected(door, hello(client_id="moved", expiry=600)) as moved,
        connected(door, hello(client_id="stays")) as stays,
    ):
        key = (door.admission.connection_id, "moved")
        there = replace(door.sessions.sessions[key], gateway="gateway-2")
        door.sessions.sessions[key] = there
        for gateway in ("gateway-3", "gateway-1"):
            door.doorkeeper.orders.put_nowait(
                Dismissal(key[0], DismissalReason.TAKEN_OVER, "moved", gateway)
            )
        assert (await moved.expect(Disconnect)).reason == Reason.SESSION_TAKEN_OVER
        await moved.ended()
        await door.presence.until(3)
        assert door.sessions.sessions[key] == there
        await stays.alive()


# Restarts


async def test_shutting_down_finishes_what_is_in_flight_and_says_goodbye(door: Door) -> None:
    door.ingest.held = True
    async with asyncio.TaskGroup() as group:
        async with door.open():
            client = await _enter(door, hello())
            old = await _enter(door, hello(V311, "old"))
            client.send(Publish(TELEMETRY, b"{}", 1, 1))
            await door.ingest.until_waiting(1)
            group.create_task(_commit_later(door))
        assert await client.end() == [
            PubAck(1),
            Disconnect(Reason.SERVER_SHUTTING_DOWN),
        ]
        assert await old.end() == []
        await client.close()
        await old.close()
    reasons = {one.reason for one in door.presence.notices if isinstance(one, Left)}
    assert reasons == {LeaveReason.SHUTDOWN}


async def _enter(door: Door, connect: Connect) -> BareClient:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    client = BareClient(reader, writer, connect.version)
    client.send(connect)
    await client.expect(ConnAck)
    return client


async def _commit_later(door: Door) -> None:
    await turns()
    door.ingest.commit()


async def test_a_restart_is_no_reason_for_wills(door: Door) -> None:
    back = hello(will=WILL, expiry=600, clean=False)
    async with door.open():
        staying = await _enter(door, back)
        going = await _enter(door, replace_id(back, "gone"))
    await staying.close()
    await going.close()
    assert not door.ingest.committed
    assert {one.gateway for one in door.sessions.sessions.values()} == {None}
    async with door.open(), connected(door, back):
        door.clock.advance(121)
        await door.server.sweep()
        assert [one.client_id for one in door.ingest.committed] == ["gone"]
    assert door.presence.starts == ["gateway-1", "gateway-1"]


def replace_id(connect: Connect, client_id: str) -> Connect:
    return Connect(
        version=connect.version,
        client_id=client_id,
        clean_start=connect.clean_start,
        keep_alive=connect.keep_alive,
        will=connect.will,
        username=connect.username,
        password=connect.password,
        properties=connect.properties,
    )


async def test_after_a_crash_sessions_and_wills_are_still_there(door: Door) -> None:
    """What a killed gateway leaves in the store is what the next one finds."""
    back = hello(will=WILL, expiry=600, clean=False)
    async with door.open(), connected(door, back) as client:
        await client.subscribe(COMMAND)
        crashed = dict(door.sessions.sessions)
    door.sessions.sessions = crashed
    assert {one.gateway for one in crashed.values()} == {"gateway-1"}
    door.command("open_gate")
    async with door.open(), dial(door) as client:
        client.send(back)
        assert (await client.expect(ConnAck)).session_present
        assert (await client.expect(Publish)).payload == b"open_gate"
    door.ingest.committed.clear()
    door.sessions.sessions = crashed
    async with door.open():
        door.clock.advance(121)
        await door.server.sweep()
        assert door.ingest.committed[0].will


# All at once


async def test_a_crowd_of_unlucky_clients_loses_nothing_acknowledged(door: Door) -> None:
    """Half of them vanish with messages under way; whatever was acknowledged was committed."""
    door.limits = Limits(clients=100)
    door.admission = door.register(USERNAME, PASSWORD)
    door.ingest.held = True
    acknowledged: list[bytes] = []

    async def commit() -> None:
        while True:
            await door.ingest.until_waiting(1)
            await asyncio.sleep(0)
            while door.ingest.waiting:
                door.ingest.commit()

    async def client(number: int) -> None:
        version = V5 if number % 2 else V311
        async with connected(door, hello(version, f"cam-{number}", will=WILL)) as one:
            sent = {at: b"%d-%d" % (number, at) for at in range(1, 41)}
            one.send(*(Publish(TELEMETRY, text, 1, at) for at, text in sent.items()))
            for _ in range(20 if number % 4 < 2 else 40):
                ack = await one.expect(PubAck)
                acknowledged.append(sent[ack.packet_id])
            if number % 4 < 2:
                one.abort()
            else:
                one.send(Disconnect())
                await one.ended()

    async with door.open():
        committing = asyncio.ensure_future(commit())
        await asyncio.gather(*(client(number) for number in range(60)))
        await door.presence.until(120)
        committing.cancel()
        await until(lambda: door.server.counters.connections_open == 0)
        assert door.server.in_flight == 0
        counts = door.server.counters.read()
    committed = [one.payload for one in door.ingest.committed if not one.will]
    assert len(acknowledged) == 30 * 20 + 30 * 40
    assert set(acknowledged) <= set(committed)
    assert len(committed) == len(set(committed))
    assert sum(one.will for one in door.ingest.committed) == 30
    assert counts.left == {"lost": 30, "client": 30}
    assert counts.failures == {}
    assert not door.sessions.sessions


# Other transports


class WebSocketClient:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._decoder = Decoder(V5)
        self._packets: list[Packet] = []

    async def read(self) -> Packet:
        async with asyncio.timeout(PATIENCE):
            while not self._packets:
                raw = await self.socket.recv()
                assert isinstance(raw, bytes)
                self._decoder.feed(raw, self._packets)
        return self._packets.pop(0)


@asynccontextmanager
async def websocket(
    door: Door, path: str = "/mqtt", protocol: str = "mqtt"
) -> AsyncGenerator[WebSocketClient]:
    url = f"ws://127.0.0.1:{door.websocket_port}{path}"
    async with connect_websocket(
        url, subprotocols=[Subprotocol(protocol)], proxy=None, compression=None
    ) as socket:
        yield WebSocketClient(socket)


async def test_mqtt_in_websocket_frames_of_any_cut(door: Door) -> None:
    """[MQTT-6.0.0-1..4]"""
    raw = encode(hello(), V5) + encode(Publish(TELEMETRY, b"x" * 5_000, 1, 3), V5)
    async with door.open(), websocket(door) as client:
        assert client.socket.subprotocol == "mqtt"
        for start in range(0, len(raw), 7):
            await client.socket.send(raw[start : start + 7])
        assert isinstance(await client.read(), ConnAck)
        assert await client.read() == PubAck(3)
        await client.socket.ping()
        await client.socket.send(encode(PingReq(), V5) * 2)
        assert [await client.read(), await client.read()] == [PingResp(), PingResp()]
        assert door.doorkeeper.asked[0].transport is Transport.WEBSOCKET


async def test_text_frames_end_the_connection(door: Door) -> None:
    """[MQTT-6.0.0-1]"""
    async with door.open(), websocket(door) as client:
        await client.socket.send("CONNECT")
        with pytest.raises(ConnectionClosed):
            await client.read()


@pytest.mark.parametrize(("path", "protocol", "status"), [("/", "mqtt", 404), ("/mqtt", "x", 400)])
async def test_only_mqtt_is_spoken_on_the_websocket(
    door: Door, path: str, protocol: str, status: int
) -> None:
    """[MQTT-6.0.0-3]"""
    async with door.open():
        with pytest.raises(InvalidStatus) as refused:
            async with websocket(door, path, protocol):
                pass
        assert refused.value.response.status_code == status


async def test_rubbish_on_the_websocket_port(door: Door) -> None:
    async with door.open():
        for rubbish in (b"\x10\x00\x00\x00" * 10, b"GET /mqtt HTTP/1.1\r\n\r\n", b"x" * 100_000):
            reader, writer = await asyncio.open_connection("127.0.0.1", door.websocket_port)
            writer.write(rubbish)
            async with asyncio.timeout(PATIENCE):
                while await reader.read(1_000):
                    pass
            writer.close()
        async with websocket(door) as client:
            await client.socket.send(encode(hello(), V5))
            assert isinstance(await client.read(), ConnAck)


async def test_goodbye_over_a_websocket(door: Door) -> None:
    async with door.open(), websocket(door) as client:
        await client.socket.send(encode(hello(), V5))
        await client.read()
        door.server.dismiss(door.admission.connection_id, DismissalReason.REVOKED)
        goodbye = await client.read()
        assert isinstance(goodbye, Disconnect)
        with pytest.raises(ConnectionClosed):
            await client.read()


async def test_mqtt_over_tls(door: Door, tmp_path: Path) -> None:
    context, file = certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=file)
    door.settings = replace(door.settings, endpoints=(Endpoint("127.0.0.1", 0, tls=context),))
    async with door.open():
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", door.port, ssl=trusting, server_hostname="localhost"
        )
        client = BareClient(reader, writer, V5)
        client.send(hello())
        await client.expect(ConnAck)
        await client.publish(b"x" * 100_000)
        await client.close()
        await door.presence.until(2)
    assert door.doorkeeper.asked[0].transport is Transport.TLS


def test_the_server_runs_on_uvloop() -> None:
    async def story() -> None:
        door = Door()
        async with door.open(), connected(door) as client:
            await client.subscribe(COMMAND)
            door.command("open_gate")
            await client.expect(Publish)
            await client.publish(b"x" * 100_000)
            door.pass_time(91)
            await client.expect(Disconnect)

    uvloop.run(story())
