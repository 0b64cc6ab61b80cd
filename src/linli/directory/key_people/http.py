"""Key people over HTTP: masked, and in full with a reason; visits from phones."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.directory.key_people import policy, service
from linli.directory.key_people.contracts import (
    BASES,
    DUE_TITLES,
    ENTRY_TITLES,
    FINDING_TITLES,
    OUTCOME_TITLES,
    RISK_TITLES,
    TOLD_TITLES,
    Basis,
    Carer,
    Due,
    EntryState,
    Finding,
    KeyDraft,
    KeyPerson,
    KeySearch,
    Outcome,
    Position,
    Risk,
    ToldBy,
    Visit,
    VisitDraft,
    VisitLine,
    VisitSearch,
)
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import require_on
from linli.directory.people.contracts import PersonRow
from linli.directory.people.public import people_named
from linli.kernel.errors import BadInput
from linli.kernel.time import SHANGHAI
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.support.files.public import describe
from linli.support.sealing.ports import Cipher
from linli.support.sheets.public import Agreed, Column, Filter, as_file

api = router("/api/key-people", tag="key_people")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class CodeView(Shape):
    """One value of a list, with its Chinese name and where it comes from."""

    code: str
    title: str
    source: str = ""


class CategoryView(Shape):
    """A category in force: its usual risk and days between visits."""

    code: str
    title: str
    risk: Risk
    every_days: int
    review_days: int


class ListsView(Shape):
    """The lists from which one chooses."""

    categories: tuple[CategoryView, ...]
    bases: tuple[CodeView, ...]
    risks: tuple[CodeView, ...]
    outcomes: tuple[CodeView, ...]
    findings: tuple[CodeView, ...]
    told_by: tuple[CodeView, ...]


class KeyRowView(Shape):
    """A key person in a list, masked. `overdue_days` is 0 when nothing is late."""

    id: UUID
    estate_id: UUID
    person_id: UUID
    name_masked: str
    phone_masked: str | None
    home_id: UUID | None
    home_title: str
    categories: tuple[CodeView, ...]
    risk: Risk
    risk_title: str
    every_days: int | None
    visitor_id: UUID | None
    visitor_name: str
    last_visit_at: AwareDatetime | None
    next_visit_on: date | None
    overdue_days: int
    away_until: date | None
    version: int


class KeyPageView(Shape):
    """Key people, those to whom somebody should go first stand first."""

    items: tuple[KeyRowView, ...]
    next_cursor: str | None
    total: int


class CountsView(Shape):
    """How many records each list holds."""

    all: int
    overdue: int
    today: int
    week: int
    away: int
    review: int
    unplanned: int


class VisitLineView(Shape):
    """A visit in a list, the person's name masked; what was noted stands in the record."""

    id: UUID
    key_person_id: UUID
    name_masked: str
    home_title: str
    visitor_name: str
    visited_at: AwareDatetime
    received_at: AwareDatetime
    outcome: Outcome
    outcome_title: str
    findings: tuple[CodeView, ...]
    photos: int
    problem: bool


class VisitPage(Shape):
    """Visits; `total` counts all that match."""

    items: tuple[VisitLineView, ...]
    next_cursor: str | None
    total: int


class RateView(Shape):
    """How one visitor is doing; `visits` and `met` of the last 30 days."""

    visitor_id: UUID | None
    visitor_name: str
    people: int
    overdue: int
    visits: int
    met: int


class VisitorView(Shape):
    """Somebody who may be sent to visit."""

    account_id: UUID
    name: str
    role_title: str


class EntryView(Shape):
    """One category of a person with its basis."""

    id: UUID
    category: str
    title: str
    basis: Basis
    basis_title: str
    basis_source: str
    basis_words: str
    since: date
    review_on: date
    review_due: bool
    expires_on: date | None
    state: EntryState
    state_title: str
    ended_at: AwareDatetime | None
    end_reason: str
    entered_by: str


class ContactView(Shape):
    """Whom to call."""

    name: str
    relation: str
    phone: str


class PhotoView(Shape):
    """A photo of a visit."""

    id: UUID
    url: str
    media_type: str


class VisitView(Shape):
    """A visit that was made. `words` None: something was noted; the record in full tells it."""

    id: UUID
    visitor_name: str
    visited_at: AwareDatetime
    received_at: AwareDatetime
    outcome: Outcome
    outcome_title: str
    findings: tuple[CodeView, ...]
    words: str | None
    photos: tuple[PhotoView, ...]
    latitude: float | None
    longitude: float | None
    problem: bool


