"""Door cards over HTTP. Numbers and names are masked; a look in full gives a reason."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.directory.cards import policy, service
from linli.directory.cards.contracts import (
    CARD_TITLES,
    MOVE_TITLES,
    STATE_TITLES,
    Card,
    CardEntry,
    CardKind,
    CardMove,
    CardOrder,
    CardSearch,
    CardState,
)
from linli.directory.people.public import masked_name, people_named
from linli.directory.places.public import places_inside, places_named
from linli.kernel.errors import BadInput
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher
from linli.support.sheets.public import Agreed, Column, Filter, as_file

api = router("/api/cards", tag="cards")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class CardMoveView(Shape):
    """A move that may be made now."""

    move: CardMove
    title: str


class CardView(Shape):
    """A card: `number` shows its last four, `holder` a masked name."""

    id: UUID
    estate_id: UUID
    number: str
    kind: CardKind
    kind_title: str
    home_id: UUID | None
    home_title: str
    person_id: UUID | None
    holder: str
    state: CardState
    state_title: str
    state_reason: str
    state_at: AwareDatetime
    valid_from: date | None
    valid_to: date | None
    note: str
    source_title: str
    entered_by: str
    moves: tuple[CardMoveView, ...]


class CardPage(Shape):
    """Cards of one page; `total` and `by_state` are of all that match."""

    items: tuple[CardView, ...]
    next_cursor: str | None
    total: int
    by_state: dict[CardState, int]


class CardBody(Shape):
    """A card to be entered by hand; `holder` where the holder is not registered."""

    estate_id: UUID
    number: Annotated[str, Field(min_length=1, max_length=40)]
    kind: CardKind = CardKind.IC
    home_id: UUID | None = None
    person_id: UUID | None = None
    holder: Annotated[str, Field(max_length=policy.LONGEST_HOLDER)] = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: Annotated[str, Field(max_length=policy.LONGEST_NOTE)] = ""


class CardMoveBody(Shape):
    """A move, and why."""

    move: CardMove
    reason: Annotated[str, Field(max_length=policy.LONGEST_REASON)]


class CardLookBody(Shape):
    """Why somebody looks."""

    reason: Annotated[str, Field(max_length=200)]


class WholeCardView(Shape):
    """The whole number, and the holder's whole name where it is only written down."""

    shown: str
    holder: str


def _cipher_of(request: Request) -> Cipher:
    return cast("Cipher", request.app.state.cipher)


InstallationCipher = Annotated[Cipher, Depends(_cipher_of)]


