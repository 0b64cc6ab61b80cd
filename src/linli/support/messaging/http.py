"""Messages over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.kernel.errors import NotSignedIn
from linli.kernel.web import CurrentWork, require, router
from linli.support.messaging import service
from linli.support.messaging.contracts import (
    CHANNEL_TITLES,
    STATE_TITLES,
    Channel,
    DeliveryState,
    InAppMessage,
    OutgoingMessage,
)

api = router("/api/messages", tag="messages")

Most = Annotated[int, Query(ge=1, le=200)]


class MessageView(BaseModel):
    """One of my messages; `read_at` is null until I have read it. `template` says what kind."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    at: AwareDatetime
    template: str
    title: str
    words: str
    incident_id: UUID | None
    order_id: UUID | None
    read_at: AwareDatetime | None


class MessagePage(BaseModel):
    """My newest messages; `total` counts all of them."""

    model_config = ConfigDict(frozen=True)

    items: tuple[MessageView, ...]
    next_cursor: str | None = None
    total: int


class OutgoingView(BaseModel):
    """A message by SMS, phone or WeChat, with how far it has come."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    at: AwareDatetime
    channel: Channel
    channel_title: str
    address_masked: str
    words: str
    state: DeliveryState
    state_title: str
    incident_id: UUID | None


class OutgoingPage(BaseModel):
    """The newest outgoing messages of the estates one sees incidents of."""

    model_config = ConfigDict(frozen=True)

    items: tuple[OutgoingView, ...]
    next_cursor: str | None = None
    total: int


@api.get("")
async def list_messages(work: CurrentWork, limit: Most = 50) -> MessagePage:
    """My in-app messages, newest first."""
    account_id = _own(work)
    messages, total = await service.inbox(work, account_id, most=limit)
    return MessagePage(items=tuple(_view(message) for message in messages), total=total)


@api.post("/{message_id}/read", status_code=204)
async def read_message(work: CurrentWork, message_id: UUID) -> None:
    """I have read this message; saying so again changes nothing. 404: it is not mine."""
    await service.mark_read(work, _own(work), message_id)


@api.get("/outgoing")
async def list_outgoing(work: CurrentWork, limit: Most = 50) -> OutgoingPage:
    """What SMS, phone and WeChat were given, newest first; in a demonstration nothing leaves.

    Needs `see_incidents`; shows the estates it holds for. Addresses are masked.
    """
    require(work, "see_incidents")
    messages = await service.outgoing(work, most=limit)
    return OutgoingPage(
        items=tuple(_outgoing_view(message) for message in messages), total=len(messages)
    )


def _own(work: CurrentWork) -> UUID:
    if work.scope.account_id is None:
        raise NotSignedIn
    return work.scope.account_id


def _view(message: InAppMessage) -> MessageView:
    return MessageView(
        id=message.id,
        at=message.at,
        template=message.template,
        title=message.title,
        words=message.words,
        incident_id=message.incident_id,
        order_id=message.order_id,
        read_at=message.read_at,
    )


def _outgoing_view(message: OutgoingMessage) -> OutgoingView:
    return OutgoingView(
        id=message.id,
        at=message.at,
        channel=message.channel,
        channel_title=CHANNEL_TITLES[message.channel],
        address_masked=message.address_masked,
        words=message.words,
        state=message.state,
        state_title=STATE_TITLES[message.state],
        incident_id=message.incident_id,
    )
