"""How people look through a node: tickets, pictures and films fetched from it, and live streams.

A node is reached only from here; a browser never learns where it is.
"""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI

from linli.kernel.errors import NotFound, Refusal
from linli.kernel.work import Workshop
from linli.sensing.vision.ports import Facades
from linli.sensing.vision.service import NoNode
from linli.sensing.vision.tickets import Ticket, View, admits, signed
from linli.support.audit.public import Lately
from linli.support.sealing.ports import Cipher

ANSWERS_WITHIN_S = 10.0
TICKET_MS = 60_000
LIVE_MS = 600_000
LARGEST_STILL = 8_000_000
LARGEST_FRAME = 16_000_000


class NotThere(Refusal):
    """The node has nothing of that time, or no picture yet."""

    status = 404
    code = "no_picture"
    text = "节点上没有这段画面"


class LiveTicket(msgspec.Struct, frozen=True):
    """What the address of a live stream carries: which camera of which node, and until when."""

    node: str
    address: str
    camera: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class VisionDoor:
    """What this process needs to serve nodes and those who look through them.

    `workshop` connects as `linli_gateway`. `view_key` gives the 32 bytes that sign tickets for a
    node, `live_key` those that sign the addresses of live streams; `clock_ms` is the machine's
    clock, which nodes go by.
    """

    workshop: Workshop
    cipher: Cipher
    facades: Facades
    view_key: Callable[[UUID], bytes]
    live_key: bytes
    looks: Lately = field(default_factory=Lately)
    clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000

    def ticket(self, node_id: UUID, camera: str, what: View, *, lasts_ms: int = TICKET_MS) -> str:
        """A ticket for one camera of a node."""
        until = self.clock_ms() + lasts_ms
        return signed(Ticket(camera=camera, what=what, until_ms=until), self.view_key(node_id))

    def live_address(self, camera_id: UUID, node_id: UUID, address: str, camera: str) -> str:
        """Where a browser opens the live stream, for ten minutes."""
        ticket = LiveTicket(str(node_id), address, camera, self.clock_ms() + LIVE_MS)
        body = msgspec.json.encode(ticket).decode()
        seal = signed(Ticket(camera=body, what=View.LIVE, until_ms=ticket.until_ms), self.live_key)
        return f"/api/cameras/{camera_id}/live?{urlencode({'to': body, 'ticket': seal})}"

    def live_ticket(self, body: str, seal: str) -> LiveTicket | None:
        """What a live address stands for; None when we did not make it, or its time is over."""
        wanted = Ticket(camera=body, what=View.LIVE, until_ms=self.clock_ms())
        if not admits(seal, self.live_key, wanted):
            return None
        return msgspec.json.decode(body, type=LiveTicket)


@dataclass(frozen=True, slots=True)
class Film:
    """A film as a node sends it, piece by piece."""

    length: int | None
    pieces: AsyncGenerator[bytes]


async def still(door: VisionDoor, address: str, node_id: UUID, camera: str) -> bytes:
    """The newest picture (JPEG). Raises NoNode, NotThere."""
    ticket = door.ticket(node_id, camera, View.STILL)
    async with _client() as client:
        answer = await _ask(client, f"{address}/still/{camera}", ticket)
        if len(answer.content) > LARGEST_STILL:
            raise NotThere
        return answer.content


async def recordings(
    door: VisionDoor, address: str, node_id: UUID, camera: str, span: tuple[int, int]
) -> bytes:
    """The node's list of segments and gaps between two moments in ms (JSON)."""
    ticket = door.ticket(node_id, camera, View.RECORDINGS)
    query = urlencode({"from": span[0], "to": span[1]})
    async with _client() as client:
        answer = await _ask(client, f"{address}/recordings/{camera}?{query}", ticket)
        return answer.content


async def clip(
    door: VisionDoor, address: str, node_id: UUID, camera: str, span: tuple[int, int]
) -> Film:
    """The film between two moments in ms (MP4). Raises NoNode, NotThere."""
    ticket = door.ticket(node_id, camera, View.CLIP)
    query = urlencode({"from": span[0], "to": span[1]})
    url = f"{address}/clip/{camera}?{query}"
    pieces = _pieces(url, ticket)
    # The first piece is the answer's head: what cannot be had is refused before anything is sent.
    head = await anext(pieces)
    return Film(length=int(head) or None, pieces=pieces)


async def _pieces(url: str, ticket: str) -> AsyncGenerator[bytes]:
    async with _client() as client:
        try:
            async with client.stream("GET", url, headers=_bearer(ticket)) as answer:
                _check(answer)
                yield answer.headers.get("Content-Length", "0").encode()
                async for piece in answer.aiter_raw():
                    yield piece
        except httpx.HTTPError as error:
            raise NoNode from error


async def _ask(client: httpx.AsyncClient, url: str, ticket: str) -> httpx.Response:
    try:
        answer = await client.get(url, headers=_bearer(ticket))
    except httpx.HTTPError as error:
        raise NoNode from error
    _check(answer)
    return answer


def _check(answer: httpx.Response) -> None:
    if answer.status_code == NotFound.status:
        raise NotThere
    if not answer.is_success:
        raise NoNode


def _bearer(ticket: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {ticket}"}


def _client() -> httpx.AsyncClient:
    # Nodes are on the estate's own network: no proxy of the environment stands between.
    return httpx.AsyncClient(timeout=ANSWERS_WITHIN_S, trust_env=False)


@asynccontextmanager
async def live(door: VisionDoor, ticket: LiveTicket) -> AsyncGenerator[ClientConnection]:
    """The node's live stream of a camera. Raises NoNode."""
    parts = urlsplit(ticket.address)
    scheme = "wss" if parts.scheme == "https" else "ws"
    url = urlunsplit((scheme, parts.netloc, f"{parts.path}/live/{ticket.camera}", "", ""))
    pass_ = door.ticket(UUID(ticket.node), ticket.camera, View.LIVE, lasts_ms=LIVE_MS)
    try:
        opened = connect(
            url,
            additional_headers=_bearer(pass_),
            max_size=LARGEST_FRAME,
            open_timeout=ANSWERS_WITHIN_S,
            close_timeout=1.0,
            proxy=None,
        )
        connection = await opened
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
        raise NoNode from error
    try:
        yield connection
    finally:
        await connection.close()


def door_of(state: object) -> VisionDoor:
    """The door in an application's state. Raises NoNode where this process has none."""
    door = cast("object", getattr(state, "vision", None))
    if isinstance(door, VisionDoor):
        return door
    raise NoNode