@api.get("")
async def list_cards(
    work: CurrentWork,
    cipher: InstallationCipher,
    *,
    estate_id: UUID | None = None,
    place_id: UUID | None = None,
    q: Annotated[str, Query(max_length=40)] = "",
    kind: CardKind | None = None,
    state: CardState | None = None,
    sort: CardOrder = CardOrder.STATE_AT_DOWN,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> CardPage:
    """Door cards, the last change first. `q`: a whole number, or its last four."""
    require(work, service.SEE)
    inside = tuple(await places_inside(work, place_id)) if place_id else None
    number, tail = _asked(q)
    search = CardSearch(
        estate_id=estate_id,
        home_ids=inside,
        number=number,
        tail=tail,
        kind=kind,
        state=state,
        order=sort,
    )
    cards, sums = await service.find(work, cipher, search, most=limit, skip=cursor)
    titles = await _titles(work, cipher, cards)
    return CardPage(
        items=tuple(_view(work, one, titles) for one in cards),
        next_cursor=str(cursor + limit) if cursor + limit < sums.total else None,
        total=sums.total,
        by_state=dict(sums.by_state),
    )


as_file(
    api,
    list_cards,
    "门卡",
    (
        Column("卡号", lambda row: row.number),
        Column("卡类型", lambda row: row.kind_title),
        Column("房屋", lambda row: row.home_title),
        Column("持卡人", lambda row: row.holder),
        Column("状态", lambda row: row.state_title),
        Column("原因", lambda row: row.state_reason),
        Column("变更时间", lambda row: row.state_at),
        Column("发卡日期", lambda row: row.valid_from),
        Column("有效期至", lambda row: row.valid_to),
        Column("备注", lambda row: row.note),
        Column("来源", lambda row: row.source_title),
        Column("登记人", lambda row: row.entered_by),
    ),
    personal=True,
    agreed=Agreed(
        service.SEE,
        {
            "q": Filter("卡号"),
            "kind": Filter("卡类型", CARD_TITLES.__getitem__),
            "state": Filter("状态", STATE_TITLES.__getitem__),
        },
    ),
)


@api.post("", status_code=201)
async def add_card(work: CurrentWork, cipher: InstallationCipher, body: CardBody) -> CardView:
    """Enter one card by hand. 422 names the field, also when the number is there already."""
    require(work, service.MANAGE, body.estate_id)
    entry = CardEntry(
        number=body.number,
        kind=body.kind,
        home_id=body.home_id,
        person_id=body.person_id,
        holder=body.holder,
        valid_from=body.valid_from,
        valid_to=body.valid_to,
        note=body.note,
    )
    card = await service.add(work, cipher, body.estate_id, entry)
    return _view(work, card, await _titles(work, cipher, [card]))


@api.post("/{card_id}/moves")
async def move_card(
    work: CurrentWork, cipher: InstallationCipher, card_id: UUID, body: CardMoveBody
) -> CardView:
    """Report a card lost or found, block it, take it back, hand it out again.

    409 when it stands otherwise, 422 without a reason.
    """
    require(work, service.MANAGE)
    card = await service.move(work, card_id, body.move, body.reason)
    return _view(work, card, await _titles(work, cipher, [card]))


@api.post("/{card_id}/look")
async def look_at_card(
    work: CurrentWork, cipher: InstallationCipher, card_id: UUID, body: CardLookBody
) -> WholeCardView:
    """The whole number. Needs `manage_cards` and a reason; the look is on record."""
    require(work, service.MANAGE)
    whole = await service.look_at_number(work, cipher, card_id, reason=body.reason)
    return WholeCardView(shown=whole.number, holder=whole.holder)


def _asked(q: str) -> tuple[str | None, str | None]:
    """A whole number, or the last four."""
    if not q.strip():
        return None, None
    try:
        number = policy.number_of(q)
    except BadInput as wrong:
        raise BadInput("请输入整个卡号，或最后四位", field="q") from wrong
    return (None, number) if len(number) == policy.TAIL else (number, None)


async def _titles(work: Work, cipher: Cipher, cards: Sequence[Card]) -> Mapping[UUID, str]:
    """What homes and holders are called, by id; names masked."""
    places = await places_named(work, {one.home_id for one in cards if one.home_id})
    people = await people_named(work, cipher, [one.person_id for one in cards if one.person_id])
    return {
        **{place_id: place.path for place_id, place in places.items()},
        **{person_id: person.name_masked for person_id, person in people.items()},
    }


def _view(work: Work, one: Card, titles: Mapping[UUID, str]) -> CardView:
    manages = work.scope.may(service.MANAGE, one.estate_id)
    moves = policy.allowed(one.state) if manages else ()
    named = titles.get(one.person_id, "") if one.person_id else masked_name(one.holder)
    return CardView(
        id=one.id,
        estate_id=one.estate_id,
        number=policy.masked(one.tail),
        kind=one.kind,
        kind_title=CARD_TITLES[one.kind],
        home_id=one.home_id,
        home_title=titles.get(one.home_id, "") if one.home_id else "",
        person_id=one.person_id,
        holder=named,
        state=one.state,
        state_title=STATE_TITLES[one.state],
        state_reason=one.state_reason,
        state_at=one.state_at,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        note=one.note,
        source_title=one.source.title,
        entered_by=one.entered_by,
        moves=tuple(CardMoveView(move=move, title=MOVE_TITLES[move]) for move in moves),
    )
