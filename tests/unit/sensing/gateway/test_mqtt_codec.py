"""The codec: what is written is read again, however the bytes are cut; rubbish never surprises."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.sensing.gateway.mqtt import reasons
from linli.sensing.gateway.mqtt.decode import Decoder
from linli.sensing.gateway.mqtt.encode import encode
from linli.sensing.gateway.mqtt.packets import (
    NO_PROPERTIES,
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
from linli.sensing.gateway.mqtt.reasons import (
    CodecError,
    MalformedPacket,
    ProtocolViolation,
    Reason,
)

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=40)
TOPIC = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x00+#"),
    min_size=1,
    max_size=40,
)
FILTER = (
    st.lists(st.sampled_from(["+", "linli", "v1", "", "水表", "$x"]), min_size=1)
    .map("/".join)
    .filter(bool)
    | st.just("#")
    | st.just("a/#")
)
PACKET_ID = st.integers(1, 65_535)
SHORT = st.integers(1, 65_535)
LONG = st.integers(1, 2**32 - 1)
BINARY = st.binary(max_size=40)
QOS = st.integers(0, 2)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


def properties(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[Properties]:
    """Properties with some of the fields, or none at all."""

    def build(values: dict[str, object]) -> Properties:
        present = {name: value for name, value in values.items() if value not in {None, ()}}
        return Properties(**present) if present else NO_PROPERTIES  # pyright: ignore[reportArgumentType] - built by name

    return st.fixed_dictionaries({name: maybe(strategy) for name, strategy in fields.items()}).map(
        build
    )


FLAG = st.integers(0, 1)
MESSAGE_FIELDS: dict[str, st.SearchStrategy[object]] = {
    "payload_format": FLAG,
    "message_expiry": LONG,
    "content_type": TEXT,
    "response_topic": TOPIC,
    "correlation_data": BINARY,
    "user_properties": PAIRS,
}
ACK_PROPERTIES = properties(reason_string=TEXT, user_properties=PAIRS)
CONNECT_PROPERTIES = properties(
    session_expiry=LONG,
    request_problem_information=FLAG,
    request_response_information=FLAG,
    receive_maximum=SHORT,
    topic_alias_maximum=SHORT,
    maximum_packet_size=LONG,
    user_properties=PAIRS,
    authentication_method=TEXT,
)
CONNACK_PROPERTIES = properties(
    session_expiry=LONG,
    assigned_client_id=TEXT,
    server_keep_alive=SHORT,
    response_information=TEXT,
    server_reference=TEXT,
    reason_string=TEXT,
    receive_maximum=SHORT,
    topic_alias_maximum=SHORT,
    maximum_qos=FLAG,
    retain_available=FLAG,
    maximum_packet_size=LONG,
    wildcard_subscription_available=FLAG,
    subscription_ids_available=FLAG,
    shared_subscription_available=FLAG,
    user_properties=PAIRS,
)
NOTHING = st.just(NO_PROPERTIES)


def ids(strategy: st.SearchStrategy[Properties], version: int) -> st.SearchStrategy[Properties]:
    return strategy if version == V5 else NOTHING


def code(allowed: Iterable[int], version: int) -> st.SearchStrategy[int]:
    return st.sampled_from(sorted(allowed)) if version == V5 else st.just(0)


def publishes(version: int) -> st.SearchStrategy[Packet]:
    more = properties(
        topic_alias=SHORT,
        subscription_ids=st.lists(st.integers(1, 268_435_455), max_size=3).map(tuple),
        **MESSAGE_FIELDS,
    )

    def build(
        topic: str,
        payload: bytes,
        qos: int,
        packet_id: int,
        dup: bool,
        retain: bool,
        told: Properties,
    ) -> Publish:
        return Publish(topic, payload, qos, packet_id if qos else 0, dup and qos > 0, retain, told)

    return st.builds(
        build,
        TOPIC,
        st.binary(max_size=300),
        QOS,
        PACKET_ID,
        st.booleans(),
        st.booleans(),
        ids(more, version),
    )


def connects(version: int) -> st.SearchStrategy[Packet]:
    will = st.builds(
        WillMessage,
        TOPIC,
        BINARY,
        QOS,
        st.booleans(),
        ids(properties(will_delay=LONG, **MESSAGE_FIELDS), version),
    )

    def build(
        greeting: tuple[str, bool, int],
        will: WillMessage | None,
        username: str | None,
        password: bytes | None,
        told: Properties,
    ) -> Connect:
        return Connect(
            version=version,
            client_id=greeting[0],
            clean_start=greeting[1],
            keep_alive=greeting[2],
            will=will,
            username=username,
            password=password if version == V5 or username is not None else None,
            properties=told,
        )

    return st.builds(
        build,
        st.tuples(TEXT, st.booleans(), st.integers(0, 65_535)),
        st.none() | will,
        st.none() | TEXT,
        st.none() | BINARY,
        ids(CONNECT_PROPERTIES, version),
    )


def packets(version: int) -> st.SearchStrategy[Packet]:
    """Every packet type the version knows."""
    acknowledgement = ids(ACK_PROPERTIES, version)
    puback = code(reasons.PUBACK_REASONS, version)
    pubrel = code(reasons.PUBREL_REASONS, version)
    wish = (
        st.builds(Wish, FILTER, QOS, st.booleans(), st.booleans(), st.integers(0, 2))
        if version == V5
        else st.builds(Wish, FILTER, QOS)
    )
    suback = sorted(reasons.SUBACK_REASONS) if version == V5 else [0, 1, 2, 0x80]
    connack = sorted(reasons.CONNACK_REASONS) if version == V5 else list(range(6))
    unsuback = (
        st.lists(st.sampled_from(sorted(reasons.UNSUBACK_REASONS)), min_size=1, max_size=3)
        if version == V5
        else st.just([])
    ).map(tuple)
    every: list[st.SearchStrategy[Packet]] = [
        publishes(version),
        connects(version),
        st.builds(
            ConnAck, st.booleans(), st.sampled_from(connack), ids(CONNACK_PROPERTIES, version)
        ),
        st.builds(PubAck, PACKET_ID, puback, acknowledgement),
        st.builds(PubRec, PACKET_ID, puback, acknowledgement),
        st.builds(PubRel, PACKET_ID, pubrel, acknowledgement),
        st.builds(PubComp, PACKET_ID, pubrel, acknowledgement),
        st.builds(
            Subscribe,
            PACKET_ID,
            st.lists(wish, min_size=1, max_size=4).map(tuple),
            ids(
                properties(
                    subscription_ids=st.tuples(st.integers(1, 268_435_455)),
                    user_properties=PAIRS,
                ),
                version,
            ),
        ),
        st.builds(
            SubAck,
            PACKET_ID,
            st.lists(st.sampled_from(suback), min_size=1, max_size=4).map(tuple),
            acknowledgement,
        ),
        st.builds(
            Unsubscribe,
            PACKET_ID,
            st.lists(FILTER, min_size=1, max_size=4).map(tuple),
            ids(properties(user_properties=PAIRS), version),
        ),
        st.builds(UnsubAck, PACKET_ID, unsuback, acknowledgement),
        st.just(PingReq()),
        st.just(PingResp()),
        st.builds(
            Disconnect,
            code(reasons.DISCONNECT_REASONS, version),
            ids(
                properties(
                    session_expiry=LONG,
                    server_reference=TEXT,
                    reason_string=TEXT,
                    user_properties=PAIRS,
                ),
                version,
            ),
        ),
    ]
    if version == V5:
        every.append(
            st.builds(
                Auth,
                st.sampled_from(sorted(reasons.AUTH_REASONS)),
                properties(authentication_method=TEXT, reason_string=TEXT),
            )
        )
    return st.one_of(every)


def decoded(raw: bytes, version: int | None, cuts: Iterable[int] = ()) -> list[Packet]:
    decoder = Decoder(version)
    found: list[Packet] = []
    start = 0
    for cut in [*sorted(cuts), len(raw)]:
        decoder.feed(raw[start:cut], found)
        start = cut
    return found


VERSIONS = pytest.mark.parametrize("version", [V311, V5])


@VERSIONS
@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_what_is_written_is_read_again(version: int, data: st.DataObject) -> None:
    packet = data.draw(packets(version))
    assert decoded(encode(packet, version), version) == [packet]


@VERSIONS
@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_the_stream_may_be_cut_anywhere(version: int, data: st.DataObject) -> None:
    sent = data.draw(st.lists(packets(version), min_size=1, max_size=6))
    raw = b"".join(encode(packet, version) for packet in sent)
    cuts = data.draw(st.lists(st.integers(0, len(raw)), max_size=12))
    assert decoded(raw, version, cuts) == sent


@given(data=st.data())
@settings(deadline=None, max_examples=25)
def test_the_version_comes_with_connect(data: st.DataObject) -> None:
    version = data.draw(st.sampled_from([V311, V5]))
    connect = data.draw(connects(version))
    publish = data.draw(publishes(version))
    raw = encode(connect, version) + encode(publish, version)
    assert decoded(raw, None, [1]) == [connect, publish]


def survives(raw: bytes, version: int | None, cuts: Iterable[int] = ()) -> None:
    """Either packets come out, or the codec's own error with a reason for the other side."""
    wrong: CodecError | None = None
    try:
        decoded(raw, version, cuts)
    except (MalformedPacket, ProtocolViolation) as error:
        wrong = error
    assert wrong is None or (wrong.reason >= reasons.FAILURE and wrong.detail)


