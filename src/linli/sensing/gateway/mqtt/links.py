"""The network side: asyncio protocols for TCP and WebSocket, both carrying the same bytes."""

import asyncio
import contextlib
import socket
from typing import Final, Protocol, cast

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

KEEP_IDLE_SECONDS: Final = 120
KEEP_INTERVAL_SECONDS: Final = 30
KEEP_PROBES: Final = 4
SUBPROTOCOL: Final = "mqtt"
NOT_FOUND: Final = 404
BAD_REQUEST: Final = 400
UNKNOWN_ADDRESS: Final = "unknown"


class Link(Protocol):
    """One network connection as the conversation sees it."""

    def send(self, raw: bytes) -> None:
        """Write, buffering what the network does not take yet."""
        ...

    def pause(self) -> None:
        """Read no more for now."""
        ...

    def resume(self) -> None:
        """Read again."""
        ...

    def close(self) -> None:
        """Close once the buffer is written."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...

    def buffered(self) -> int:
        """Return how many bytes wait to be written."""
        ...


class Listener(Protocol):
    """What a link tells; filled by the conversation."""

    def received(self, raw: bytes) -> None:
        """Take bytes of the MQTT stream."""
        ...

    def broke_framing(self, detail: str) -> None:
        """Hear that the peer breaks the transport's own rules."""
        ...

    def writing_stalled(self) -> None:
        """Hear that the peer does not read."""
        ...

    def writing_flows(self) -> None:
        """Hear that it reads again."""
        ...

    def cut(self) -> None:
        """Hear that the connection is gone."""
        ...


class Greeter(Protocol):
    """Makes the listener of a new link, or None to turn it away."""

    def __call__(self, link: Link, address: str) -> Listener | None:
        """Meet a new connection."""
        ...


class TcpLink(asyncio.Protocol):
    """MQTT straight over TCP or TLS."""

    def __init__(self, greeter: Greeter, write_buffer: int) -> None:
        self._greeter = greeter
        self._write_buffer = write_buffer
        self._transport: asyncio.Transport | None = None
        self._listener: Listener | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's stream transports have all the methods and not the base class.
        stream = cast("asyncio.Transport", transport)
        self._transport = stream
        address = _prepare(stream, self._write_buffer)
        self._listener = self._greeter(self, address)
        if self._listener is None:
            stream.abort()

    def data_received(self, data: bytes) -> None:
        if self._listener is not None:
            self._listener.received(data)

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        if self._listener is not None:
            self._listener.writing_stalled()

    def resume_writing(self) -> None:
        if self._listener is not None:
            self._listener.writing_flows()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None
        if self._listener is not None:
            self._listener.cut()

    def send(self, raw: bytes) -> None:
        if self._transport is not None:
            self._transport.write(raw)

    def pause(self) -> None:
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def buffered(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport is not None else 0


class WebSocketLink(TcpLink):
    """MQTT in binary frames of a WebSocket (chapter 6)."""

    def __init__(self, greeter: Greeter, write_buffer: int, path: str) -> None:
        super().__init__(greeter, write_buffer)
        self._path = path
        self._frames = WSConnection(ConnectionType.SERVER)
        self._open = False

    def data_received(self, data: bytes) -> None:
        try:
            self._frames.receive_data(data)
            for event in self._frames.events():
                self._take(event)
        except (RemoteProtocolError, LocalProtocolError) as wrong:
            self._broken(str(wrong))

    def eof_received(self) -> bool:
        with contextlib.suppress(RemoteProtocolError, LocalProtocolError):
            self._frames.receive_data(None)
        return False

    def send(self, raw: bytes) -> None:
        if self._open:
            with contextlib.suppress(LocalProtocolError):
                super().send(self._frames.send(BytesMessage(raw)))

    def close(self) -> None:
        if self._open:
            self._open = False
            with contextlib.suppress(LocalProtocolError):
                super().send(self._frames.send(CloseConnection(CloseReason.NORMAL_CLOSURE)))
        super().close()

    def _take(self, event: object) -> None:
        match event:
            case BytesMessage(data=data):
                if self._listener is not None:
                    self._listener.received(bytes(data))
            case Request():
                self._shake_hands(event)
            case Ping():
                super().send(self._frames.send(event.response()))
            case CloseConnection():
                if self._open:
                    self._open = False
                    super().send(self._frames.send(event.response()))
                super().close()
            case TextMessage():
                self._broken("text frame [MQTT-6.0.0-1]")
            case _:
                pass

    def _shake_hands(self, request: Request) -> None:
        if request.target.partition("?")[0] != self._path:
            self._turn_away(NOT_FOUND)
        elif SUBPROTOCOL not in request.subprotocols:
            self._turn_away(BAD_REQUEST)
        else:
            super().send(self._frames.send(AcceptConnection(subprotocol=SUBPROTOCOL)))
            self._open = True

    def _turn_away(self, status: int) -> None:
        super().send(self._frames.send(RejectConnection(status_code=status)))
        if self._listener is not None:
            self._listener.broke_framing(f"handshake refused with {status}")
        super().close()

    def _broken(self, detail: str) -> None:
        if self._listener is not None:
            self._listener.broke_framing(detail)
        self.close()


def _prepare(transport: asyncio.Transport, write_buffer: int) -> str:
    """Set buffers and probes for dead peers; return the peer's address."""
    transport.set_write_buffer_limits(high=write_buffer)
    channel: object = transport.get_extra_info("socket")
    if channel is not None:
        with contextlib.suppress(OSError, AttributeError):
            _probe(channel)
    peer: object = transport.get_extra_info("peername")
    if isinstance(peer, tuple) and peer:
        return str(peer[0])  # pyright: ignore[reportUnknownArgumentType] - asyncio's own tuple
    return UNKNOWN_ADDRESS


def _probe(channel: object) -> None:
    # uvloop hands out a wrapper without a common base class with socket.socket.
    set_option = getattr(channel, "setsockopt")  # noqa: B009 - typed access is not possible
    set_option(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    set_option(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    set_option(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEP_IDLE_SECONDS)
    set_option(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEP_INTERVAL_SECONDS)
    set_option(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEP_PROBES)
