"""Guest links over HTTP: made and revoked by those who dispatch, used by the guest."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, UploadFile
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.kernel.web import SHOWN_ONCE, CurrentWork, WorkRoute, require, router
from linli.responding.dispatch.contracts import Order, OrderMove, OrderState
from linli.responding.dispatch.public import Step, allowed, present_deadline, step_at
from linli.responding.guests import policy, service
from linli.responding.guests.contracts import Guest, GuestLink, LinkState, Made, Use
from linli.support.files.contracts import Purpose
from linli.support.files.ports import Vault
from linli.support.files.public import save_photo


class GuestRoute(WorkRoute):
    """Runs each endpoint in the unit of work of the guest who shows a link's token."""

    door = "guest_door"


api = router("/api", tag="guests")
guest_api = APIRouter(prefix="/api/guest", tags=["guests"], route_class=GuestRoute)

DISPATCH = service.DISPATCH


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class UseShape(Shape):
    """One use of a link."""

    at: AwareDatetime
    act: str
    act_title: str
    address: str


class LinkShape(Shape):
    """A link as those who dispatch see it."""

    id: UUID
    guest_name: str
    firm: str
    state: LinkState
    state_title: str
    made_at: AwareDatetime
    made_by: str
    expires_at: AwareDatetime
    ended_at: AwareDatetime | None
    ended_by: str
    uses: list[UseShape]


class MadeShape(Shape):
    """A new link. `path` is shown once: behind the `#` it holds the token."""

    link: LinkShape
    path: str


class LinkRequest(Shape):
    """For whom a link is made, and for how many hours (1 to 72)."""

    guest_name: Annotated[str, Field(max_length=policy.LONGEST_NAME)]
    firm: Annotated[str, Field(max_length=policy.LONGEST_FIRM)]
    hours: int


class GuestMoveShape(Shape):
    """A move the guest may make now, and what it needs."""

    move: OrderMove
    title: str
    needs_words: bool
    needs_photo: bool


class GuestOrder(Shape):
    """The one order as the guest sees it: where, what, until when; no people, no pictures."""

    code: str
    version: int
    guest_name: str
    estate_title: str
    place_path: str
    line: str
    what: str
    words: str
    severity: str
    severity_title: str
    state: OrderState
    state_title: str
    due_title: str | None
    due_at: AwareDatetime | None
    photos: int
    result: str
    moves: list[GuestMoveShape]


class GuestMoveRequest(Shape):
    """A move and what comes with it."""

    move: OrderMove
    words: Annotated[str, Field(max_length=2000)] = ""
    evidence: Annotated[list[UUID], Field(max_length=20)] = []
    expected_version: int
    happened_at: AwareDatetime | None = None


class GuestPhoto(Shape):
    """A photo that was kept."""

    id: UUID


STAGE_TITLES = {"accept": "接单", "arrive": "到场", "fix": "处理完成", "verify": "核实"}
NEEDS_WORDS = frozenset({OrderMove.REFUSE, OrderMove.FIX})


def _guest_of(request: Request) -> Guest:
    return cast("Guest", request.state.guest)


def _vault_of(request: Request) -> Vault:
    return cast("Vault", request.app.state.vault)


CurrentGuest = Annotated[Guest, Depends(_guest_of)]
CurrentVault = Annotated[Vault, Depends(_vault_of)]


def _link_shape(link: GuestLink, uses: Sequence[Use], now: datetime) -> LinkShape:
    state = policy.state_of(link, now)
    return LinkShape(
        id=link.id,
        guest_name=link.guest_name,
        firm=link.firm,
        state=state,
        state_title=state.words,
        made_at=link.made_at,
        made_by=link.made_by,
        expires_at=link.expires_at,
        ended_at=link.ended_at,
        ended_by=link.ended_by,
        uses=[
            UseShape(
                at=use.at,
                act=use.act,
                act_title=policy.ACTS.get(use.act, use.act),
                address=use.address,
            )
            for use in uses
            if use.link_id == link.id
        ],
    )