@given(
    raw=st.binary(max_size=200),
    version=st.sampled_from([None, V311, V5]),
    cuts=st.lists(st.integers(0, 200), max_size=4),
)
@settings(deadline=None, max_examples=300)
def test_random_bytes_never_surprise(raw: bytes, version: int | None, cuts: list[int]) -> None:
    survives(raw, version, cuts)


TOLD = Properties(
    payload_format=1,
    message_expiry=60,
    content_type="json",
    response_topic="a/b",
    correlation_data=b"id",
    user_properties=(("k", "值"),),
)
EXPLAINED = Properties(reason_string="why", user_properties=(("k", "v"),))
CORPUS: list[tuple[int, Packet]] = [
    *(
        (version, packet)
        for version in (V311, V5)
        for packet in (
            Connect(version=version, client_id="cam", username="u", password=b"p"),
            Connect(version=version, client_id="cam", will=WillMessage("w", b"x", 1)),
            ConnAck(session_present=False, reason=0),
            Publish("a/b", b"payload"),
            Publish("a/b", b"payload", 1, 7, dup=True),
            PubAck(1),
            PubRec(1),
            PubRel(1),
            PubComp(1),
            Subscribe(1, (Wish("a/+", 1), Wish("b/#", 2))),
            SubAck(1, (0, 1, 0x80)),
            Unsubscribe(1, ("a/+", "b")),
            UnsubAck(1, (0, 17) if version == V5 else ()),
            PingReq(),
            PingResp(),
            Disconnect(),
        )
    ),
    (V5, Connect(version=V5, client_id="", will=WillMessage("w", b"x", 2, properties=TOLD))),
    (V5, ConnAck(session_present=True, reason=0, properties=Properties(receive_maximum=9))),
    (V5, Publish("a/b", b"payload", 2, 7, properties=TOLD)),
    (V5, Publish("", b"payload", properties=Properties(topic_alias=3))),
    (V5, PubAck(1, 0x87, EXPLAINED)),
    (
        V5,
        Subscribe(
            1, (Wish("$share/g/a", 1, retain_handling=2),), Properties(subscription_ids=(5,))
        ),
    ),
    (V5, Disconnect(0x8E, EXPLAINED)),
    (V5, Auth(0x18, Properties(authentication_method="m", authentication_data=b"d"))),
]


