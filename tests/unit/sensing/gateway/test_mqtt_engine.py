"""The engine without a network: any conversation is survived, acknowledgements keep their order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.mqtt_door import COMMAND, FOREIGN, TELEMETRY, NativeTopics

from linli.sensing.gateway.contracts import (
    ACCEPTED,
    FAILED,
    Admission,
    LeaveReason,
    Outcome,
    SentAs,
    StoredSession,
    Subscription,
    WaitingCommand,
    quarantined,
    refused,
)
from linli.sensing.gateway.mqtt.decode import Decoder
from linli.sensing.gateway.mqtt.encode import encode
from linli.sensing.gateway.mqtt.engine import (
    Authenticate,
    Batch,
    Effect,
    Engine,
    Phase,
    Save,
    Send,
    Submit,
)
from linli.sensing.gateway.mqtt.packets import (
    V5,
    V311,
    Auth,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    Properties,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
    WillMessage,
    Wish,
)
from linli.sensing.gateway.mqtt.reasons import Reason

NOW = datetime(2025, 11, 22, 8, 0, tzinfo=UTC)
VERSION = st.sampled_from([V311, V5])
ID = st.integers(1, 4)
ADMISSION = Admission(uuid4(), "yg-site", NativeTopics())

SERVER_PACKETS = (
    ConnAck,
    PubAck,
    PubRec,
    PubRel,
    PubComp,
    SubAck,
    UnsubAck,
    PingResp,
    Publish,
    Disconnect,
)


def spoken(version: int) -> st.SearchStrategy[Packet]:
    """What clients say, sensible or not."""
    alias = st.sampled_from([Properties(), Properties(topic_alias=1), Properties(topic_alias=99)])
    plain = st.just(Properties())
    return st.one_of(
        st.builds(
            Publish,
            st.sampled_from([TELEMETRY, FOREIGN, "linli/v1/state"]),
            st.just(b"{}"),
            st.just(1),
            ID,
            st.booleans(),
            st.just(value=False),
            alias if version == V5 else plain,
        ),
        st.builds(Publish, st.just(TELEMETRY), st.just(b"{}"), st.just(2), ID),
        st.builds(Publish, st.just(FOREIGN), st.just(b"{}"), st.just(2), ID),
        st.builds(Publish, st.just(TELEMETRY), st.just(b"{}"), retain=st.booleans()),
        st.builds(PubRel, ID),
        st.builds(PubAck, ID),
        st.builds(PubRec, ID),
        st.builds(PubComp, ID),
        st.builds(
            Subscribe,
            ID,
            st.sampled_from(
                [(Wish(COMMAND, 1),), (Wish("#", 2), Wish(COMMAND, 0)), (Wish("$share/g/t"),)]
            ),
        ),
        st.builds(Unsubscribe, ID, st.sampled_from([(COMMAND,), (COMMAND, "x")])),
        st.just(PingReq()),
        st.sampled_from(
            [
                Disconnect(),
                PingResp(),
                Connect(version=version, client_id="again"),
                ConnAck(session_present=False, reason=0),
                Auth() if version == V5 else PingReq(),
            ]
        ),
    )


def greeted(
    version: int, *, expiry: int = 600, stored: StoredSession | None = None
) -> tuple[Engine, Decoder]:
    """An engine that has let its client in, and the client's decoder."""
    engine = Engine("gateway-1")
    connect = Connect(
        version=version,
        client_id="cam",
        clean_start=not expiry,
        will=WillMessage("linli/v1/state", b"{}"),
        properties=Properties(session_expiry=expiry) if version == V5 else Properties(),
    )
    (effect,) = engine.receive(encode(connect, version), NOW)
    assert isinstance(effect, Authenticate)
    assert engine.agree(effect.connect, ADMISSION, "cam", stored)
    engine.welcome()
    engine.catch_up()
    decoder = Decoder(version)
    (connack,) = read(decoder, engine)
    assert isinstance(connack, ConnAck)
    return engine, decoder


def read(decoder: Decoder, engine: Engine) -> list[Packet]:
    found: list[Packet] = []
    decoder.feed(engine.take_output(), found)
    return found


def act(engine: Engine, effects: Sequence[Effect]) -> list[Batch]:
    """Carry out saves and sendings; return what went to ingest."""
    batches: list[Batch] = []
    for effect in effects:
        match effect:
            case Submit(batch):
                batches.append(batch)
            case Save(session, then):
                assert session.connection_id == ADMISSION.connection_id
                engine.write(then)
            case Send(_, raw):
                engine.write(raw)
            case _:
                pass
    return batches


def command(name: str) -> WaitingCommand:
    return WaitingCommand(uuid4(), ADMISSION.connection_id, COMMAND, name.encode())


OUTCOME = st.sampled_from(
    [ACCEPTED, quarantined("kept aside"), refused(Reason.QUOTA_EXCEEDED, "满"), refused(1), FAILED]
)