class AbsenceView(Shape):
    """A time away; `current` when it is not over and was not ended."""

    id: UUID
    since: date
    until: date
    whereto: str
    told_by: ToldBy
    told_by_title: str
    noted_by: str
    noted_at: AwareDatetime
    current: bool


class StepView(Shape):
    """One line of the record's history."""

    at: AwareDatetime
    by: str
    change: str
    words: str


class KeyPersonView(Shape):
    """A record; `medical` is None when it may not be seen, or was not asked for."""

    row: KeyRowView
    masked: bool
    name: str
    phone: str | None
    contacts: tuple[ContactView, ...]
    carers: tuple[ContactView, ...]
    door: str
    medical: str | None
    risk_by_hand: bool
    risk_reasons: tuple[str, ...]
    entries: tuple[EntryView, ...]
    visits: tuple[VisitView, ...]
    absences: tuple[AbsenceView, ...]
    story: tuple[StepView, ...]
    may_manage: bool
    may_visit: bool
    may_look: bool
    may_medical: bool


class EnterBody(Shape):
    """A person under a category, with the lawful basis; `every_days` None takes the usual."""

    person_id: UUID
    category: Annotated[str, Field(max_length=40)]
    basis: Basis
    basis_words: Annotated[str, Field(max_length=200)] = ""
    expires_on: date | None = None
    every_days: int | None = None


class LookBody(Shape):
    """Why the full record is needed; it stands in the audit."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class EndBody(Shape):
    """Why a category no longer holds."""

    reason: Annotated[str, Field(max_length=200)]


class RenewBody(Shape):
    """That a category still holds, and how one knows."""

    words: Annotated[str, Field(max_length=200)]
    expires_on: date | None = None


class PlanBody(Shape):
    """Who visits, every how many days."""

    every_days: int | None
    visitor_id: UUID | None


class RiskBody(Shape):
    """A risk set by hand; None leaves it to the rules."""

    risk: Risk | None
    reason: Annotated[str, Field(max_length=200)]


class CarerBody(Shape):
    """Who looks after somebody."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    relation: Annotated[str, Field(min_length=1, max_length=20)]
    phone: Annotated[str, Field(min_length=5, max_length=20)]


class CarersBody(Shape):
    """All carers of somebody."""

    carers: Annotated[tuple[CarerBody, ...], Field(max_length=5)]


class DoorBody(Shape):
    """How to get in when nobody opens."""

    words: Annotated[str, Field(max_length=200)]


class MedicalBody(Shape):
    """What a doctor must know, and on whose consent it is kept."""

    words: Annotated[str, Field(max_length=1000)]
    consent_words: Annotated[str, Field(max_length=200)]


