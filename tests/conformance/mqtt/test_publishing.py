"""Statements about PUBLISH from a client, its acknowledgements, QoS 2 and their order."""

import pytest
from tests.support.mqtt_client import BareClient, connected, dial, hello
from tests.support.mqtt_door import FOREIGN, TELEMETRY, Door

from linli.sensing.gateway.mqtt.encode import encode
from linli.sensing.gateway.mqtt.packets import (
    V5,
    V311,
    ConnAck,
    Disconnect,
    Packet,
    Properties,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
)
from linli.sensing.gateway.mqtt.reasons import Reason
from linli.sensing.gateway.public import (
    FAILED,
    Inbound,
    LeaveReason,
    Left,
    Limits,
    Outcome,
    quarantined,
)
from linli.sensing.gateway.public import refused as refusal

VERSIONS = pytest.mark.parametrize("version", [V311, V5])


@pytest.fixture
def door() -> Door:
    return Door()


def narrow(door: Door, limits: Limits) -> None:
    door.limits = limits
    door.admission = door.register(door.admission.code, b"token-of-lift-3")


async def acks(client: BareClient, count: int) -> list[Packet | None]:
    return [await client.read() for _ in range(count)]


@VERSIONS
async def test_qos_0_is_kept_and_not_answered(door: Door, version: int) -> None:
    """[MQTT-3.3.4-1] [MQTT-4.3.1-1] [MQTT-2.2.1-2]"""
    async with door.open(), connected(door, hello(version)) as client:
        client.send(Publish(TELEMETRY, b"{}"))
        await client.alive()
    (message,) = door.ingest.committed
    assert (message.topic, message.payload, message.qos, message.packet_id) == (
        TELEMETRY,
        b"{}",
        0,
        0,
    )
    assert message.received_at == door.clock.now()


@VERSIONS
async def test_qos_1_is_answered_only_after_the_commit(door: Door, version: int) -> None:
    """[MQTT-3.3.4-1] [MQTT-4.3.2-2] of 3.1.1, [MQTT-4.3.2-4] of 5, [MQTT-2.3.1-6] [MQTT-2.2.1-5]"""
    door.ingest.held = True
    async with door.open(), connected(door, hello(version)) as client:
        client.send(Publish(TELEMETRY, b"{}", 1, 77))
        await door.ingest.until_waiting(1)
        await client.alive()
        door.ingest.commit()
        assert await client.read() == PubAck(77)


@VERSIONS
async def test_the_same_id_after_puback_is_a_new_message(door: Door, version: int) -> None:
    """[MQTT-4.3.2-5]"""
    async with door.open(), connected(door, hello(version)) as client:
        await client.publish(b"1", 5)
        client.send(Publish(TELEMETRY, b"2", 1, 5, dup=True))
        await client.expect(PubAck)
    assert [(one.payload, one.duplicate) for one in door.ingest.committed] == [
        (b"1", False),
        (b"2", True),
    ]


@VERSIONS
async def test_acknowledgements_keep_the_order_of_messages(door: Door, version: int) -> None:
    """[MQTT-4.6.0-2]: even where a later batch commits first."""
    door.ingest.held = True
    async with door.open(), connected(door, hello(version)) as client:
        for packet_id in (1, 2, 3):
            client.send(Publish(TELEMETRY, b"{}", 1, packet_id))
            await door.ingest.until_waiting(packet_id)
        door.ingest.commit(2)
        door.ingest.commit(1)
        await client.alive()
        door.ingest.commit(0)
        assert await acks(client, 3) == [PubAck(1), PubAck(2), PubAck(3)]


async def test_a_whole_read_is_one_batch(door: Door) -> None:
    async with door.open(), connected(door) as client:
        client.send(*(Publish(TELEMETRY, b"{}", 1, packet_id) for packet_id in range(1, 101)))
        assert await acks(client, 100) == [PubAck(packet_id) for packet_id in range(1, 101)]
    assert door.ingest.batches == [100]


@VERSIONS
async def test_quarantined_messages_are_acknowledged(door: Door, version: int) -> None:
    door.ingest.decide = lambda _message: quarantined("no such property")
    async with door.open(), connected(door, hello(version)) as client:
        assert (await client.publish(b"{}")).reason == 0
        assert door.server.counters.read().refused == {"quarantined": 1}