@api.get("/orders/{order_id}/guest-links")
async def list_guest_links(work: CurrentWork, order_id: UUID) -> list[LinkShape]:
    """An order's guest links, newest first, with each use. 404 out of reach."""
    require(work, DISPATCH)
    links, uses = await service.links_of(work, order_id)
    return [_link_shape(link, uses, work.now) for link in links]


@api.post("/orders/{order_id}/guest-links", status_code=201)
async def make_guest_link(
    work: CurrentWork, response: Response, order_id: UUID, asked: LinkRequest
) -> MadeShape:
    """Hand the order to somebody from outside; an open link of it is revoked.

    404 out of reach, 409 when the order is done or the module is off, 422 names the field. The
    address is told once.
    """
    require(work, DISPATCH)
    wanted = service.Wanted(asked.guest_name, asked.firm, asked.hours)
    made: Made = await service.make_link(work, order_id, wanted, _new_token)
    response.headers[SHOWN_ONCE] = "token"
    return MadeShape(link=_link_shape(made.link, (), work.now), path=f"/guest#{made.token}")


@api.post("/guest-links/{link_id}/revoke")
async def revoke_guest_link(work: CurrentWork, link_id: UUID) -> LinkShape:
    """End a link at once. 404 out of reach."""
    require(work, DISPATCH)
    link = await service.revoke_link(work, link_id)
    return _link_shape(link, (), work.now)


@guest_api.get("/order")
async def read_guest_order(work: CurrentWork, guest: CurrentGuest) -> GuestOrder:
    """The order of the link whose token stands in `X-Guest-Token`. 410 when the link is over."""
    order = await service.guests_order(work, guest)
    await service.note_use(work, guest, "opened")
    return _order_shape(order, guest)


@guest_api.post("/moves")
async def move_guest_order(
    work: CurrentWork, guest: CurrentGuest, asked: GuestMoveRequest
) -> GuestOrder:
    """Accept, refuse, arrive or fix. 409 when the state does not allow it, 422 names the field."""
    step = Step(
        move=asked.move,
        words=asked.words,
        evidence=tuple(asked.evidence),
        at=step_at(work, asked.happened_at),
    )
    order = await service.guest_moves(work, guest, step, expected_version=asked.expected_version)
    return _order_shape(order, guest)


@guest_api.post("/photos")
async def keep_guest_photo(
    work: CurrentWork, guest: CurrentGuest, vault: CurrentVault, file: UploadFile
) -> GuestPhoto:
    """Upload a photo (JPEG, PNG or WebP, at most 20 MB); it is painted anew."""
    await service.guests_order(work, guest)
    stored = await save_photo(work, vault, Purpose.ORDER_EVIDENCE, await file.read())
    await service.note_use(work, guest, "photo")
    return GuestPhoto(id=stored.id)


def _order_shape(order: Order, guest: Guest) -> GuestOrder:
    offer = order.offer
    due = present_deadline(order)
    return GuestOrder(
        code=order.code,
        version=order.version,
        guest_name=guest.name,
        estate_title=offer.estate_title,
        place_path=offer.place_path,
        line=offer.line,
        what=offer.what,
        words=offer.words,
        severity=offer.severity,
        severity_title=offer.severity.words,
        state=order.state,
        state_title=order.state.words,
        due_title=STAGE_TITLES[due[0]] if due else None,
        due_at=due[1] if due else None,
        photos=len(order.evidence),
        result=order.result,
        moves=[
            GuestMoveShape(
                move=move,
                title=move.words,
                needs_words=move in NEEDS_WORDS,
                needs_photo=move is OrderMove.FIX,
            )
            for move in allowed(order, service.mover_of(guest))
            if move in policy.GUEST_MOVES
        ],
    )


def _new_token() -> str:
    return secrets.token_urlsafe(policy.TOKEN_BYTES)
