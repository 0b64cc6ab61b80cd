import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from linli_simulator import packets
from linli_simulator.line import MOST_WAITING, Door, Line
from linli_simulator.packets import Greeting, Message

WELCOME = b"\x20\x02\x00\x00"
REFUSED = b"\x20\x02\x00\x05"
GREETING = Greeting("cam", "cam", "secret")
PATIENCE = 20.0

Visit = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(*visits: Visit) -> AsyncGenerator[Door]:
    """A linli of which every connection goes as scripted, the last script for all the rest."""
    waiting = list(visits)
    failures: list[BaseException] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        try:
            await visit(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except AssertionError as failure:
            failures.append(failure)
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield Door("127.0.0.1", listening.sockets[0].getsockname()[1])
    if failures:
        raise failures[0]


async def packet(reader: asyncio.StreamReader) -> bytes:
    """The next packet, whole."""
    head = await reader.readexactly(2)
    assert head[1] < 128, "tests send short packets"
    return head + await reader.readexactly(head[1])


async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert (await packet(reader))[0] == 0x10
    writer.write(WELCOME)


async def acknowledge_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await welcome(reader, writer)
    while True:
        raw = await packet(reader)
        if raw[0] & 0xF0 == 0x30:
            (message,) = packets.Unpacker().feed(raw)
            assert isinstance(message, Message)
            writer.write(packets.puback(message.packet_id))


@asynccontextmanager
async def held(line: Line) -> AsyncGenerator[None]:
    async with asyncio.TaskGroup() as group:
        holding = group.create_task(line.hold())
        try:
            async with asyncio.timeout(PATIENCE):
                yield
        finally:
            holding.cancel()


async def test_what_was_said_before_the_connection_is_delivered_after_it() -> None:
    async with server(acknowledge_all) as door:
        line = Line(door, GREETING)
        said = [line.send("linli/v1/telemetry", b"%d" % number) for number in range(60)]
        async with held(line):
            assert all(await asyncio.gather(*said))
        assert line.tally.acknowledged == 60


async def test_what_was_not_acknowledged_is_said_again_and_marked_so() -> None:
    second: asyncio.Future[list[bytes]] = asyncio.get_running_loop().create_future()

    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await welcome(reader, writer)
        await packet(reader)
        await packet(reader)

    async def listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await welcome(reader, writer)
        second.set_result([await packet(reader), await packet(reader)])
        writer.write(packets.puback(1) + packets.puback(2))
        await reader.read()

    async with server(hangs_up, listens) as door:
        line = Line(door, GREETING)
        said = [line.send("t", b"one"), line.send("t", b"two")]
        async with held(line):
            again = await second
            assert await asyncio.gather(*said) == [True, True]
    assert again == [
        packets.publish(Message("t", b"one", 1, 1), again=True),
        packets.publish(Message("t", b"two", 1, 2), again=True),
    ]


async def test_no_more_than_twenty_are_under_way_at_once() -> None:
    twenty, go_on = asyncio.Event(), asyncio.Event()

    async def hesitates(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await welcome(reader, writer)
        for _ in range(20):
            await packet(reader)
        twenty.set()
        await go_on.wait()
        for number in range(1, 31):
            writer.write(packets.puback(number))
        await reader.read()

    async with server(hesitates) as door:
        line = Line(door, GREETING)
        said = [line.send("t", b"%d" % number) for number in range(30)]
        async with held(line):
            await twenty.wait()
            assert line.tally.sent == 20
            go_on.set()
            assert await asyncio.gather(*said[:20]) == [True] * 20
            assert line.tally.sent == 30


async def test_the_buffer_is_bounded_and_gives_up_the_oldest() -> None:
    line = Line(Door("127.0.0.1", 9), GREETING)
    first = line.send("t", b"first")
    rest = [line.send("t", b"more") for _ in range(MOST_WAITING)]
    assert first.result() is False
    assert not any(one.done() for one in rest)
    line.forget()
    assert not any(one.result() for one in rest)


async def test_what_has_no_acknowledgement_is_not_kept() -> None:
    line = Line(Door("127.0.0.1", 9), GREETING)
    assert line.send("t", b"x", qos=0).result() is False


async def test_leaving_is_said_so_that_no_will_is_sent() -> None:
    last: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await welcome(reader, writer)
        last.set_result(await reader.read())

    async with server(listens) as door:
        line = Line(door, GREETING)
        async with held(line):
            await line.up.wait()
        assert await last == packets.DISCONNECT


async def test_a_cut_line_says_nothing_and_stays_away_until_it_is_mended() -> None:
    last: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await welcome(reader, writer)
        try:
            last.set_result(await reader.read())
        except ConnectionError:
            last.set_result(b"")

    async with server(listens, acknowledge_all) as door:
        line = Line(door, GREETING)
        async with held(line):
            await line.up.wait()
            line.cut()
            assert await last == b""
            kept = line.send("t", b"kept")
            assert not line.up.is_set()
            line.mend()
            assert await kept
        assert line.tally.connected == 2


async def test_it_answers_hears_and_greets() -> None:
    heard: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    answered: asyncio.Future[list[bytes]] = asyncio.get_running_loop().create_future()

    async def commands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await welcome(reader, writer)
        subscription, greeting = await packet(reader), await packet(reader)
        writer.write(b"\x90\x03\x00\x01\x80")
        writer.write(packets.publish(Message("linli/v1/command", b"{}", 1, 9)))
        answered.set_result([subscription, greeting, await packet(reader)])
        await reader.read()

    def greet() -> None:
        line.send("linli/v1/state", b"here")

    async with server(commands) as door:
        line = Line(
            door,
            GREETING,
            topics=("linli/v1/command",),
            greet=greet,
            hear=heard.set_result,
        )
        async with held(line):
            message = await heard
            subscription, greeting, answer = await answered
    assert message.payload == b"{}"
    assert subscription == packets.subscribe(1, ("linli/v1/command",))
    assert greeting == packets.publish(Message("linli/v1/state", b"here", 1, 2))
    assert answer == packets.puback(9)
    assert line.tally.refused_topics == 1


@pytest.mark.parametrize("answer", [REFUSED, b"HTTP/1.1 400 Bad Request\r\n", b""])
async def test_a_door_that_does_not_open_is_tried_again(answer: bytes) -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await packet(reader)
        writer.write(answer)

    async with server(refuses, acknowledge_all) as door:
        line = Line(door, GREETING)
        said = line.send("t", b"x")
        async with held(line):
            assert await said
        assert line.tally.connected == 1
        assert line.tally.refused == (1 if answer == REFUSED else 0)
