"""Subscriptions of other systems over HTTP."""

from datetime import datetime
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.web import SHOWN_ONCE, CurrentWork, require, router
from linli.responding.hooks import service
from linli.responding.hooks.contracts import DeliveryState, Hook, HookState
from linli.support.sealing.ports import Cipher

api = router("/api", tag="hooks")

Wanted = Literal[
    "incident.opened", "incident.changed", "incident.closed", "order.changed", "alert.rang"
]


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class HookBody(Shape):
    """A new subscription."""

    organisation_id: UUID
    title: Annotated[str, Field(min_length=1, max_length=80)]
    url: Annotated[str, Field(min_length=8, max_length=500)]
    events: Annotated[frozenset[Wanted], Field(min_length=1)]


class HookView(Shape):
    """A subscription; `failing_since` is the first of the failures in a row."""

    id: UUID
    organisation_id: UUID
    title: str
    url: str
    events: tuple[str, ...]
    state: HookState
    failing_since: datetime | None
    made_by: str
    made_at: datetime


class HookSecret(Shape):
    """The secret requests are signed with, shown this once."""

    secret: str


class AttemptView(Shape):
    """One try; `status` is null when there was no answer."""

    at: datetime
    status: int | None
    error: str


class HookDeliveryView(Shape):
    """A notice and how its tries went, the oldest first."""

    id: UUID
    sequence: int
    event: str
    state: DeliveryState
    made_at: datetime
    due_at: datetime
    attempts: tuple[AttemptView, ...]


def _cipher(request: Request) -> Cipher:
    return cast("Cipher", request.app.state.cipher)


@api.get("/hooks")
async def list_hooks(work: CurrentWork) -> tuple[HookView, ...]:
    """Subscriptions of the organisations one manages, newest first. Needs `manage_accounts`."""
    require(work, service.MANAGE)
    return tuple(HookView.model_validate(hook) for hook in await service.listed(work))


@api.post("/hooks", status_code=201)
async def make_hook(
    work: CurrentWork, request: Request, response: Response, body: HookBody
) -> HookSecret:
    """Subscribe an organisation's system; the secret is shown this once."""
    require(work, service.MANAGE)
    draft = Hook(
        id=work.new_id(),
        organisation_id=body.organisation_id,
        title=body.title.strip(),
        url=body.url.strip(),
        events=tuple(sorted(body.events)),
        state=HookState.ACTIVE,
        failing_since=None,
        made_by=work.actor.name,
        made_at=work.now,
    )
    secret = await service.subscribe(work, _cipher(request), draft)
    response.headers[SHOWN_ONCE] = "1"
    return HookSecret(secret=secret)


@api.post("/hooks/{hook_id}/pause", status_code=204)
async def pause_hook(work: CurrentWork, hook_id: UUID) -> None:
    """Send nothing until it goes on; what happens meanwhile waits."""
    require(work, service.MANAGE)
    await service.move(work, hook_id, HookState.PAUSED)


@api.post("/hooks/{hook_id}/resume", status_code=204)
async def resume_hook(work: CurrentWork, hook_id: UUID) -> None:
    """Go on after a pause, or after it suspended itself; what waited is sent."""
    require(work, service.MANAGE)
    await service.move(work, hook_id, HookState.ACTIVE)


@api.delete("/hooks/{hook_id}", status_code=204)
async def remove_hook(work: CurrentWork, hook_id: UUID) -> None:
    """End a subscription for good."""
    require(work, service.MANAGE)
    await service.move(work, hook_id, HookState.REMOVED)


@api.post("/hooks/{hook_id}/secret")
async def rotate_hook_secret(
    work: CurrentWork, request: Request, response: Response, hook_id: UUID
) -> HookSecret:
    """Another secret, in force from the next request on; shown this once."""
    require(work, service.MANAGE)
    secret = await service.rotate(work, _cipher(request), hook_id)
    response.headers[SHOWN_ONCE] = "1"
    return HookSecret(secret=secret)


@api.post("/hooks/{hook_id}/ping", status_code=204)
async def ping_hook(work: CurrentWork, hook_id: UUID) -> None:
    """Send a notice that only tries the connection."""
    require(work, service.MANAGE)
    await service.ping(work, hook_id)


@api.get("/hooks/{hook_id}/deliveries")
async def list_hook_deliveries(work: CurrentWork, hook_id: UUID) -> tuple[HookDeliveryView, ...]:
    """The last hundred notices of a subscription and their fate, newest first."""
    require(work, service.MANAGE)
    found = await service.deliveries(work, hook_id)
    return tuple(HookDeliveryView.model_validate(one) for one in found)


@api.post("/hook-deliveries/{delivery_id}/replay", status_code=204)
async def replay_hook_delivery(work: CurrentWork, delivery_id: UUID) -> None:
    """Send a notice once more with its old id and number."""
    require(work, service.MANAGE)
    await service.replay(work, delivery_id)