@pytest.mark.parametrize(("version", "packet"), CORPUS, ids=lambda one: type(one).__name__)
def test_every_single_mutation_of_a_packet_is_survived(version: int, packet: Packet) -> None:
    raw = encode(packet, version)
    assert decoded(raw, version) == [packet]
    for at in range(len(raw)):
        survives(raw[:at], version)
        survives(raw[:at] + raw[at + 1 :], version)
        for value in {0, 1, 0x7F, 0x80, 0xFF, *(raw[at] ^ 1 << bit for bit in range(8))}:
            survives(raw[:at] + bytes((value,)) + raw[at + 1 :], version)
            survives(raw[:at] + bytes((value,)) + raw[at:], version)


MUTATION = st.tuples(
    st.integers(0, 200), st.integers(0, 255), st.sampled_from(["set", "drop", "insert"])
)


@given(
    told=st.lists(st.sampled_from(CORPUS), min_size=1, max_size=3),
    mutations=st.lists(MUTATION, min_size=1, max_size=6),
)
@settings(deadline=None, max_examples=400)
def test_mutated_streams_never_surprise(
    told: list[tuple[int, Packet]], mutations: list[tuple[int, int, str]]
) -> None:
    raw = bytearray(b"".join(encode(packet, version) for version, packet in told))
    for where, value, what in mutations:
        at = where % len(raw)
        if what == "set":
            raw[at] = value
        elif what == "drop" and len(raw) > 1:
            del raw[at]
        else:
            raw.insert(at, value)
    for version in (None, V311, V5):
        survives(bytes(raw), version)


