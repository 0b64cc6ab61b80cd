"""Statements about CONNECT, CONNACK, sessions, keep-alive and wills, in both versions."""

import pytest
from tests.support.mqtt_client import connected, dial, hello
from tests.support.mqtt_door import COMMAND, FOREIGN, TELEMETRY, Door

from linli.sensing.gateway.mqtt.packets import (
    V5,
    V311,
    Auth,
    ConnAck,
    Connect,
    Disconnect,
    PingReq,
    PingResp,
    Properties,
    Publish,
    WillMessage,
)
from linli.sensing.gateway.mqtt.reasons import Reason
from linli.sensing.gateway.public import LeaveReason, Left, Limits, Unavailable

VERSIONS = pytest.mark.parametrize("version", [V311, V5])
STATE = "linli/v1/state"
OFFLINE = b'{"online": false}'
WILL = WillMessage(STATE, OFFLINE, 1)


@pytest.fixture
def door() -> Door:
    return Door()


async def greet(door: Door, connect: Connect) -> ConnAck:
    async with dial(door, connect.version) as client:
        client.send(connect)
        return await client.expect(ConnAck)


def persistent(version: int, client_id: str = "lift-3", **more: WillMessage) -> Connect:
    return hello(
        version,
        client_id,
        clean=False,
        expiry=600 if version == V5 else None,
        will=more.get("will"),
    )


# Letting in


@VERSIONS
async def test_connack_comes_first_once_and_says_success(door: Door, version: int) -> None:
    """[MQTT-3.1.4-4] [MQTT-3.1.4-5] [MQTT-3.2.0-1] [MQTT-3.2.0-2]"""
    async with door.open(), dial(door, version) as client:
        client.send(hello(version), PingReq())
        connack = await client.expect(ConnAck)
        assert (connack.reason, connack.session_present) == (0, False)
        await client.expect(PingResp)


async def test_connack_of_5_states_what_the_gateway_can_do(door: Door) -> None:
    """[MQTT-3.2.2-9] [MQTT-3.2.2-18]: QoS 2 is taken, retained messages and sharing are not."""
    async with door.open():
        said = (await greet(door, hello())).properties
    assert said.maximum_qos is None
    assert said.retain_available == 0
    assert said.shared_subscription_available == 0
    assert said.wildcard_subscription_available is None
    assert said.maximum_packet_size == 256 * 1_024
    assert said.receive_maximum == 1_024
    assert said.topic_alias_maximum == 64
    assert said.authentication_method is None  # [MQTT-4.12.0-6]


async def test_response_information_is_never_returned(door: Door) -> None:
    """[MQTT-3.1.2-28]"""
    for wanted in (0, 1):
        async with door.open():
            said = await greet(
                door, hello(properties=Properties(request_response_information=wanted))
            )
            assert said.properties.response_information is None


@VERSIONS
@pytest.mark.parametrize("client_id", ["a", "abcdefghijklmnopqrstuvw", "0123456789ABCXYZ"])
async def test_usual_client_ids_are_allowed(door: Door, version: int, client_id: str) -> None:
    """[MQTT-3.1.3-5]"""
    async with door.open():
        assert (await greet(door, hello(version, client_id))).reason == 0


async def test_an_empty_client_id_gets_one_of_its_own(door: Door) -> None:
    """[MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16]"""
    async with (
        door.open(),
        dial(door) as one,
        dial(door) as two,
    ):
        one.send(hello(client_id=""))
        two.send(hello(client_id=""))
        first = (await one.expect(ConnAck)).properties.assigned_client_id
        second = (await two.expect(ConnAck)).properties.assigned_client_id
        assert first
        assert second
        assert first != second


async def test_an_empty_client_id_needs_a_clean_session_in_3_1_1(door: Door) -> None:
    """[MQTT-3.1.3-7] [MQTT-3.1.3-8] of 3.1.1"""
    async with door.open():
        assert (await greet(door, hello(V311, ""))).reason == 0
        async with dial(door, V311) as client:
            client.send(hello(V311, "", clean=False))
            assert (await client.expect(ConnAck)).reason == 2
            await client.ended()


