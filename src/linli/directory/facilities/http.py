"""Facilities over HTTP."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.directory.facilities import policy, service
from linli.directory.facilities.contracts import (
    DUE_TITLES,
    KINDS,
    STATE_TITLES,
    Check,
    Due,
    Facility,
    FacilityEntry,
    FacilityFilter,
    FacilityKind,
    FacilityState,
)
from linli.directory.facilities.ports import KnownDevices
from linli.directory.places.contracts import Place
from linli.directory.places.public import places_inside, places_named
from linli.directory.sources.contracts import CLERK, KIND_TITLES
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.support.sheets.public import Column, as_file

api = router("/api/facilities", tag="facilities")

SEE = "see_places"
MANAGE = "manage_places"

COLUMN_TITLES = {
    "title": "名称",
    "kind": "类型",
    "place_id": "位置",
    "maker": "厂家",
    "model": "型号",
    "serial": "出厂编号",
    "installed_on": "安装日期",
    "check_months": "检查周期",
    "checked_on": "上次检查",
    "next_check_on": "下次检查",
    "state": "状态",
    "state_words": "状态说明",
}


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class FacilityKindView(Shape):
    """A kind of facility and how many months may lie between two checks."""

    code: FacilityKind
    title: str
    check_months: int | None


class FacilityView(Shape):
    """A facility; `due` says how near its next check is today."""

    id: UUID
    estate_id: UUID
    place_id: UUID | None
    place_title: str
    code: str
    title: str
    kind: FacilityKind
    kind_title: str
    maker: str
    model: str
    serial: str
    installed_on: date | None
    check_months: int | None
    checked_on: date | None
    next_check_on: date | None
    due: Due
    due_title: str
    state: FacilityState
    state_title: str
    state_words: str
    device_ids: tuple[UUID, ...]
    version: int
    source_title: str
    source_words: str
    entered_by: str


class FacilityPage(Shape):
    """Facilities; `total` counts all that match."""

    items: tuple[FacilityView, ...]
    next_cursor: str | None
    total: int


class FacilityCounts(Shape):
    """How many are in each state, and due when."""

    all: int
    states: Mapping[FacilityState, int]
    due: Mapping[Due, int]


class CheckView(Shape):
    """A check of a facility."""

    id: UUID
    day: date
    passed: bool
    by: str
    words: str


class FacilityVersionView(Shape):
    """One version of a facility, and what it changed."""

    version: int
    entered_at: AwareDatetime
    entered_by: str
    source_title: str
    changed: tuple[str, ...]


class FacilityDetail(FacilityView):
    """A facility with its checks and versions, and the states that may follow."""

    checks: tuple[CheckView, ...]
    versions: tuple[FacilityVersionView, ...]
    moves: tuple[FacilityState, ...]
    may_manage: bool


class FacilityBody(Shape):
    """A facility to be noted, known by its code; without one, one is made."""

    estate_id: UUID
    title: Annotated[str, Field(min_length=1, max_length=120)]
    kind: FacilityKind
    code: Annotated[str | None, Field(max_length=60)] = None
    place_id: UUID | None = None
    maker: Annotated[str, Field(max_length=120)] = ""
    model: Annotated[str, Field(max_length=120)] = ""
    serial: Annotated[str, Field(max_length=120)] = ""
    installed_on: date | None = None
    check_months: Annotated[int | None, Field(ge=1, le=240)] = None
    checked_on: date | None = None
    next_check_on: date | None = None


class StateBody(Shape):
    """How a facility stands from now on, and why."""

    state: FacilityState
    words: Annotated[str, Field(max_length=200)] = ""
    expected_version: int


class CheckBody(Shape):
    """A check; one that failed says what was wrong."""

    day: date
    passed: bool
    words: Annotated[str, Field(max_length=300)] = ""


class DevicesBody(Shape):
    """The devices that watch or work a facility."""

    device_ids: Annotated[tuple[UUID, ...], Field(max_length=50)]


def _devices_of(request: Request) -> KnownDevices:
    return cast("KnownDevices", request.app.state.known_devices)


Devices = Annotated[KnownDevices, Depends(_devices_of)]


@api.get("")
async def list_facilities(
    work: CurrentWork,
    *,
    estate_id: UUID | None = None,
    place_id: UUID | None = None,
    q: Annotated[str, Query(max_length=100)] = "",
    kind: FacilityKind | None = None,
    state: FacilityState | None = None,
    due: Due | None = None,
    sort: str = "next_check_on",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> FacilityPage:
    """Facilities. `q`: words of title, code, maker or serial; scrapped ones when asked for."""
    require(work, SEE)
    wanted = FacilityFilter(
        estate_id=estate_id,
        place_ids=await places_inside(work, place_id) if place_id else None,
        words=q,
        kind=kind,
        state=state,
        due=due,
        sort=sort,
        most=limit,
        skip=cursor,
    )
    rows, total = await service.find_facilities(work, wanted)
    places = await places_named(work, [one.place_id for one in rows if one.place_id])
    return FacilityPage(
        items=tuple(FacilityView.model_validate(_view(one, places)) for one in rows),
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


as_file(
    api,
    list_facilities,
    "设施",
    (
        Column("编号", lambda row: row.code),
        Column("名称", lambda row: row.title),
        Column("种类", lambda row: row.kind_title),
        Column("位置", lambda row: row.place_title),
        Column("厂家", lambda row: row.maker),
        Column("型号", lambda row: row.model),
        Column("出厂编号", lambda row: row.serial),
        Column("安装日期", lambda row: row.installed_on),
        Column("上次检查", lambda row: row.checked_on),
        Column("下次检查", lambda row: row.next_check_on),
        Column("检查期限", lambda row: row.due_title),
        Column("状态", lambda row: row.state_title),
        Column("状态说明", lambda row: row.state_words),
        Column("来源", lambda row: row.source_title),
    ),
)


@api.get("/counts")
async def count_facilities(
    work: CurrentWork,
    estate_id: UUID | None = None,
    kind: FacilityKind | None = None,
) -> FacilityCounts:
    """How many facilities are in each state, and due when."""
    require(work, SEE)
    counts = await service.count_facilities(work, FacilityFilter(estate_id=estate_id, kind=kind))
    return FacilityCounts(
        all=counts["all"],
        states={state: counts[state.value] for state in FacilityState},
        due={due: counts[f"due:{due.value}"] for due in Due},
    )


@api.get("/kinds")
async def list_kinds(work: CurrentWork) -> tuple[FacilityKindView, ...]:
    """The kinds of facilities, and how often each is checked."""
    require(work, SEE)
    return tuple(
        FacilityKindView(code=kind, title=facts.title, check_months=facts.check_months)
        for kind, facts in KINDS.items()
    )


@api.get("/{facility_id}")
async def read_facility(work: CurrentWork, facility_id: UUID) -> FacilityDetail:
    """One facility with its checks and versions."""
    require(work, SEE)
    return await _detail(work, await service.facility_of(work, facility_id))


@api.post("", status_code=201)
async def note_facility(work: CurrentWork, body: FacilityBody) -> FacilityDetail:
    """Note a facility, or bring the one with this code up to date; the former version stays."""
    require(work, MANAGE, body.estate_id)
    entry = FacilityEntry(
        title=body.title,
        kind=body.kind,
        code=body.code,
        place_id=body.place_id,
        maker=body.maker,
        model=body.model,
        serial=body.serial,
        installed_on=body.installed_on,
        check_months=body.check_months,
        checked_on=body.checked_on,
        next_check_on=body.next_check_on,
    )
    entered = await service.enter_facilities(work, body.estate_id, [entry], CLERK)
    [facility_id] = entered.ids.values()
    return await _detail(work, await service.facility_of(work, facility_id))


@api.post("/{facility_id}/state")
async def put_into_state(work: CurrentWork, facility_id: UUID, body: StateBody) -> FacilityDetail:
    """Stop, repair, start or scrap a facility, with the reason."""
    facility = await service.facility_of(work, facility_id)
    require(work, MANAGE, facility.estate_id)
    after = await service.put_into_state(
        work, facility_id, body.state, words=body.words, expected_version=body.expected_version
    )
    return await _detail(work, after)


@api.post("/{facility_id}/checks")
async def note_check(work: CurrentWork, facility_id: UUID, body: CheckBody) -> FacilityDetail:
    """Note a check; the next is due one interval later, a failed one stops the facility."""
    facility = await service.facility_of(work, facility_id)
    require(work, MANAGE, facility.estate_id)
    after = await service.note_check(
        work, facility_id, day=body.day, passed=body.passed, words=body.words
    )
    return await _detail(work, after)


@api.post("/{facility_id}/devices")
async def link_devices(
    work: CurrentWork, devices: Devices, facility_id: UUID, body: DevicesBody
) -> FacilityDetail:
    """Say which devices watch or work a facility; replaces what was said before."""
    facility = await service.facility_of(work, facility_id)
    require(work, MANAGE, facility.estate_id)
    after = await service.link_devices(work, devices, facility_id, body.device_ids)
    return await _detail(work, after)


def _view(one: Facility, places: Mapping[UUID, Place]) -> dict[str, object]:
    place = places.get(one.place_id) if one.place_id else None
    return {
        "id": one.id,
        "estate_id": one.estate_id,
        "place_id": one.place_id,
        "place_title": place.path if place else "",
        "code": one.code,
        "title": one.title,
        "kind": one.kind,
        "kind_title": KINDS[one.kind].title,
        "maker": one.maker,
        "model": one.model,
        "serial": one.serial,
        "installed_on": one.installed_on,
        "check_months": one.check_months,
        "checked_on": one.checked_on,
        "next_check_on": one.next_check_on,
        "due": one.due,
        "due_title": DUE_TITLES[one.due],
        "state": one.state,
        "state_title": STATE_TITLES[one.state],
        "state_words": one.state_words,
        "device_ids": one.device_ids,
        "version": one.version,
        "source_title": KIND_TITLES[one.source.kind],
        "source_words": one.source.title,
        "entered_by": one.entered_by,
    }


async def _detail(work: Work, one: Facility) -> FacilityDetail:
    places = await places_named(work, [one.place_id] if one.place_id else [])
    facts = FacilityView.model_validate(_view(one, places))
    return FacilityDetail(
        **facts.model_dump(),
        checks=tuple(_check(check) for check in await service.checks_of(work, one.id)),
        versions=tuple(
            FacilityVersionView(
                version=each.version,
                entered_at=each.entered_at,
                entered_by=each.entered_by,
                source_title=KIND_TITLES[each.source.kind],
                changed=tuple(COLUMN_TITLES[c] for c in each.changed if c in COLUMN_TITLES),
            )
            for each in await service.versions_of_facility(work, one.id)
        ),
        moves=tuple(sorted(policy.MOVES[one.state])),
        may_manage=work.scope.may(MANAGE, one.estate_id),
    )


def _check(one: Check) -> CheckView:
    return CheckView(id=one.id, day=one.day, passed=one.passed, by=one.by, words=one.words)
