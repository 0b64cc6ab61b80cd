"""Enterprises over HTTP."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from linli.directory.enterprises import service
from linli.directory.enterprises.contracts import (
    KIND_TITLES,
    STATE_TITLES,
    Enterprise,
    EnterpriseEntry,
    EnterpriseFilter,
    EnterpriseKind,
    EnterpriseState,
)
from linli.directory.places.contracts import Place
from linli.directory.places.public import places_inside, places_named
from linli.directory.sources.contracts import CLERK
from linli.directory.sources.contracts import KIND_TITLES as SOURCE_TITLES
from linli.kernel.web import CurrentWork, require, router
from linli.support.sealing.ports import Cipher
from linli.support.sheets.public import Column, as_file

api = router("/api/enterprises", tag="enterprises")

SEE = "see_places"
MANAGE = "manage_places"


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class EnterpriseView(Shape):
    """An enterprise at a place; the phone masked."""

    id: UUID
    estate_id: UUID
    place_id: UUID | None
    place_title: str
    code: str
    title: str
    kind: EnterpriseKind
    kind_title: str
    credit_code: str | None
    contact: str
    phone_masked: str | None
    staff: int | None
    since: date | None
    state: EnterpriseState
    state_title: str
    version: int
    source_title: str
    entered_by: str


class EnterprisePage(Shape):
    """Enterprises; `total` counts all that match."""

    items: tuple[EnterpriseView, ...]
    next_cursor: str | None
    total: int


class LookBody(Shape):
    """Why somebody looks."""

    reason: Annotated[str, Field(max_length=200)]


class PhoneView(Shape):
    """A number in full; None when there is none."""

    shown: str | None


class EnterpriseBody(Shape):
    """An enterprise to be noted, known by its credit code, else by `code`."""

    estate_id: UUID
    title: Annotated[str, Field(min_length=1, max_length=120)]
    kind: EnterpriseKind = EnterpriseKind.SHOP
    credit_code: Annotated[str | None, Field(max_length=18)] = None
    code: Annotated[str | None, Field(max_length=60)] = None
    place_id: UUID | None = None
    contact: Annotated[str, Field(max_length=40)] = ""
    phone: Annotated[str | None, Field(max_length=20)] = None
    staff: Annotated[int | None, Field(ge=0, le=100_000)] = None
    since: date | None = None
    state: EnterpriseState = EnterpriseState.OPEN


def _cipher_of(request: Request) -> Cipher:
    return cast("Cipher", request.app.state.cipher)


InstallationCipher = Annotated[Cipher, Depends(_cipher_of)]


@api.get("")
async def list_enterprises(
    work: CurrentWork,
    cipher: InstallationCipher,
    *,
    estate_id: UUID | None = None,
    place_id: UUID | None = None,
    q: Annotated[str, Query(max_length=100)] = "",
    kind: EnterpriseKind | None = None,
    state: EnterpriseState | None = None,
    sort: str = "title",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> EnterprisePage:
    """Enterprises. `q`: words of title, codes or contact; `sort`: title, staff, `-…`."""
    require(work, SEE)
    inside = await places_inside(work, place_id) if place_id else None
    wanted = EnterpriseFilter(
        estate_id=estate_id,
        place_ids=inside,
        words=q,
        kind=kind,
        state=state,
        sort=sort,
        most=limit,
        skip=cursor,
    )
    rows, total = await service.find_enterprises(work, cipher, wanted)
    places = await places_named(work, [one.place_id for one in rows if one.place_id])
    return EnterprisePage(
        items=tuple(_view(one, places) for one in rows),
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


# The contact's name and number stay on the page: they are a person's, the list is about shops.
as_file(
    api,
    list_enterprises,
    "企业商铺",
    (
        Column("编号", lambda row: row.code),
        Column("名称", lambda row: row.title),
        Column("种类", lambda row: row.kind_title),
        Column("统一社会信用代码", lambda row: row.credit_code),
        Column("位置", lambda row: row.place_title),
        Column("从业人数", lambda row: row.staff),
        Column("开业日期", lambda row: row.since),
        Column("状态", lambda row: row.state_title),
        Column("来源", lambda row: row.source_title),
    ),
)


@api.post("/{enterprise_id}/look")
async def look_at_phone(
    work: CurrentWork, cipher: InstallationCipher, enterprise_id: UUID, body: LookBody
) -> PhoneView:
    """The contact's whole number. Needs `see_people_full` and a reason; the look is on record."""
    require(work, SEE)
    shown = await service.look_at_phone(work, cipher, enterprise_id, reason=body.reason)
    return PhoneView(shown=shown)


@api.post("", status_code=201)
async def note_enterprise(
    work: CurrentWork, cipher: InstallationCipher, body: EnterpriseBody
) -> EnterpriseView:
    """Note an enterprise, or bring it up to date; the former version stays."""
    require(work, MANAGE, body.estate_id)
    entry = EnterpriseEntry(
        title=body.title,
        kind=body.kind,
        credit_code=body.credit_code,
        code=body.code,
        place_id=body.place_id,
        contact=body.contact,
        phone=body.phone,
        staff=body.staff,
        since=body.since,
        state=body.state,
    )
    entered = await service.enter_enterprises(work, cipher, body.estate_id, [entry], CLERK)
    [enterprise_id] = entered.ids.values()
    one = await service.enterprise_of(work, cipher, enterprise_id)
    places = await places_named(work, [one.place_id] if one.place_id else [])
    return _view(one, places)


def _view(one: Enterprise, places: Mapping[UUID, Place]) -> EnterpriseView:
    place = places.get(one.place_id) if one.place_id else None
    return EnterpriseView(
        id=one.id,
        estate_id=one.estate_id,
        place_id=one.place_id,
        place_title=place.path if place else "",
        code=one.code,
        title=one.title,
        kind=one.kind,
        kind_title=KIND_TITLES[one.kind],
        credit_code=one.credit_code,
        contact=one.contact,
        phone_masked=one.phone_masked,
        staff=one.staff,
        since=one.since,
        state=one.state,
        state_title=STATE_TITLES[one.state],
        version=one.version,
        source_title=SOURCE_TITLES[one.source.kind],
        entered_by=one.entered_by,
    )