async def test_refused_messages_say_why_to_5(door: Door) -> None:
    """[MQTT-3.4.2-1] [MQTT-3.4.2-2]"""
    door.ingest.decide = lambda _message: refusal(Reason.QUOTA_EXCEEDED, "full")
    async with door.open():
        async with connected(door) as client:
            ack = await client.publish(b"{}")
            assert (ack.reason, ack.properties.reason_string) == (Reason.QUOTA_EXCEEDED, "full")
            client.send(Publish(TELEMETRY, b"{}", 2, 1))
            assert (await client.expect(PubRec)).reason == Reason.QUOTA_EXCEEDED
        async with connected(door, hello(V311)) as client:
            assert await client.publish(b"{}") == PubAck(1)


async def test_reason_strings_only_where_wanted(door: Door) -> None:
    """[MQTT-3.1.2-29] [MQTT-3.4.2-2]"""
    door.ingest.decide = lambda _message: refusal(Reason.QUOTA_EXCEEDED, "no room" * 10)
    async with door.open():
        for asked in (
            Properties(request_problem_information=0),
            Properties(maximum_packet_size=40),
        ):
            async with connected(door, hello(properties=asked)) as client:
                ack = await client.publish(b"{}")
                assert ack.reason == Reason.QUOTA_EXCEEDED
                assert ack.properties.reason_string is None


@VERSIONS
async def test_what_was_not_committed_is_not_acknowledged(door: Door, version: int) -> None:
    """The connection is closed, so that the client sends again."""

    def decide(message: Inbound) -> Outcome:
        return FAILED if message.payload == b"2" else quarantined("kept")

    door.ingest.decide = decide
    async with door.open(), connected(door, hello(version)) as client:
        client.send(*(Publish(TELEMETRY, b"%d" % number, 1, number) for number in (1, 2, 3)))
        rest = await client.end()
    assert rest[0] == PubAck(1)
    assert [type(one) for one in rest[1:]] == ([Disconnect] if version == V5 else [])
    left = door.presence.notices[-1]
    assert isinstance(left, Left)
    assert left.reason is LeaveReason.FAILED


@VERSIONS
async def test_a_failing_commit_closes_without_puback(door: Door, version: int) -> None:
    door.ingest.broken = RuntimeError("the database is gone")
    async with door.open(), connected(door, hello(version)) as client:
        client.send(Publish(TELEMETRY, b"{}", 1, 1))
        assert PubAck not in {type(one) for one in await client.end()}
        assert door.server.counters.read().failures["ingest"] == 1


# Foreign topics


async def test_foreign_topics_are_refused_with_a_reason(door: Door) -> None:
    """[MQTT-3.4.2-1] [MQTT-3.5.2-1]: 0x87, in the order of the messages."""
    async with door.open(), connected(door) as client:
        client.send(
            Publish(TELEMETRY, b"1", 1, 1),
            Publish(FOREIGN, b"2", 1, 2),
            Publish(TELEMETRY, b"3", 1, 3),
            Publish(FOREIGN, b"4", 2, 4),
        )
        assert await acks(client, 4) == [
            PubAck(1),
            PubAck(2, Reason.NOT_AUTHORIZED),
            PubAck(3),
            PubRec(4, Reason.NOT_AUTHORIZED),
        ]
    assert [one.payload for one in door.ingest.committed] == [b"1", b"3"]


async def test_foreign_topics_from_3_1_1_go_to_quarantine(door: Door) -> None:
    """[MQTT-3.3.5-2]: acknowledged, and marked so that ingest keeps them aside."""
    async with door.open(), connected(door, hello(V311)) as client:
        assert await client.publish(b"{}", topic=FOREIGN) == PubAck(1)
    assert [one.permitted for one in door.ingest.committed] == [False]


async def test_foreign_topics_at_qos_0_go_to_quarantine(door: Door) -> None:
    async with door.open(), connected(door) as client:
        client.send(Publish(FOREIGN, b"{}"))
        await client.alive()
    assert [one.permitted for one in door.ingest.committed] == [False]


async def test_topics_are_not_normalised(door: Door) -> None:
    """[MQTT-4.7.3-4] [MQTT-1.5.4-3] of 5, [MQTT-1.5.3-3] of 3.1.1

    A BOM, capitals and empty levels make other topics.
    """
    async with door.open(), connected(door) as client:
        for packet_id, topic in enumerate(
            ("\ufeff" + TELEMETRY, TELEMETRY.upper(), "/" + TELEMETRY, TELEMETRY + "/"), 1
        ):
            ack = await client.publish(b"{}", packet_id, topic)
            assert ack.reason == Reason.NOT_AUTHORIZED


# QoS 2