@given(version=VERSION, data=st.data())
@settings(deadline=None, max_examples=60)
def test_any_conversation_is_survived(version: int, data: st.DataObject) -> None:
    """Whatever is said, in whatever order it commits: no surprise, and only server's packets."""
    engine, decoder = greeted(version)
    open_batches: list[Batch] = []
    heard: list[Packet] = []
    for packet in data.draw(st.lists(spoken(version), max_size=15)):
        open_batches += act(engine, engine.receive(encode(packet, version), NOW))
        if open_batches and data.draw(st.booleans()):
            batch = open_batches.pop(data.draw(st.integers(0, len(open_batches) - 1)))
            outcomes = data.draw(
                st.none()
                | st.lists(OUTCOME, min_size=len(batch.messages), max_size=len(batch.messages))
            )
            open_batches += act(engine, engine.settle(batch, outcomes))
        if data.draw(st.booleans()):
            act(engine, engine.deliver([command("open_gate")], NOW))
        heard += read(decoder, engine)
    for batch in open_batches:
        act(engine, engine.settle(batch, [ACCEPTED] * len(batch.messages)))
    heard += read(decoder, engine)
    assert all(isinstance(packet, SERVER_PACKETS) for packet in heard)
    assert not any(isinstance(packet, ConnAck) for packet in heard)
    goodbyes = [packet for packet in heard if isinstance(packet, Disconnect)]
    assert len(goodbyes) <= (1 if version == V5 else 0)
    assert not goodbyes or heard[-1] == goodbyes[0]
    assert engine.idle
    assert engine.in_flight == 0
    assert engine.closed is (engine.departure is not None)


@given(version=VERSION, order=st.permutations(range(6)))
@settings(deadline=None, max_examples=40)
def test_pubacks_keep_the_order_whatever_commits_first(version: int, order: list[int]) -> None:
    engine, decoder = greeted(version)
    batches: list[Batch] = []
    for number in range(6):
        pair = (2 * number + 1, 2 * number + 2)
        raw = b"".join(encode(Publish(TELEMETRY, b"{}", 1, one), version) for one in pair)
        batches += act(engine, engine.receive(raw, NOW))
    heard: list[Packet] = []
    for number in order:
        engine.settle(batches[number], [ACCEPTED, ACCEPTED])
        heard += read(decoder, engine)
    assert heard == [PubAck(number) for number in range(1, 13)]


@pytest.mark.parametrize("version", [V311, V5])
def test_outcomes_of_the_wrong_number_count_as_failed(version: int) -> None:
    engine, decoder = greeted(version)
    raw = b"".join(encode(Publish(TELEMETRY, b"{}", 1, one), version) for one in (1, 2))
    (batch,) = act(engine, engine.receive(raw, NOW))
    engine.settle(batch, [ACCEPTED])
    assert PubAck not in {type(packet) for packet in read(decoder, engine)}
    assert engine.closed


@pytest.mark.parametrize("version", [V311, V5])
def test_a_session_that_ends_with_the_connection_is_not_saved(version: int) -> None:
    engine, decoder = greeted(version, expiry=0)
    effects = engine.receive(encode(Subscribe(1, (Wish(COMMAND, 1),)), version), NOW)
    assert not any(isinstance(effect, Save) for effect in effects)
    assert read(decoder, engine) == [SubAck(1, (1,))]


def test_packet_ids_in_use_are_skipped() -> None:
    stored = StoredSession(
        connection_id=ADMISSION.connection_id,
        client_id="cam",
        expiry_seconds=600,
        subscriptions=(Subscription(COMMAND, 1),),
    )
    engine, decoder = greeted(V5, stored=stored)
    assert engine.listening
    under_way = [replace(command("again"), sent_as=SentAs("cam", number)) for number in (1, 3)]
    act(engine, engine.deliver([*under_way, command("new"), command("newer")], NOW))
    sent = [packet for packet in read(decoder, engine) if isinstance(packet, Publish)]
    assert [(one.packet_id, one.dup) for one in sent] == [
        (1, True),
        (3, True),
        (2, False),
        (4, False),
    ]


def test_a_closed_engine_does_nothing_more() -> None:
    engine, decoder = greeted(V5)
    engine.cut()
    assert engine.phase is Phase.CLOSED
    assert engine.receive(encode(PingReq(), V5), NOW) == []
    assert engine.deliver([command("x")], NOW) == []
    engine.write(encode(PingResp(), V5))
    engine.end(Reason.SERVER_BUSY, LeaveReason.FAILED)
    assert engine.departure is not None
    assert engine.departure.reason is LeaveReason.LOST
    assert read(decoder, engine) == []


def test_a_reason_of_ours_that_does_not_fit_the_wire_is_cut() -> None:
    engine, decoder = greeted(V5)
    (batch,) = act(engine, engine.receive(encode(Publish(TELEMETRY, b"", 1, 1), V5), NOW))
    engine.settle(batch, [Outcome(refused(0x97).fate, "\x00理由" * 50_000, 0x97)])
    (ack,) = read(decoder, engine)
    assert isinstance(ack, PubAck)
    assert ack.properties.reason_string
    assert len(ack.properties.reason_string) == 200
