"""The quarantine over HTTP."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict

from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.sensing.devices.contracts import Connection
from linli.sensing.devices.public import connections_named
from linli.sensing.quarantine import policy, service
from linli.sensing.quarantine.contracts import STATE_TITLES, HeldFilter, HeldMessage, HeldState
from linli.support.sheets.public import Column, as_file

api = router("/api/quarantine", tag="quarantine")

PREVIEW = 300


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class HeldShape(Shape):
    """A held message. `payload_preview` is its beginning as text, or as hexadecimal digits.

    `remedy` says what to do about it. `replayable` is false for one that was too large to be kept
    whole; `replay_asked` tells that the intake will have it next.
    """

    id: UUID
    first_received_at: datetime
    received_at: datetime
    connection_id: UUID | None
    connection_code: str | None
    topic: str
    payload_preview: str
    bytes: int
    reason: str
    reason_title: str
    words: str
    remedy: str
    times_seen: int
    state: HeldState
    replay_asked: bool
    replayable: bool


class HeldList(Shape):
    """A page of held messages, newest first."""

    items: list[HeldShape]
    next_cursor: str | None
    total: int


class ReasonShape(Shape):
    """How many wait for one reason, and what to do about it."""

    reason: str
    title: str
    remedy: str
    waiting: int


class CountsShape(Shape):
    """How many messages wait, by reason; `times_seen` counts all that ever came."""

    waiting: int
    times_seen: int
    reasons: list[ReasonShape]


Remedies = Callable[[str], str | None]


def _unknown(_reason: str) -> None:
    return None


def _remedies_of(request: Request) -> Remedies:
    """What the application's state tells about a reason; those who name reasons know."""
    told = cast("Remedies", getattr(request.app.state, "remedies", _unknown))
    return lambda reason: told(reason) or policy.OTHER_REMEDY


CurrentRemedies = Annotated[Remedies, Depends(_remedies_of)]


@api.get("")
async def list_held(
    work: CurrentWork,
    remedies: CurrentRemedies,
    *,
    reason: Annotated[str | None, Query()] = None,
    connection_id: Annotated[UUID | None, Query()] = None,
    state: Annotated[HeldState | None, Query()] = None,
    sort: Literal["at", "-at"] = "-at",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query()] = None,
) -> HeldList:
    """Held messages, newest first (`at`: oldest first)."""
    require(work, "see_quarantine")
    page = await service.list_held(
        work,
        HeldFilter(reason=reason, connection_id=connection_id, state=state, oldest=sort == "at"),
        after=cursor,
        most=limit,
    )
    codes = await _connections(work, page.messages)
    return HeldList(
        items=[_shape(message, codes, remedies) for message in page.messages],
        next_cursor=page.next_after,
        total=page.total,
    )


# What a message held stays on the page: nobody has read it yet, it may hold anything.
as_file(
    api,
    list_held,
    "隔离区",
    (
        Column("最近收到", lambda row: row.received_at),
        Column("首次收到", lambda row: row.first_received_at),
        Column("次数", lambda row: row.times_seen),
        Column("连接", lambda row: row.connection_code),
        Column("主题", lambda row: row.topic),
        Column("字节", lambda row: row.bytes),
        Column("原因", lambda row: row.reason_title),
        Column("说明", lambda row: row.words),
        Column("怎么办", lambda row: row.remedy),
        Column(
            "状态",
            lambda row: STATE_TITLES[HeldState.ASKED if row.replay_asked else row.state],
        ),
    ),
)


@api.get("/counts")
async def counts(work: CurrentWork, remedies: CurrentRemedies) -> CountsShape:
    """How many messages wait, and why."""
    require(work, "see_quarantine")
    counted = await service.counts(work)
    return CountsShape(
        waiting=counted.waiting,
        times_seen=counted.times_seen,
        reasons=[
            ReasonShape(
                reason=reason,
                title=counted.titles[reason],
                remedy=remedies(reason) or "",
                waiting=waiting,
            )
            for reason, waiting in counted.by_reason.items()
        ],
    )


@api.post("/{message_id}/replay")
async def replay(work: CurrentWork, message_id: UUID, remedies: CurrentRemedies) -> HeldShape:
    """Have the message taken in again as soon as possible; its state tells what became of it."""
    require(work, "see_quarantine")
    return await _one(work, await service.ask_replay(work, message_id), remedies)


@api.post("/{message_id}/drop")
async def drop(work: CurrentWork, message_id: UUID, remedies: CurrentRemedies) -> HeldShape:
    """Nobody needs this message."""
    require(work, "see_quarantine")
    return await _one(work, await service.drop(work, message_id), remedies)


async def _connections(work: Work, messages: tuple[HeldMessage, ...]) -> Mapping[UUID, Connection]:
    return await connections_named(
        work, {one.connection_id for one in messages if one.connection_id}
    )


async def _one(work: Work, message: HeldMessage, remedies: Remedies) -> HeldShape:
    return _shape(message, await _connections(work, (message,)), remedies)


def _shape(
    message: HeldMessage, connections: Mapping[UUID, Connection], remedies: Remedies
) -> HeldShape:
    sender = connections.get(message.connection_id) if message.connection_id else None
    return HeldShape(
        id=message.id,
        first_received_at=message.first_received_at,
        received_at=message.received_at,
        connection_id=message.connection_id,
        connection_code=sender.code if sender else None,
        topic=message.topic,
        payload_preview=policy.preview(message.payload, PREVIEW),
        bytes=message.bytes,
        reason=message.reason,
        reason_title=message.reason_title,
        words=message.words,
        remedy=remedies(message.reason) or "",
        times_seen=message.times_seen,
        state=HeldState.WAITING if message.state is HeldState.ASKED else message.state,
        replay_asked=message.state is HeldState.ASKED,
        replayable=message.whole,
    )