@pytest.mark.parametrize(("version", "code"), [(V311, 2), (V5, 0x85)])
async def test_an_endless_client_id_is_refused(door: Door, version: int, code: int) -> None:
    """[MQTT-3.1.3-8] [MQTT-3.1.3-9]"""
    async with door.open(), dial(door, version) as client:
        client.send(hello(version, "x" * 300))
        assert (await client.expect(ConnAck)).reason == code
        await client.ended()


@pytest.mark.parametrize(("version", "code"), [(V311, 4), (V5, 0x86)])
async def test_wrong_password_is_refused_and_nothing_after_it_read(
    door: Door, version: int, code: int
) -> None:
    """[MQTT-3.1.4-2] of 5, [MQTT-3.1.4-5] of 3.1.1, [MQTT-3.1.4-6] of 5

    [MQTT-3.2.2-4..5] of 3.1.1, [MQTT-3.2.2-6..7] of 5, [MQTT-3.14.0-1] of 5
    """
    async with door.open(), dial(door, version) as client:
        client.send(hello(version, password=b"guess"), Publish(TELEMETRY, b"{}", 1, 1))
        connack = await client.expect(ConnAck)
        assert (connack.reason, connack.session_present) == (code, False)
        await client.ended()
    assert not door.ingest.committed


async def test_authentication_methods_are_refused(door: Door) -> None:
    """[MQTT-4.12.0-1] [MQTT-4.12.0-4]"""
    asked = Properties(authentication_method="SCRAM-SHA-256", authentication_data=b"n,,")
    async with door.open(), dial(door) as client:
        client.send(hello(properties=asked))
        assert (await client.expect(ConnAck)).reason == Reason.BAD_AUTHENTICATION_METHOD
        await client.ended()


async def test_auth_without_a_method_is_a_protocol_error(door: Door) -> None:
    """[MQTT-4.12.0-7] [MQTT-4.12.1-1]"""
    async with door.open(), connected(door) as client:
        client.send(Auth(Reason.RE_AUTHENTICATE, Properties(authentication_method="x")))
        assert (await client.expect(Disconnect)).reason == Reason.PROTOCOL_ERROR
        await client.ended()


@pytest.mark.parametrize(("version", "code"), [(V311, 3), (V5, 0x88)])
async def test_without_the_register_nobody_is_let_in(door: Door, version: int, code: int) -> None:
    """[MQTT-3.2.2-5] of 3.1.1, [MQTT-3.2.2-7] of 5: busy ourselves, and it says so."""
    door.doorkeeper.broken = Unavailable("the database restarts")
    async with door.open(), dial(door, version) as client:
        client.send(hello(version))
        assert (await client.expect(ConnAck)).reason == code
        await client.ended()


# Taking over


@VERSIONS
async def test_the_same_client_takes_its_connection_over(door: Door, version: int) -> None:
    """[MQTT-3.1.4-2] of 3.1.1, [MQTT-3.1.4-3] of 5"""
    async with (
        door.open(),
        connected(door, hello(version)) as old,
        connected(door, hello(version)) as new,
    ):
        if version == V5:
            assert (await old.expect(Disconnect)).reason == Reason.SESSION_TAKEN_OVER
        await old.ended()
        await new.alive()
    reasons = [one.reason for one in door.presence.notices if isinstance(one, Left)]
    assert reasons[0] is LeaveReason.TAKEN_OVER


async def test_another_connection_may_use_the_same_client_id(door: Door) -> None:
    """[MQTT-3.1.3-2]: a client id names a session within its own connection only."""
    door.register("yg-1-gate", b"other")
    async with door.open(), connected(door, hello()) as ours:
        theirs = hello(username="yg-1-gate", password=b"other")
        async with connected(door, theirs) as other:
            await ours.alive()
            await other.alive()


# Sessions


@VERSIONS
async def test_a_session_is_resumed(door: Door, version: int) -> None:
    """[MQTT-3.1.2-4..6] [MQTT-3.1.2-23] of 5, [MQTT-3.2.2-2..3] [MQTT-4.1.0-1]"""
    async with door.open():
        async with connected(door, persistent(version)) as client:
            await client.subscribe(COMMAND)
        door.command("open_gate")
        async with dial(door, version) as client:
            client.send(persistent(version))
            assert (await client.expect(ConnAck)).session_present
            assert (await client.expect(Publish)).payload == b"open_gate"