@VERSIONS
async def test_qos_2_is_taken_once(door: Door, version: int) -> None:
    """[MQTT-4.3.3-8] [MQTT-4.3.3-10] [MQTT-4.3.3-11] [MQTT-4.3.3-12], [MQTT-4.3.3-2] of 3.1.1"""
    async with door.open(), connected(door, hello(version)) as client:
        client.send(Publish(TELEMETRY, b"1", 2, 9))
        assert await client.read() == PubRec(9)
        client.send(Publish(TELEMETRY, b"1", 2, 9, dup=True))
        assert await client.read() == PubRec(9)
        client.send(PubRel(9))
        assert await client.read() == PubComp(9)
        client.send(Publish(TELEMETRY, b"2", 2, 9))
        assert await client.read() == PubRec(9)
    assert [one.payload for one in door.ingest.committed] == [b"1", b"2"]


@VERSIONS
async def test_qos_2_repeated_before_the_commit_is_taken_once(door: Door, version: int) -> None:
    """[MQTT-4.3.3-10]"""
    door.ingest.held = True
    async with door.open(), connected(door, hello(version)) as client:
        client.send(Publish(TELEMETRY, b"1", 2, 9), Publish(TELEMETRY, b"1", 2, 9, dup=True))
        await door.ingest.until_waiting(1)
        await client.alive()
        door.ingest.commit()
        assert await client.read() == PubRec(9)
        await client.alive()
    assert len(door.ingest.committed) == 1


@VERSIONS
async def test_pubrec_keeps_the_order(door: Door, version: int) -> None:
    """[MQTT-4.6.0-3]"""
    async with door.open(), connected(door, hello(version)) as client:
        client.send(*(Publish(TELEMETRY, b"{}", 2, packet_id) for packet_id in (3, 1, 2)))
        assert await acks(client, 3) == [PubRec(3), PubRec(1), PubRec(2)]


@VERSIONS
async def test_qos_2_is_remembered_across_connections(door: Door, version: int) -> None:
    """[MQTT-4.3.3-10] [MQTT-4.4.0-1] [MQTT-3.1.2-5]: stored before PUBREC leaves."""
    expiry = 600 if version == V5 else None
    back = hello(version, clean=False, expiry=expiry)
    async with door.open(), connected(door, back) as client:
        client.send(Publish(TELEMETRY, b"1", 2, 9))
        assert await client.read() == PubRec(9)
        (session,) = door.sessions.sessions.values()
        assert session.received == {9}
        client.abort()
        await door.presence.until(2)
    async with door.open(), dial(door, version) as client:
        client.send(back)
        assert (await client.expect(ConnAck)).session_present
        client.send(Publish(TELEMETRY, b"1", 2, 9, dup=True))
        assert await client.read() == PubRec(9)
        client.send(PubRel(9))
        assert await client.read() == PubComp(9)
        assert not next(iter(door.sessions.sessions.values())).received
    assert len(door.ingest.committed) == 1


async def test_qos_2_committed_while_the_client_is_lost_is_remembered(door: Door) -> None:
    """[MQTT-4.3.3-10]"""
    door.ingest.held = True
    async with door.open():
        async with connected(door, hello(clean=False, expiry=600)) as client:
            client.send(Publish(TELEMETRY, b"1", 2, 9))
            await door.ingest.until_waiting(1)
            client.abort()
        door.ingest.commit()
        await door.presence.until(2)
    assert next(iter(door.sessions.sessions.values())).received == {9}


@pytest.mark.parametrize(("version", "reason"), [(V311, 0), (V5, 0x92)])
async def test_pubrel_for_an_unknown_id_is_completed(door: Door, version: int, reason: int) -> None:
    """[MQTT-4.3.3-11] [MQTT-3.7.2-1]"""
    async with door.open(), connected(door, hello(version)) as client:
        client.send(PubRel(4))
        assert await client.read() == PubComp(4, reason)


async def test_acknowledgements_for_nothing_are_ignored(door: Door) -> None:
    async with door.open(), connected(door) as client:
        client.send(PubAck(1), PubComp(2), PubRec(3))
        assert await client.read() == PubRel(3, Reason.PACKET_IDENTIFIER_NOT_FOUND)
        await client.alive()


# Topic aliases