class PositionBody(Shape):
    """Where the visitor stood; sent only when the visitor agreed."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    accuracy: Annotated[float, Field(ge=0, le=100_000)]


class VisitBody(Shape):
    """A visit; `id` is made by the phone, so that it counts once however often it is sent."""

    id: UUID
    visited_at: AwareDatetime
    outcome: Outcome
    findings: Annotated[tuple[Finding, ...], Field(max_length=20)] = ()
    words: Annotated[str, Field(max_length=1000)] = ""
    photos: Annotated[tuple[UUID, ...], Field(max_length=9)] = ()
    position: PositionBody | None = None
    problem: bool = False


class AbsenceBody(Shape):
    """Somebody goes away, from the first to the last of these days."""

    since: date
    until: date
    whereto: Annotated[str, Field(max_length=200)] = ""
    told_by: ToldBy


def _cipher_of(request: Request) -> Cipher:
    return cast("Cipher", request.app.state.cipher)


InstallationCipher = Annotated[Cipher, Depends(_cipher_of)]


def _codes(titles: Iterable[tuple[str, str]]) -> tuple[CodeView, ...]:
    return tuple(CodeView(code=code, title=title) for code, title in titles)


def _row(work: Work, one: KeyPerson, person: PersonRow | None) -> KeyRowView:
    named = policy.titles()
    late = (service.today_of(work) - one.next_visit_on).days if one.next_visit_on else 0
    return KeyRowView(
        id=one.id,
        estate_id=one.estate_id,
        person_id=one.person_id,
        name_masked=person.name_masked if person else "*",
        phone_masked=person.phone_masked if person else None,
        home_id=one.home_id,
        home_title=person.home_title if person else "",
        categories=tuple(
            CodeView(code=code, title=named.get(code, code)) for code in one.categories
        ),
        risk=one.risk,
        risk_title=RISK_TITLES[one.risk],
        every_days=one.every_days,
        visitor_id=one.visitor_id,
        visitor_name=one.visitor_name,
        last_visit_at=one.last_visit_at,
        next_visit_on=one.next_visit_on,
        overdue_days=max(0, late) if one.categories else 0,
        away_until=one.away_until,
        version=one.version,
    )


def _contacts(carers: tuple[Carer, ...]) -> tuple[ContactView, ...]:
    return tuple(
        ContactView(name=one.name, relation=one.relation, phone=one.phone) for one in carers
    )


def _visit(one: Visit, photos: Mapping[UUID, PhotoView]) -> VisitView:
    return VisitView(
        id=one.id,
        visitor_name=one.visitor_name,
        visited_at=one.visited_at,
        received_at=one.received_at,
        outcome=one.outcome,
        outcome_title=OUTCOME_TITLES[one.outcome],
        findings=tuple(CodeView(code=what, title=FINDING_TITLES[what]) for what in one.findings),
        words=one.words,
        photos=tuple(photos[file_id] for file_id in one.file_ids if file_id in photos),
        latitude=one.position.latitude if one.position else None,
        longitude=one.position.longitude if one.position else None,
        problem=one.problem,
    )


async def _view(work: Work, cipher: Cipher, record: service.Record) -> KeyPersonView:
    key, person, today = record.key, record.person, service.today_of(work)
    rows = await people_named(work, cipher, [key.person_id])
    files = await describe(work, [file for one in record.visits for file in one.file_ids])
    photos = {
        file_id: PhotoView(id=file_id, url=file.url, media_type=file.media_type)
        for file_id, file in files.items()
    }
    manages = work.scope.may(service.MANAGE, key.estate_id)
    return KeyPersonView(
        row=_row(work, key, rows.get(key.person_id)),
        masked=record.masked,
        name=person.name,
        phone=person.phone,
        contacts=tuple(
            ContactView(name=one.name, relation=one.relation, phone=one.phone)
            for one in person.contacts
        ),
        carers=_contacts(record.secrets.carers),
        door=record.secrets.door,
        medical=record.secrets.medical,
        risk_by_hand=key.risk_by_hand,
        risk_reasons=key.risk_reasons,
        entries=tuple(
            EntryView(
                id=one.id,
                category=one.category,
                title=one.title,
                basis=one.basis,
                basis_title=BASES[one.basis].title,
                basis_source=BASES[one.basis].source,
                basis_words=one.basis_words,
                since=one.since,
                review_on=one.review_on,
                review_due=one.state is EntryState.ACTIVE and one.review_on <= today,
                expires_on=one.expires_on,
                state=one.state,
                state_title=ENTRY_TITLES[one.state],
                ended_at=one.ended_at,
                end_reason=one.end_reason,
                entered_by=one.entered_by,
            )
            for one in record.entries
        ),
        visits=tuple(_visit(one, photos) for one in record.visits),
        absences=tuple(
            AbsenceView(
                id=one.id,
                since=one.since,
                until=one.until,
                whereto=one.whereto,
                told_by=one.told_by,
                told_by_title=TOLD_TITLES[one.told_by],
                noted_by=one.noted_by,
                noted_at=one.noted_at,
                current=one.ended_at is None and one.until >= today,
            )
            for one in record.absences
        ),
        story=tuple(
            StepView(at=one.at, by=one.by, change=one.change, words=one.words)
            for one in record.story
        ),
        may_manage=manages,
        may_visit=work.scope.may(service.VISIT, key.estate_id),
        may_look=work.scope.may("see_people_full", key.estate_id),
        may_medical=work.scope.may(service.MEDICAL, key.estate_id),
    )


async def _read(work: Work, cipher: Cipher, key_id: UUID) -> KeyPersonView:
    return await _view(work, cipher, await service.read(work, cipher, key_id))


@api.get("")
async def list_key_people(
    work: CurrentWork,
    cipher: InstallationCipher,
    *,
    estate_id: UUID | None = None,
    category: Annotated[str | None, Query(max_length=40)] = None,
    risk: Risk | None = None,
    due: Due = Due.ALL,
    mine: bool = False,
    visitor_id: UUID | None = None,
    q: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> KeyPageView:
    """Key people in sight, masked; those to whom somebody should go first stand first.

    `q` as in the search for people; `due` names a list (`overdue`, `today`, `week`, `away`,
    `review`, `unplanned`, `left`); `mine` shows those whom one is planned to visit. 409 for an
    estate where the module is off; in lists of several its people are left out.
    """
    require(work, service.SEE)
    await require_on(work, estate_id, Module.KEY_PEOPLE)
    search = KeySearch(
        words=q,
        estate_id=estate_id,
        category=category,
        risk=risk,
        due=due,
        visitor_id=work.scope.account_id if mine else visitor_id,
    )
    page = await service.find(work, cipher, search, most=limit, skip=cursor)
    return KeyPageView(
        items=tuple(_row(work, one, page.people.get(one.person_id)) for one in page.rows),
        next_cursor=str(cursor + limit) if cursor + limit < page.total else None,
        total=page.total,
    )


as_file(
    api,
    list_key_people,
    "重点人员",
    (
        Column("姓名", lambda row: row.name_masked),
        Column("电话", lambda row: row.phone_masked),
        Column("住址", lambda row: row.home_title),
        Column("类别", lambda row: tuple(one.title for one in row.categories)),
        Column("风险", lambda row: row.risk_title),
        Column("走访人", lambda row: row.visitor_name),
        Column("几天一次", lambda row: row.every_days),
        Column("上次走访", lambda row: row.last_visit_at),
        Column("下次走访", lambda row: row.next_visit_on),
        Column("逾期天数", lambda row: row.overdue_days or None),
        Column("外出至", lambda row: row.away_until),
    ),
    personal=True,
    agreed=Agreed(
        service.SEE,
        {
            "category": Filter("类别", lambda code: policy.titles().get(code, code)),
            "risk": Filter("风险", RISK_TITLES.__getitem__),
            "due": Filter("清单", DUE_TITLES.__getitem__),
            "mine": Filter("只含申请人走访的"),
            "visitor_id": Filter("走访人"),
            "q": Filter("搜索词"),
        },
    ),
)


@api.get("/lists")
async def read_lists(work: CurrentWork) -> ListsView:
    """Categories in force today, lawful bases, outcomes and findings of visits."""
    require(work, service.SEE)
    return ListsView(
        categories=tuple(
            CategoryView(
                code=one.code,
                title=one.title,
                risk=one.risk,
                every_days=one.every_days,
                review_days=one.review_days,
            )
            for one in policy.in_force(service.today_of(work))
        ),
        bases=tuple(
            CodeView(code=code, title=rule.title, source=rule.source)
            for code, rule in BASES.items()
        ),
        risks=_codes(RISK_TITLES.items()),
        outcomes=_codes(OUTCOME_TITLES.items()),
        findings=_codes(FINDING_TITLES.items()),
        told_by=_codes(TOLD_TITLES.items()),
    )


@api.get("/counts")
async def count_key_people(work: CurrentWork, estate_id: UUID | None = None) -> CountsView:
    """How many records each list holds. 409 for an estate where the module is off."""
    require(work, service.SEE)
    await require_on(work, estate_id, Module.KEY_PEOPLE)
    found = await service.counts(work, estate_id)
    return CountsView(
        all=found[Due.ALL],
        overdue=found[Due.OVERDUE],
        today=found[Due.TODAY],
        week=found[Due.WEEK],
        away=found[Due.AWAY],
        review=found[Due.REVIEW],
        unplanned=found[Due.UNPLANNED],
    )


@api.get("/visits")
async def list_visits(
    work: CurrentWork,
    cipher: InstallationCipher,
    *,
    since: date | None = None,
    until: date | None = None,
    estate_id: UUID | None = None,
    visitor_id: UUID | None = None,
    outcome: Outcome | None = None,
    problem: bool = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> VisitPage:
    """Visits in sight, newest first, names masked, without what was noted.

    `since` and `until`: the first and the last day, of the last 30 days when left out. 409 for an
    estate where the module is off; in lists of several its visits are left out.
    """
    require(work, service.SEE)
    await require_on(work, estate_id, Module.KEY_PEOPLE)
    last = until or service.today_of(work)
    first = since or last - timedelta(days=30)
    if first > last:
        raise BadInput("开始日期在结束日期之后", field="since", remedy="把两个日期对调")
    search = VisitSearch(
        since=datetime.combine(first, time(), SHANGHAI),
        until=datetime.combine(last, time(), SHANGHAI) + timedelta(days=1),
        estate_id=estate_id,
        visitor_id=visitor_id,
        outcome=outcome,
        problem=problem,
    )
    lines, total = await service.visit_lines(work, search, most=limit, skip=cursor)
    people = await people_named(work, cipher, [one.person_id for one in lines])
    return VisitPage(
        items=tuple(_visit_line(one, people.get(one.person_id)) for one in lines),
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


def _visit_line(one: VisitLine, person: PersonRow | None) -> VisitLineView:
    return VisitLineView(
        id=one.id,
        key_person_id=one.key_person_id,
        name_masked=person.name_masked if person else "*",
        home_title=person.home_title if person else "",
        visitor_name=one.visitor_name,
        visited_at=one.visited_at,
        received_at=one.received_at,
        outcome=one.outcome,
        outcome_title=OUTCOME_TITLES[one.outcome],
        findings=_codes((what, FINDING_TITLES[what]) for what in one.findings),
        photos=one.photos,
        problem=one.problem,
    )


as_file(
    api,
    list_visits,
    "走访记录",
    (
        Column("走访时间", lambda row: row.visited_at),
        Column("姓名", lambda row: row.name_masked),
        Column("住址", lambda row: row.home_title),
        Column("走访人", lambda row: row.visitor_name),
        Column("结果", lambda row: row.outcome_title),
        Column("情况", lambda row: tuple(one.title for one in row.findings)),
        Column("照片", lambda row: row.photos),
        Column("上报问题", lambda row: row.problem),
        Column("送达时间", lambda row: row.received_at),
    ),
    path="/visits",
    personal=True,
    agreed=Agreed(
        service.SEE,
        {
            "since": Filter("从"),
            "until": Filter("到"),
            "visitor_id": Filter("走访人"),
            "outcome": Filter("结果", OUTCOME_TITLES.__getitem__),
            "problem": Filter("只含上报问题的"),
        },
    ),
)


@api.get("/rates")
async def list_rates(work: CurrentWork, estate_id: UUID | None = None) -> tuple[RateView, ...]:
    """How visitors are doing: people planned, overdue, visits and people met in 30 days.

    409 for an estate where the module is off.
    """
    require(work, service.SEE)
    await require_on(work, estate_id, Module.KEY_PEOPLE)
    return tuple(
        RateView(
            visitor_id=one.visitor_id,
            visitor_name=one.visitor_name,
            people=one.people,
            overdue=one.overdue,
            visits=one.visits,
            met=one.met,
        )
        for one in await service.rates(work, estate_id)
    )


@api.get("/visitors")
async def list_visitors(work: CurrentWork, estate_id: UUID) -> tuple[VisitorView, ...]:
    """Who may be sent to visit in an estate. 409 where the module is off."""
    require(work, service.SEE, estate_id)
    await require_on(work, estate_id, Module.KEY_PEOPLE)
    return tuple(
        VisitorView(account_id=one.account_id, name=one.display_name, role_title=one.role_title)
        for one in await service.visitors(work, estate_id)
    )


@api.get("/at/{home_id}")
async def list_at_home(
    work: CurrentWork, cipher: InstallationCipher, home_id: UUID
) -> tuple[KeyRowView, ...]:
    """Key people who live in a home, masked; nobody where the module is off."""
    require(work, service.SEE)
    return tuple(
        _row(work, one, person) for one, person in await service.at_places(work, cipher, [home_id])
    )


@api.get("/of/{person_id}")
async def read_of_person(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID
) -> KeyPersonView:
    """The record of a person, masked. 404 when not in the register, 409 where the module is off."""
    require(work, service.SEE)
    return await _view(work, cipher, await service.read_of(work, cipher, person_id))


@api.post("", status_code=201)
async def enter_key_person(
    work: CurrentWork, cipher: InstallationCipher, body: EnterBody
) -> KeyPersonView:
    """Put a person into the register under a category.

    404 out of sight, 403, 409 where the module is off, 422 names a field.
    """
    require(work, service.MANAGE)
    draft = KeyDraft(
        person_id=body.person_id,
        category=body.category,
        basis=body.basis,
        basis_words=body.basis_words,
        expires_on=body.expires_on,
        every_days=body.every_days,
    )
    made = await service.enter(work, cipher, draft)
    return await _read(work, cipher, made.id)


@api.get("/{key_id}")
async def read_key_person(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID
) -> KeyPersonView:
    """One record, masked; door code and medical notes are left out. 409 where the module is off."""
    require(work, service.SEE)
    return await _read(work, cipher, key_id)


@api.post("/{key_id}/look")
async def look_at_key_person(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID, body: LookBody
) -> KeyPersonView:
    """One record in full; medical notes only with their right. The look is in the audit."""
    require(work, service.SEE)
    return await _view(work, cipher, await service.look(work, cipher, key_id, reason=body.reason))


@api.post("/{key_id}/entries/{entry_id}/end")
async def end_entry(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID, entry_id: UUID, body: EndBody
) -> KeyPersonView:
    """A category no longer holds. 409 when it ended before, 422 without a reason."""
    require(work, service.MANAGE)
    await service.end_entry(work, cipher, key_id, entry_id, reason=body.reason)
    return await _read(work, cipher, key_id)


@api.post("/{key_id}/entries/{entry_id}/renew")
async def renew_entry(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID, entry_id: UUID, body: RenewBody
) -> KeyPersonView:
    """A category still holds, until its next review."""
    require(work, service.MANAGE)
    await service.renew_entry(
        work, cipher, key_id, entry_id, expires_on=body.expires_on, words=body.words
    )
    return await _read(work, cipher, key_id)


@api.post("/{key_id}/plan")
async def plan_visits(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID, body: PlanBody
) -> KeyPersonView:
    """Who visits, every how many days."""
    require(work, service.MANAGE)
    await service.plan(work, cipher, key_id, every_days=body.every_days, visitor_id=body.visitor_id)
    return await _read(work, cipher, key_id)


@api.post("/{key_id}/risk")
async def set_risk(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID, body: RiskBody
) -> KeyPersonView:
    """Set the risk by hand with a reason, or leave it to the rules again."""
    require(work, service.MANAGE)
    await service.set_risk(work, cipher, key_id, risk=body.risk, reason=body.reason)
    return await _read(work, cipher, key_id)


@api.post("/{key_id}/carers")
async def set_carers(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID, body: CarersBody
) -> KeyPersonView:
    """Who looks after the person; the answer is masked."""
    require(work, service.MANAGE)
    carers = [Carer(one.name, one.relation, one.phone) for one in body.carers]
    await service.set_carers(work, cipher, key_id, carers)
    return await _read(work, cipher, key_id)


@api.post("/{key_id}/door")
async def set_door(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID, body: DoorBody
) -> KeyPersonView:
    """How to get in when nobody opens; the answer does not repeat it."""
    require(work, service.MANAGE)
    await service.set_door(work, cipher, key_id, body.words)
    return await _read(work, cipher, key_id)


@api.post("/{key_id}/medical")
async def note_medical(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID, body: MedicalBody
) -> KeyPersonView:
    """Note what a doctor must know; it needs `see_medical_notes`. The answer does not repeat it."""
    require(work, service.MEDICAL)
    await service.note_medical(
        work, cipher, key_id, words=body.words, consent_words=body.consent_words
    )
    return await _read(work, cipher, key_id)


@api.post("/{key_id}/visits", status_code=201)
async def record_visit(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID, body: VisitBody
) -> KeyRowView:
    """Note a visit, perhaps long after it was made; sent again it is the same visit.

    With `problem` an incident is opened. 403 without the right to visit there, 404, 422; 409 when
    the module was off there at the time of the visit.
    """
    require(work, service.VISIT)
    stood = body.position
    draft = VisitDraft(
        id=body.id,
        key_person_id=key_id,
        visited_at=body.visited_at,
        outcome=body.outcome,
        findings=body.findings,
        words=body.words,
        file_ids=body.photos,
        position=Position(stood.latitude, stood.longitude, stood.accuracy) if stood else None,
        problem=body.problem,
    )
    await service.record_visit(work, cipher, draft)
    return _row(work, *await service.line_of(work, cipher, key_id))


@api.post("/{key_id}/absences", status_code=201)
async def note_absence(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID, body: AbsenceBody
) -> KeyPersonView:
    """Somebody is away for some days: visits and the rules for elders rest."""
    require(work, service.SEE)
    draft = service.AbsenceDraft(
        since=body.since, until=body.until, whereto=body.whereto, told_by=body.told_by
    )
    await service.note_absence(work, cipher, key_id, draft)
    return await _read(work, cipher, key_id)


@api.post("/{key_id}/absences/{absence_id}/end")
async def end_absence(
    work: CurrentWork, cipher: InstallationCipher, key_id: UUID, absence_id: UUID
) -> KeyPersonView:
    """Somebody is back."""
    require(work, service.SEE)
    await service.end_absence(work, cipher, key_id, absence_id)
    return await _read(work, cipher, key_id)