@VERSIONS
async def test_a_clean_start_begins_anew(door: Door, version: int) -> None:
    """[MQTT-3.1.2-4] [MQTT-3.1.2-6] [MQTT-3.2.2-1] [MQTT-3.2.2-2]"""
    async with door.open():
        async with connected(door, persistent(version)) as client:
            await client.subscribe(COMMAND)
        async with dial(door, version) as client:
            client.send(hello(version, clean=True))
            assert not (await client.expect(ConnAck)).session_present
            door.command("open_gate")
            await client.alive()
    assert not door.sessions.sessions


@VERSIONS
async def test_a_session_without_expiry_ends_with_its_connection(door: Door, version: int) -> None:
    """[MQTT-4.1.0-2]"""
    async with door.open():
        async with connected(door, hello(version, clean=True)) as client:
            await client.subscribe(COMMAND)
        async with dial(door, version) as client:
            client.send(replace_clean(persistent(version)))
            assert not (await client.expect(ConnAck)).session_present


def replace_clean(connect: Connect) -> Connect:
    return hello(connect.version, clean=False, expiry=connect.properties.session_expiry)


async def test_an_expired_session_is_not_resumed(door: Door) -> None:
    """[MQTT-4.1.0-2]"""
    async with door.open():
        async with connected(door, persistent(V5)) as client:
            await client.subscribe(COMMAND)
        await door.presence.until(2)
        door.clock.advance(601)
        assert not (await greet(door, persistent(V5))).session_present


async def test_ended_sessions_are_swept_away(door: Door) -> None:
    """[MQTT-4.1.0-2]"""
    async with door.open():
        async with connected(door, persistent(V5)):
            pass
        await door.presence.until(2)
        assert door.sessions.sessions
        door.clock.advance(601)
        await door.server.sweep()
    assert not door.sessions.sessions


async def test_a_long_expiry_is_cut_to_ours_and_said(door: Door) -> None:
    """[MQTT-3.2.2-3.2]: Session Expiry Interval in CONNACK."""
    async with door.open():
        said = await greet(door, hello(expiry=0xFFFFFFFF))
    assert said.properties.session_expiry == 7 * 24 * 3_600


async def test_disconnect_may_shorten_the_session(door: Door) -> None:
    """3.14.2.2.2"""
    async with door.open():
        async with connected(door, persistent(V5)) as client:
            client.send(Disconnect(0, Properties(session_expiry=0)))
            await client.ended()
        await door.presence.until(2)
    assert not door.sessions.sessions


async def test_disconnect_may_not_invent_a_session(door: Door) -> None:
    """3.14.2.2.2"""
    async with door.open(), connected(door, hello()) as client:
        client.send(Disconnect(0, Properties(session_expiry=60)))
        assert (await client.expect(Disconnect)).reason == Reason.PROTOCOL_ERROR
        await client.ended()


# Keep alive


@VERSIONS
async def test_silence_of_one_and_a_half_keep_alives_ends_it(door: Door, version: int) -> None:
    """[MQTT-3.1.2-24] of 3.1.1, [MQTT-3.1.2-22] [MQTT-3.2.2-22] of 5"""
    async with door.open(), connected(door, hello(version, keep_alive=60)) as client:
        door.pass_time(89)
        await client.alive()
        door.pass_time(91)
        if version == V5:
            assert (await client.expect(Disconnect)).reason == Reason.KEEP_ALIVE_TIMEOUT
        await client.ended()


async def test_any_packet_counts_as_a_sign_of_life(door: Door) -> None:
    """[MQTT-3.1.2-22] of 5"""
    async with door.open(), connected(door, hello(keep_alive=60)) as client:
        for packet_id in range(1, 5):
            door.pass_time(80)
            await client.publish(b"{}", packet_id)


async def test_without_keep_alive_3_1_1_may_be_silent(door: Door) -> None:
    """3.1.2.10 of 3.1.1"""
    async with door.open(), connected(door, hello(V311, keep_alive=0)) as client:
        door.pass_time(100_000)
        await client.alive()


@pytest.mark.parametrize("asked", [0, 1_201, 65_535])
async def test_the_server_sets_the_longest_keep_alive(door: Door, asked: int) -> None:
    """[MQTT-3.1.2-21] [MQTT-3.2.2-21]"""
    async with door.open(), dial(door) as client:
        client.send(hello(keep_alive=asked))
        assert (await client.expect(ConnAck)).properties.server_keep_alive == 1_200
        door.pass_time(1_801)
        assert (await client.expect(Disconnect)).reason == Reason.KEEP_ALIVE_TIMEOUT