async def test_topic_aliases(door: Door) -> None:
    """[MQTT-3.3.2-12]: set, used, set anew; the highest one allowed too."""
    async with door.open(), connected(door) as client:
        client.send(
            Publish(TELEMETRY, b"1", 0, properties=Properties(topic_alias=1)),
            Publish("", b"2", 0, properties=Properties(topic_alias=1)),
            Publish("linli/v1/state", b"3", 0, properties=Properties(topic_alias=1)),
            Publish("", b"4", 0, properties=Properties(topic_alias=1)),
            Publish("linli/v1/event", b"5", 0, properties=Properties(topic_alias=64)),
        )
        await client.alive()
    assert [one.topic.rpartition("/")[2] for one in door.ingest.committed] == [
        "telemetry",
        "telemetry",
        "state",
        "state",
        "event",
    ]


async def test_aliases_end_with_the_connection(door: Door) -> None:
    """[MQTT-3.3.2-7]"""
    back = hello(clean=False, expiry=600)
    async with door.open():
        async with connected(door, back) as client:
            client.send(Publish(TELEMETRY, b"1", 0, properties=Properties(topic_alias=1)))
            await client.alive()
        async with connected(door, back) as client:
            client.send(Publish("", b"2", 0, properties=Properties(topic_alias=1)))
            assert (await client.expect(Disconnect)).reason == Reason.PROTOCOL_ERROR


# Flow


async def test_more_than_receive_maximum_is_an_error(door: Door) -> None:
    """[MQTT-3.3.4-7]"""
    narrow(door, Limits(in_flight=2))
    door.ingest.held = True
    async with door.open(), dial(door) as client:
        client.send(hello())
        assert (await client.expect(ConnAck)).properties.receive_maximum == 2
        client.send(*(Publish(TELEMETRY, b"{}", 1, packet_id) for packet_id in (1, 2, 3)))
        assert (await client.expect(Disconnect)).reason == Reason.RECEIVE_MAXIMUM_EXCEEDED
        door.ingest.commit()
        await client.ended()


async def test_acknowledged_messages_give_the_quota_back(door: Door) -> None:
    """[MQTT-4.9.0-2] [MQTT-3.3.4-7] [MQTT-4.3.3-9] of 5

    PUBACK, PUBCOMP and a refusing PUBREC all do.
    """
    narrow(door, Limits(in_flight=2))
    async with door.open(), connected(door) as client:
        for packet_id in range(1, 6):
            await client.publish(b"{}", packet_id)
            client.send(Publish(TELEMETRY, b"{}", 2, packet_id))
            assert await client.read() == PubRec(packet_id)
            client.send(PubRel(packet_id))
            assert await client.read() == PubComp(packet_id)
            client.send(Publish(FOREIGN, b"{}", 2, packet_id))
            assert await client.read() == PubRec(packet_id, Reason.NOT_AUTHORIZED)


async def test_other_packets_are_answered_while_the_quota_is_used_up(door: Door) -> None:
    """[MQTT-4.9.0-3] [MQTT-3.3.4-10]"""
    narrow(door, Limits(in_flight=3))
    door.ingest.held = True
    async with door.open(), connected(door) as client:
        client.send(Publish(TELEMETRY, b"{}", 1, 1), Publish(TELEMETRY, b"{}", 1, 2))
        await door.ingest.until_waiting(1)
        await client.alive()
        await client.subscribe("linli/v1/command")
        door.ingest.commit()
        assert await acks(client, 2) == [PubAck(1), PubAck(2)]


async def test_retained_messages_of_3_1_1_are_taken_as_plain_ones(door: Door) -> None:
    """[MQTT-3.3.1-5..8]: nothing is retained, a later subscriber gets nothing."""
    async with door.open(), connected(door, hello(V311)) as client:
        client.send(Publish("linli/v1/state", b"{}", 1, 1, retain=True))
        await client.expect(PubAck)
        await client.subscribe("linli/v1/command")
        await client.alive()
    assert door.ingest.committed[0].retained


@VERSIONS
async def test_any_cut_of_the_stream_gives_the_same(door: Door, version: int) -> None:
    """[MQTT-4.2.0-1]"""
    packets = [
        hello(version),
        Publish(TELEMETRY, b"x" * 300, 1, 1),
        Publish(TELEMETRY, b"y", 2, 2),
    ]
    raw = b"".join(encode(packet, version) for packet in packets)
    async with door.open(), dial(door, version) as client:
        for byte in raw:
            client.write(bytes((byte,)))
            await client.writer.drain()
        await client.expect(ConnAck)
        assert await acks(client, 2) == [PubAck(1), PubRec(2)]
    assert [one.payload for one in door.ingest.committed] == [b"x" * 300, b"y"]
