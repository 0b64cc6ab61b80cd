"""Statements about SUBSCRIBE, UNSUBSCRIBE, PUBLISH to a client, and ping."""

import pytest
from tests.support.mqtt_client import BareClient, connected, dial, hello
from tests.support.mqtt_door import CHILD_COMMANDS, COMMAND, FOREIGN, Door

from linli.sensing.gateway.mqtt.packets import (
    V5,
    V311,
    ConnAck,
    Connect,
    PingReq,
    PingResp,
    Properties,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
    Wish,
)
from linli.sensing.gateway.mqtt.reasons import Reason
from linli.sensing.gateway.public import Limits

VERSIONS = pytest.mark.parametrize("version", [V311, V5])
METER = "linli/v1/child/meter-7/command"


@pytest.fixture
def door() -> Door:
    return Door()


def back(version: int, properties: Properties | None = None) -> Connect:
    expiry = Properties(session_expiry=600) if version == V5 else None
    return hello(version, clean=False, properties=properties or expiry)


async def unsubscribe(client: BareClient, *filters: str) -> UnsubAck:
    client.send(Unsubscribe(20, filters))
    return await client.expect(UnsubAck)


@VERSIONS
async def test_every_filter_gets_its_answer_in_order(door: Door, version: int) -> None:
    """[MQTT-3.8.4-1..2] [MQTT-3.8.4-4..5] of 3.1.1, [MQTT-3.8.4-5..7] of 5

    [MQTT-3.9.3-1..2] [MQTT-2.2.1-6] of 5, [MQTT-2.3.1-7] of 3.1.1
    """
    no = Reason.NOT_AUTHORIZED if version == V5 else 0x80
    async with door.open(), connected(door, hello(version)) as client:
        client.send(
            Subscribe(
                7,
                (Wish(COMMAND, 0), Wish(FOREIGN, 1), Wish(CHILD_COMMANDS, 2), Wish("#", 1)),
            )
        )
        assert await client.read() == SubAck(7, (0, no, 1, no))


@VERSIONS
@pytest.mark.parametrize(
    ("topic_filter", "allowed"),
    [
        (COMMAND, True),
        (CHILD_COMMANDS, True),
        (METER, True),
        ("#", False),
        ("+/+/+", False),
        ("linli/v1/#", False),
        ("linli/v1/+", False),
        ("linli/v1/child/+/+", False),
        ("linli/v1/child/#", False),
        ("linli/v1/command/#", False),
        ("/linli/v1/command", False),
        ("$SYS/#", False),
    ],
)
async def test_only_ones_own_command_topics(
    door: Door, version: int, topic_filter: str, *, allowed: bool
) -> None:
    """[MQTT-3.8.3-2] of 3.1.1, [MQTT-4.7.2-1]: a wildcard must not reach further."""
    async with door.open(), connected(door, hello(version)) as client:
        reason = (await client.subscribe(topic_filter)).reasons[0]
        assert (reason < 0x80) is allowed


async def test_shared_subscriptions_are_refused(door: Door) -> None:
    """[MQTT-4.8.2-1]: 0x9E; to 3.1.1 it is a foreign topic like any other."""
    async with door.open():
        async with connected(door) as client:
            ack = await client.subscribe("$share/site/" + COMMAND)
            assert ack.reasons == (Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,)
        async with connected(door, hello(V311)) as client:
            assert (await client.subscribe("$share/site/" + COMMAND)).reasons == (0x80,)


@pytest.mark.parametrize(("version", "no"), [(V311, 0x80), (V5, Reason.QUOTA_EXCEEDED)])
async def test_there_is_an_end_to_subscriptions(door: Door, version: int, no: int) -> None:
    door.limits = Limits(subscriptions=1)
    door.admission = door.register(door.admission.code, b"token-of-lift-3")
    async with door.open(), connected(door, hello(version)) as client:
        client.send(Subscribe(1, (Wish(COMMAND, 1), Wish(COMMAND, 0), Wish(METER, 1))))
        assert (await client.expect(SubAck)).reasons == (1, 0, no)


@VERSIONS
async def test_a_command_reaches_its_subscriber(door: Door, version: int) -> None:
    """[MQTT-3.3.2-3] [MQTT-4.3.2-1] [MQTT-4.5.0-1] [MQTT-3.3.1-2..3]

    [MQTT-2.2.1-4] of 5, [MQTT-2.3.1-4] of 3.1.1
    """
    async with door.open(), connected(door, hello(version)) as client:
        await client.subscribe(COMMAND)
        command_id = door.command("open_gate")
        message = await client.expect(Publish)
        assert (message.topic, message.payload, message.qos) == (COMMAND, b"open_gate", 1)
        assert message.packet_id > 0
        assert not message.dup
        assert not message.retain
        assert door.commands.sendings[0].command_id == command_id
        client.send(PubAck(message.packet_id))
        await door.commands.until(lambda: bool(door.commands.receipts))
        assert door.commands.receipts[0].command_id == command_id
        assert not door.commands.commands