async def test_a_usual_keep_alive_is_left_as_it_is(door: Door) -> None:
    """[MQTT-3.2.2-22]"""
    async with door.open():
        assert (await greet(door, hello(keep_alive=60))).properties.server_keep_alive is None


# Wills


@VERSIONS
async def test_the_will_of_a_lost_client_is_published(door: Door, version: int) -> None:
    """[MQTT-3.1.2-7] of 5, [MQTT-3.1.2-8..9] [MQTT-3.1.2-14] of 5, [MQTT-3.1.2-16] of 3.1.1"""
    async with door.open():
        async with connected(door, hello(version, will=WILL)) as client:
            assert door.sessions.sessions
            client.abort()
            (message,) = await door.ingest.until(1)
        assert (message.topic, message.payload, message.qos) == (STATE, OFFLINE, 1)
        assert message.will
        assert not message.retained
        assert message.connection_id == door.admission.connection_id
        await door.presence.until(2)
        assert not door.sessions.sessions  # [MQTT-3.1.2-10]


@VERSIONS
async def test_a_goodbye_drops_the_will(door: Door, version: int) -> None:
    """[MQTT-3.1.2-10] [MQTT-3.14.4-3]"""
    async with door.open():
        async with connected(door, hello(version, will=WILL)) as client:
            client.send(Disconnect())
            await client.ended()
        left = (await door.presence.until(2))[1]
        assert isinstance(left, Left)
        assert (left.reason, left.will) == (LeaveReason.CLIENT, False)
    assert not door.ingest.committed
    assert not door.sessions.sessions


async def test_disconnect_with_will_message_publishes_it(door: Door) -> None:
    """3.14.2.1: reason 0x04"""
    async with door.open(), connected(door, hello(will=WILL)) as client:
        client.send(Disconnect(Reason.DISCONNECT_WITH_WILL))
        await client.ended()
        assert (await door.ingest.until(1))[0].will


@VERSIONS
async def test_no_will_no_message(door: Door, version: int) -> None:
    """[MQTT-3.1.2-12]"""
    async with door.open(), connected(door, hello(version)) as client:
        client.abort()
        await door.presence.until(2)
    assert not door.ingest.committed


@VERSIONS
async def test_breaking_the_protocol_publishes_the_will(door: Door, version: int) -> None:
    """[MQTT-3.1.2-8]"""
    async with door.open(), connected(door, hello(version, will=WILL)) as client:
        client.write(b"\x00\x00")
        assert (await door.ingest.until(1))[0].will


async def test_keep_alive_running_out_publishes_the_will(door: Door) -> None:
    """[MQTT-3.1.2-8] [MQTT-3.1.2-22]"""
    async with door.open(), connected(door, hello(will=WILL, keep_alive=10)):
        door.pass_time(16)
        assert (await door.ingest.until(1))[0].will


def delayed(seconds: int) -> WillMessage:
    return WillMessage(STATE, OFFLINE, 1, properties=Properties(will_delay=seconds))


async def test_a_delayed_will_waits(door: Door) -> None:
    """[MQTT-3.1.2-8]"""
    async with door.open():
        async with connected(door, hello(will=delayed(60), expiry=600)) as client:
            client.abort()
            await door.presence.until(2)
        door.clock.advance(59)
        await door.server.sweep()
        assert not door.ingest.committed
        door.clock.advance(2)
        await door.server.sweep()
        assert door.ingest.committed[0].will
        await door.server.sweep()
        assert len(door.ingest.committed) == 1  # [MQTT-3.1.2-10]
        assert door.sessions.sessions


async def test_a_delay_ends_with_the_session(door: Door) -> None:
    """3.1.3.2.2: whichever comes first"""
    async with door.open(), connected(door, hello(will=delayed(60))) as client:
        client.abort()
        assert (await door.ingest.until(1))[0].will


async def test_coming_back_in_time_saves_from_the_will(door: Door) -> None:
    """[MQTT-3.1.3-9]"""
    async with door.open():
        async with connected(door, hello(will=delayed(60), expiry=600)) as client:
            client.abort()
            await door.presence.until(2)
        async with connected(door, persistent(V5)):
            door.clock.advance(120)
            await door.server.sweep()
    assert not door.ingest.committed


