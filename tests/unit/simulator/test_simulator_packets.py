import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli_simulator import packets
from linli_simulator.packets import BrokenWire, Greeting, Message, Unpacker, Will

UNHURRIED = settings(deadline=None)  # the machine may be busy with other tests
TOPICS = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
MESSAGES = st.builds(
    Message,
    topic=TOPICS,
    payload=st.binary(max_size=300),
    qos=st.just(1),
    packet_id=st.integers(1, 65535),
    retain=st.booleans(),
)


@UNHURRIED
@given(st.lists(MESSAGES, max_size=6), st.integers(1, 40))
def test_what_is_written_is_read_again_in_whatever_pieces_it_arrives(
    messages: list[Message], piece: int
) -> None:
    raw = b"".join(packets.publish(message) for message in messages)
    unpacker = Unpacker()
    read = [
        packet
        for start in range(0, len(raw), piece)
        for packet in unpacker.feed(raw[start : start + piece])
    ]
    assert read == messages
    assert unpacker.is_empty


@UNHURRIED
@given(st.binary(max_size=200))
def test_rubbish_is_refused_or_waited_for_and_nothing_else(raw: bytes) -> None:
    unpacker = Unpacker()
    try:
        unpacker.feed(raw)
    except BrokenWire:
        return
    assert unpacker.is_empty or len(raw) > 0


def test_a_will_goes_into_connect_as_the_standard_has_it() -> None:
    greeting = Greeting("c", "u", "p", keep_alive=60, clean=True, will=Will("w", b"off"))
    assert packets.connect(greeting) == (
        b"\x10\x1b\x00\x04MQTT\x04\xce\x00\x3c"  # user, password, will at QoS 1, clean
        b"\x00\x01c\x00\x01w\x00\x03off\x00\x01u\x00\x01p"
    )


@pytest.mark.parametrize(("length", "header"), [(127, b"\x30\x7f"), (128, b"\x30\x80\x01")])
def test_the_length_takes_a_second_byte_from_128_on(length: int, header: bytes) -> None:
    raw = packets.publish(Message("t", bytes(length - 3)))
    assert raw[: len(header)] == header


def test_a_length_that_never_ends_is_no_mqtt() -> None:
    with pytest.raises(BrokenWire):
        Unpacker().feed(b"\x30\xff\xff\xff\xff\x01")


def test_a_repeated_message_says_so() -> None:
    message = Message("t", b"x", qos=1, packet_id=7)
    assert packets.publish(message, again=True)[0] == packets.publish(message)[0] | 0b1000