@given(body=st.binary(max_size=60), head=st.integers(0, 255), version=st.sampled_from([V311, V5]))
@settings(deadline=None, max_examples=400)
def test_any_body_under_any_header_never_surprises(body: bytes, head: int, version: int) -> None:
    survives(bytes((head, len(body))) + body, version)


def test_packets_before_a_wrong_one_are_still_given() -> None:
    found: list[Packet] = []
    with pytest.raises(MalformedPacket):
        Decoder(V5).feed(b"\xc0\x00\xc0\x00\x00\x00", found)
    assert found == [PingReq(), PingReq()]


def test_a_packet_over_the_limit_is_refused_before_it_has_come() -> None:
    with pytest.raises(ProtocolViolation) as refused:
        Decoder(V5, max_packet=1_000).feed(b"\x30\xff\x7f", [])
    assert refused.value.reason is Reason.PACKET_TOO_LARGE


def test_a_large_packet_in_many_pieces_costs_no_more_than_its_length() -> None:
    publish = Publish("t", b"x" * 200_000, 1, 1)
    raw = encode(publish, V311)
    assert decoded(raw, V311, range(0, len(raw), 100)) == [publish]


@pytest.mark.parametrize("version", [V311, V5])
def test_a_topic_seen_before_is_not_taken_from_the_next_packet(version: int) -> None:
    """The length of the second topic reaches into the third packet."""
    told = b"\x00" if version == V5 else b""
    first = encode(Publish("ab", b""), version)
    short = bytes((0x30, 3 + len(told))) + b"\x00\x02a" + told
    with pytest.raises(CodecError):
        Decoder(version).feed(first + short + b"b" + first, [])


def test_many_topics_do_not_fill_the_memory() -> None:
    decoder = Decoder(V311)
    for number in range(1_000):
        decoder.feed(encode(Publish(f"t/{number}", b""), V311), [])
    kept = decoder._topics  # pyright: ignore[reportPrivateUsage] - memory has no other face
    assert len(kept) <= 256


@pytest.mark.parametrize(
    "packet",
    [
        Publish("t" * 65_536, b""),
        Publish("t\x00", b""),
        Publish("t", b"", properties=Properties(session_expiry=1)),
    ],
)
def test_what_does_not_fit_the_wire_is_our_error(packet: Publish) -> None:
    with pytest.raises(ValueError, match=r"65,535|U\+0000|belong"):
        encode(packet, V5)


def test_examples_of_the_standard() -> None:
    """Figure 3.6 (CONNECT variable header) and table 2.4 (lengths) of 3.1.1."""
    raw = bytes.fromhex("101c00044d51545404ce000a") + (
        b"\x00\x02id\x00\x01w\x00\x02wm\x00\x01u\x00\x02pw"
    )
    assert decoded(raw, None) == [
        Connect(
            version=V311,
            client_id="id",
            clean_start=True,
            keep_alive=10,
            will=WillMessage("w", b"wm", 1),
            username="u",
            password=b"pw",
        )
    ]
    for length, header in ((127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001")):
        encoded = encode(Publish("t", b"x" * (length - 3)), V311)
        assert encoded[1:].startswith(bytes.fromhex(header))