async def test_a_clean_start_ends_the_old_session_and_publishes_its_will(door: Door) -> None:
    """[MQTT-3.1.2-4] [MQTT-3.1.2-8]"""
    async with door.open():
        async with connected(door, hello(will=delayed(60), expiry=600)) as client:
            client.abort()
            await door.presence.until(2)
        async with connected(door, hello(clean=True)):
            assert (await door.ingest.until(1))[0].will


async def test_a_takeover_publishes_an_undelayed_will(door: Door) -> None:
    """[MQTT-3.1.2-8] [MQTT-3.1.4-3]"""
    async with door.open(), connected(door, hello(will=WILL)), connected(door, hello()) as new:
        await new.alive()
        assert (await door.ingest.until(1))[0].will


async def test_retained_wills_are_refused_by_5_and_taken_plainly_from_3_1_1(door: Door) -> None:
    """[MQTT-3.2.2-13] of 5, [MQTT-3.1.2-17] of 3.1.1"""
    retained = WillMessage(STATE, OFFLINE, 0, retain=True)
    async with door.open():
        async with dial(door) as client:
            client.send(hello(will=retained))
            assert (await client.expect(ConnAck)).reason == Reason.RETAIN_NOT_SUPPORTED
            await client.ended()
        async with connected(door, hello(V311, will=retained)) as client:
            client.abort()
            assert (await door.ingest.until(1))[0].retained


async def test_a_will_on_a_foreign_topic(door: Door) -> None:
    """Refused by 5 with 0x90; from 3.1.1 it goes to quarantine like any foreign message."""
    foreign = WillMessage(FOREIGN, b"{}", 0)
    async with door.open():
        assert (await greet(door, hello(will=foreign))).reason == Reason.TOPIC_NAME_INVALID
        async with connected(door, hello(V311, will=foreign)) as client:
            client.abort()
            assert not (await door.ingest.until(1))[0].permitted


# Ending


async def test_after_disconnect_nothing_more_is_read(door: Door) -> None:
    """[MQTT-3.14.4-1] [MQTT-3.14.4-2]"""
    async with door.open():
        async with connected(door) as client:
            client.send(Disconnect(), Publish(TELEMETRY, b"{}", 1, 1))
            await client.ended()
        await door.presence.until(2)
    assert not door.ingest.committed


async def test_the_server_says_nothing_after_its_own_disconnect(door: Door) -> None:
    """[MQTT-3.14.4-1] [MQTT-3.14.4-2] [MQTT-4.13.2-1]"""
    async with door.open(), connected(door) as client:
        client.write(b"\x00\x00\xc0\x00")
        assert [type(packet) for packet in await client.end()] == [Disconnect]


async def test_too_many_clients_of_one_connection(door: Door) -> None:
    """3.2.2.2: 0x97 Quota exceeded"""
    door.limits = Limits(clients=1)
    door.admission = door.register(door.admission.code, b"token-of-lift-3")
    async with door.open(), connected(door, hello(client_id="one")) as one:
        assert (await greet(door, hello(client_id="two"))).reason == Reason.QUOTA_EXCEEDED
        await one.alive()


async def test_packets_larger_than_the_client_takes_are_not_sent(door: Door) -> None:
    """[MQTT-3.1.2-24] [MQTT-3.1.2-25] [MQTT-3.2.2-19]: a command too large counts as refused."""
    narrow = Properties(maximum_packet_size=40)
    async with door.open(), connected(door, hello(properties=narrow)) as client:
        await client.subscribe(COMMAND)
        long = door.command("x" * 100)
        door.command("short")
        assert (await client.expect(Publish)).payload == b"short"
        await door.commands.until(lambda: bool(door.commands.receipts))
        receipt = door.commands.receipts[0]
        assert (receipt.command_id, receipt.refusal) == (long, Reason.PACKET_TOO_LARGE)


async def test_the_shortest_of_goodbyes_for_a_narrow_client(door: Door) -> None:
    """[MQTT-3.14.2-3]: no reason string where it would not fit."""
    for limit, told in ((30, False), (60, True)):
        narrow = Properties(maximum_packet_size=limit)
        async with door.open(), connected(door, hello(properties=narrow)) as client:
            client.write(b"\x00\x00")
            goodbye = await client.expect(Disconnect)
            assert (goodbye.properties.reason_string is not None) is told