@VERSIONS
async def test_a_waiting_command_comes_with_the_subscription(door: Door, version: int) -> None:
    async with door.open(), connected(door, hello(version)) as client:
        door.command("open_gate")
        await client.alive()
        await client.subscribe(COMMAND)
        assert (await client.expect(Publish)).payload == b"open_gate"


@VERSIONS
@pytest.mark.parametrize(("wanted", "sent"), [(0, 0), (1, 1), (2, 1)])
async def test_qos_of_a_command_is_the_granted_one(
    door: Door, version: int, wanted: int, sent: int
) -> None:
    """[MQTT-3.8.4-8] [MQTT-3.3.4-2] of 5, [MQTT-3.8.4-6] of 3.1.1"""
    async with door.open(), connected(door, hello(version)) as client:
        assert (await client.subscribe(COMMAND, wanted)).reasons == (sent,)
        door.command("open_gate")
        message = await client.expect(Publish)
        assert (message.qos, bool(message.packet_id)) == (sent, bool(sent))
        if not sent:
            assert not door.commands.commands


async def test_overlapping_subscriptions_give_one_copy_with_every_identifier(door: Door) -> None:
    """[MQTT-3.3.4-2] [MQTT-3.3.4-3] [MQTT-3.3.4-4], [MQTT-3.3.5-1] of 3.1.1"""
    async with door.open(), connected(door) as client:
        for packet_id, (topic_filter, qos) in enumerate(((CHILD_COMMANDS, 1), (METER, 0)), 1):
            client.send(
                Subscribe(
                    packet_id,
                    (Wish(topic_filter, qos),),
                    Properties(subscription_ids=(packet_id * 100,)),
                )
            )
            await client.expect(SubAck)
        door.command("close_valve", topic=METER)
        message = await client.expect(Publish)
        assert message.qos == 1
        assert message.properties.subscription_ids == (100, 200)
        await client.alive()


async def test_no_aliases_towards_a_client(door: Door) -> None:
    """[MQTT-3.1.2-26] [MQTT-3.1.2-27] [MQTT-3.3.2-11]"""
    for maximum in (None, 10):
        async with (
            door.open(),
            connected(door, hello(properties=Properties(topic_alias_maximum=maximum))) as client,
        ):
            await client.subscribe(COMMAND)
            door.command("open_gate")
            message = await client.expect(Publish)
            assert message.properties.topic_alias is None
            assert message.topic == COMMAND
            client.send(PubAck(message.packet_id))
            await door.commands.until(lambda: not door.commands.commands)


async def test_an_identical_filter_replaces_the_subscription(door: Door) -> None:
    """[MQTT-3.8.4-3]"""
    async with door.open(), connected(door) as client:
        await client.subscribe(COMMAND, 0)
        await client.subscribe(COMMAND, 1)
        door.command("open_gate")
        assert (await client.expect(Publish)).qos == 1
        await client.alive()


@VERSIONS
async def test_unsubscribing(door: Door, version: int) -> None:
    """[MQTT-3.10.4-1] [MQTT-3.10.4-2] [MQTT-3.10.4-4..6] [MQTT-3.11.3-1] [MQTT-3.11.3-2]"""
    async with door.open(), connected(door, back(version)) as client:
        await client.subscribe(METER)
        await client.subscribe(COMMAND)
        ack = await unsubscribe(client, CHILD_COMMANDS, COMMAND, FOREIGN)
        assert ack.packet_id == 20
        assert ack.reasons == ((0x11, 0, 0x11) if version == V5 else ())
        door.command("open_gate")
        door.command("close_valve", topic=METER)
        assert (await client.expect(Publish)).payload == b"close_valve"
        await client.alive()
        (session,) = door.sessions.sessions.values()
        assert [one.topic_filter for one in session.subscriptions] == [METER]


@VERSIONS
async def test_unsubscribing_does_not_stop_what_was_begun(door: Door, version: int) -> None:
    """[MQTT-3.10.4-3]"""
    async with door.open():
        async with connected(door, back(version)) as client:
            await client.subscribe(COMMAND)
            door.command("open_gate")
            first = await client.expect(Publish)
            await unsubscribe(client, COMMAND)
        async with dial(door, version) as client:
            client.send(back(version))
            assert (await client.expect(ConnAck)).session_present
            again = await client.expect(Publish)
            assert (again.packet_id, again.dup) == (first.packet_id, True)


@VERSIONS
async def test_unacknowledged_commands_are_repeated_on_return(door: Door, version: int) -> None:
    """[MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.6.0-1] [MQTT-4.6.0-6] [MQTT-3.1.2-5]"""
    async with door.open(), connected(door, back(version)) as client:
        await client.subscribe(COMMAND)
        for name in ("one", "two", "three"):
            door.command(name)
        sent = [await client.expect(Publish) for _ in range(3)]
        client.send(PubAck(sent[1].packet_id))
        await door.commands.until(lambda: bool(door.commands.receipts))
        await client.alive()
        client.abort()
        await door.presence.until(2)
    async with door.open(), dial(door, version) as client:
        client.send(back(version))
        await client.expect(ConnAck)
        again = [await client.expect(Publish) for _ in range(2)]
        assert [(one.payload, one.packet_id, one.dup) for one in again] == [
            (b"one", sent[0].packet_id, True),
            (b"three", sent[2].packet_id, True),
        ]
        door.command("four")
        fresh = await client.expect(Publish)
        assert not fresh.dup
        assert fresh.packet_id not in {one.packet_id for one in again}
        await client.alive()


async def test_nothing_is_repeated_while_the_connection_lasts(door: Door) -> None:
    """[MQTT-4.4.0-1]"""
    async with door.open(), connected(door) as client:
        await client.subscribe(COMMAND)
        door.command("one")
        await client.expect(Publish)
        door.pass_time(50)
        door.command("two")
        assert (await client.expect(Publish)).payload == b"two"
        await client.subscribe(COMMAND)
        await client.alive()


async def test_a_command_the_client_refuses_is_not_repeated(door: Door) -> None:
    """[MQTT-4.4.0-2]"""
    async with door.open():
        async with connected(door, back(V5)) as client:
            await client.subscribe(COMMAND)
            door.command("one")
            message = await client.expect(Publish)
            client.send(PubAck(message.packet_id, Reason.IMPLEMENTATION_ERROR))
            await door.commands.until(lambda: bool(door.commands.receipts))
            assert door.commands.receipts[0].refusal == Reason.IMPLEMENTATION_ERROR
        async with connected(door, back(V5)) as client:
            await client.alive()


async def test_no_more_commands_than_the_client_wants(door: Door) -> None:
    """[MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2]"""
    async with (
        door.open(),
        connected(door, hello(properties=Properties(receive_maximum=2))) as client,
    ):
        await client.subscribe(COMMAND)
        for name in ("one", "two", "three"):
            door.command(name)
        first = await client.expect(Publish)
        await client.expect(Publish)
        await client.alive()
        client.send(PubAck(first.packet_id))
        assert (await client.expect(Publish)).payload == b"three"


async def test_a_repeat_respects_the_quota_of_the_new_connection(door: Door) -> None:
    """[MQTT-3.3.4-9] [MQTT-4.4.0-1]"""
    async with door.open():
        async with connected(door, back(V5)) as client:
            await client.subscribe(COMMAND)
            for name in ("one", "two"):
                door.command(name)
                await client.expect(Publish)
        small = Properties(session_expiry=600, receive_maximum=1)
        async with connected(door, back(V5, small)) as client:
            first = await client.expect(Publish)
            assert (first.payload, first.dup) == (b"one", True)
            await client.alive()
            client.send(PubAck(first.packet_id))
            second = await client.expect(Publish)
            assert (second.payload, second.dup) == (b"two", True)


async def test_expired_commands_are_not_sent(door: Door) -> None:
    """[MQTT-3.3.2-5] [MQTT-3.3.2-6]: and the rest say how long they have left."""
    door.command("stale", lasts=30)
    door.command("fresh", lasts=300)
    door.clock.advance(100)
    async with door.open(), connected(door) as client:
        await client.subscribe(COMMAND)
        message = await client.expect(Publish)
        assert (message.payload, message.properties.message_expiry) == (b"fresh", 200)
        await client.alive()


async def test_only_one_client_of_a_connection_gets_a_command(door: Door) -> None:
    """The newest; its sibling does not get a second copy."""
    async with (
        door.open(),
        connected(door, hello(client_id="old")) as old,
        connected(door, hello(client_id="new")) as new,
    ):
        await old.subscribe(COMMAND)
        await new.subscribe(COMMAND)
        door.command("open_gate")
        assert (await new.expect(Publish)).payload == b"open_gate"
        await old.alive()


@VERSIONS
async def test_ping(door: Door, version: int) -> None:
    """[MQTT-3.12.4-1]"""
    async with door.open(), connected(door, hello(version)) as client:
        client.send(PingReq(), PingReq())
        await client.expect(PingResp)
        await client.expect(PingResp)
