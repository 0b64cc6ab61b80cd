"""People over HTTP: masked, and in full with a reason."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.directory.people import correcting, erasing, merging, policy, service
from linli.directory.people.contracts import (
    CORRECTION_TITLES,
    FIELD_TITLES,
    REASON_TITLES,
    RELATION_TITLES,
    TAG_TITLES,
    TWIN_TITLES,
    AskedBy,
    ContactDraft,
    Correction,
    CorrectionDraft,
    CorrectionState,
    ListOrder,
    Merge,
    PeopleSearch,
    Person,
    PersonChange,
    PersonDraft,
    PersonField,
    PersonRow,
    Relation,
    Residence,
    Tag,
    TwinReason,
    TwinState,
)
from linli.directory.places.public import estates_named, place_of
from linli.directory.sources.contracts import KIND_TITLES, Source, SourceKind, Version
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.support.looks.contracts import WHAT_TITLES
from linli.support.sealing.ports import Cipher
from linli.support.sheets.public import (
    Agreed,
    Column,
    Filter,
    as_file,
)

api = router("/api/people", tag="people")
register_api = router("/api", tag="people")

SEE = "see_people"
SEE_LOOKS = "see_looks"
SEE_FULL = "see_people_full"
MANAGE = "manage_people"

COLUMN_TITLES = {
    "name": "姓名",
    "pinyin": None,
    "birth_date": "出生日期",
    "phone_sealed": "手机号",
    "phone_hash": None,
    "phone_tail_hash": None,
    "id_number_sealed": "身份证号",
    "id_number_hash": None,
    "tags": "关照类别",
    "estate_ids": None,
    "merged_into": "合并",
    "code": "人员编号",
}
"""What changed columns are called; None: it follows another."""


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class TagView(Shape):
    """Why somebody needs special care."""

    code: Tag
    title: str


class SourceView(Shape):
    """Where a fact came from: the kind, its title, and what a file or system is called."""

    kind: SourceKind
    title: str
    words: str


class VersionView(Shape):
    """One version of a fact, and what it changed, in words."""

    version: int
    entered_at: AwareDatetime
    entered_by: str
    source: SourceView
    changed: tuple[str, ...]


class PersonRowView(Shape):
    """A person in a list, masked."""

    id: UUID
    code: str
    estate_id: UUID
    name_masked: str
    phone_masked: str | None
    home_id: UUID | None
    home_title: str
    relation: Relation | None
    relation_title: str | None
    tags: tuple[Tag, ...]
    tag_titles: tuple[str, ...]


class PeoplePageView(Shape):
    """People; `more` says that even more match than `total`."""

    items: tuple[PersonRowView, ...]
    next_cursor: str | None
    total: int
    more: bool


class ResidenceView(Shape):
    """A home of a person, from `valid_from` until before `valid_to`."""

    estate_id: UUID
    home_id: UUID
    home_title: str
    relation: Relation
    relation_title: str
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None
    source: SourceView
    entered_by: str


class ContactView(Shape):
    """Whom to call."""

    name: str
    relation: str
    phone: str


class PersonView(Shape):
    """A person; `masked` says whether names and numbers are hidden."""

    id: UUID
    code: str
    estate_id: UUID
    masked: bool
    name: str
    phone: str | None
    id_number: str | None
    tags: tuple[TagView, ...]
    residences: tuple[ResidenceView, ...]
    contacts: tuple[ContactView, ...]
    birth_date: date | None
    version: int
    source: SourceView
    entered_by: str
    entered_at: AwareDatetime | None
    merged_into: UUID | None
    may_reveal: bool
    may_manage: bool


class LookAtPerson(Shape):
    """Somebody looked: when, who, at what, and the reason they gave."""

    at: AwareDatetime
    who: str
    what_title: str
    reason: str | None


class LooksAtPerson(Shape):
    """Looks at one person, newest first; `total` counts all."""

    items: tuple[LookAtPerson, ...]
    total: int


class RevealBody(Shape):
    """Why the full details are needed; it stands in the audit."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class ContactBody(Shape):
    """Whom to call when something happens; `relation` in words (女儿)."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    relation: Annotated[str, Field(min_length=1, max_length=20)]
    phone: Annotated[str, Field(min_length=5, max_length=20)]


class PersonBody(Shape):
    """A person to be registered, with no more than is needed."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    home_id: UUID
    relation: Relation
    phone: Annotated[str | None, Field(max_length=20)] = None
    id_number: Annotated[str | None, Field(max_length=24)] = None
    birth_date: date | None = None
    tags: Annotated[tuple[Tag, ...], Field(max_length=10)] = ()
    contacts: Annotated[tuple[ContactBody, ...], Field(max_length=5)] = ()


class ChangeBody(Shape):
    """What is to be changed of a person; what is left out stays."""

    name: Annotated[str | None, Field(min_length=1, max_length=40)] = None
    phone: Annotated[str | None, Field(max_length=20)] = None
    id_number: Annotated[str | None, Field(max_length=24)] = None
    birth_date: date | None = None
    tags: Annotated[tuple[Tag, ...] | None, Field(max_length=10)] = None


class MoveBody(Shape):
    """A move: out of a home, into another, or both."""

    from_home_id: UUID | None = None
    to_home_id: UUID | None = None
    relation: Relation = Relation.OWNER


class StayView(Shape):
    """Somebody who lives or lived in a home, masked."""

    person: PersonRowView
    relation: Relation
    relation_title: str
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None
    source: SourceView
    entered_by: str


class TwinView(Shape):
    """Two records that look like one person, masked, and why."""

    id: UUID
    left: PersonRowView
    right: PersonRowView
    reasons: tuple[TwinReason, ...]
    reason_titles: tuple[str, ...]
    state: TwinState
    found_at: AwareDatetime
    decided_at: AwareDatetime | None
    decided_by: str | None
    merge_id: UUID | None


class TwinPageView(Shape):
    """Pairs, the newest first."""

    items: tuple[TwinView, ...]
    next_cursor: str | None
    total: int


class LookedView(Shape):
    """How many new pairs were found."""

    found: int


class LookBody(Shape):
    """Where to look for duplicates; everywhere in reach when nothing is named."""

    estate_id: UUID | None = None


class MergeBody(Shape):
    """Which record stays, which goes, and why."""

    kept_id: UUID
    gone_id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class MergeView(Shape):
    """Two records that were made one."""

    id: UUID
    kept_id: UUID
    gone_id: UUID
    reason: str
    merged_at: AwareDatetime
    merged_by: str
    undone_at: AwareDatetime | None
    undone_by: str | None


class CorrectionBody(Shape):
    """What is wrong and what is right; `asked_by` says whether the person or staff noticed."""

    field: PersonField
    value: Annotated[str | None, Field(max_length=100)] = None
    words: Annotated[str, Field(max_length=300)] = ""
    asked_by: AskedBy = AskedBy.STAFF


class CorrectionView(Shape):
    """A correction; the value is masked, what was written is shown for a reason."""

    id: UUID
    estate_id: UUID
    person: PersonRowView
    field: PersonField
    field_title: str
    value: str | None
    has_words: bool
    asked_by: AskedBy
    asked_by_name: str
    asked_at: AwareDatetime
    state: CorrectionState
    state_title: str
    decided_at: AwareDatetime | None
    decided_by: str | None
    decision: str | None
    version: int


class WantedView(Shape):
    """What a correction wants, in full."""

    shown: str


class CorrectionPageView(Shape):
    """Corrections; those that wait longest first."""

    items: tuple[CorrectionView, ...]
    next_cursor: str | None
    total: int


class AskedView(Shape):
    """What was asked for and waits now."""

    id: UUID


class EraseBody(Shape):
    """On which basis a person is erased: the one that was agreed to."""

    basis: erasing.Basis


class EraseAskBody(EraseBody):
    """Why a person is to be erased, for the one who decides."""

    reason: Annotated[str, Field(min_length=4, max_length=300)]


class BasisView(Shape):
    """A basis in law."""

    code: erasing.Basis
    title: str


class GoingView(Shape):
    """One kind of personal data and how many rows of its table go."""

    title: str
    table: str
    rows: int


class KeptView(Shape):
    """What stays, and why."""

    title: str
    why: str


class ProofView(Shape):
    """What was erased. `intact`: this proof and all before it are as they were written."""

    number: int
    person_id: UUID
    at: AwareDatetime
    basis: str
    asked_by: str
    asked_at: AwareDatetime
    approved_by: str
    approved_at: AwareDatetime
    went: tuple[GoingView, ...]
    hash: str
    intact: bool


class ErasureRowView(Shape):
    """One proof of a list: which estate, how many rows went, and the proof."""

    estate_id: UUID
    estate_title: str
    rows: int
    proof: ProofView


class ErasurePageView(Shape):
    """Proofs of erasure, the latest first."""

    items: tuple[ErasureRowView, ...]
    next_cursor: str | None
    total: int


class ErasureView(Shape):
    """A dry look at an erasure; with `proof` once it is done."""

    person_code: str
    name_masked: str
    in_use: tuple[str, ...]
    bases: tuple[BasisView, ...]
    going: tuple[GoingView, ...]
    kept: tuple[KeptView, ...]
    proof: ProofView | None


class DecisionBody(Shape):
    """A clerk's decision; a refusal says why."""

    accept: bool
    decision: Annotated[str, Field(max_length=300)] = ""
    expected_version: int


def _cipher_of(request: Request) -> Cipher:
    return cast("Cipher", request.app.state.cipher)


InstallationCipher = Annotated[Cipher, Depends(_cipher_of)]


@api.get("")
async def list_people(
    work: CurrentWork,
    cipher: InstallationCipher,
    *,
    estate_id: UUID | None = None,
    place_id: UUID | None = None,
    tag: Tag | None = None,
    relation: Relation | None = None,
    order: ListOrder = ListOrder.NAME,
    q: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: UUID | None = None,
) -> PeoplePageView:
    """People, masked; with words the closest first.

    `q`: words of a name, its pinyin or initials, an address (`3号楼`, `3-1-502`), the last four
    digits of a phone, a whole phone or identity number, the title of an estate.
    """
    require(work, SEE)
    search = PeopleSearch(
        estate_id=estate_id, place_id=place_id, words=q, tag=tag, relation=relation, order=order
    )
    page = await service.find_people(work, cipher, search, most=limit, after=cursor)
    return PeoplePageView(
        items=tuple(_row(row) for row in page.rows),
        next_cursor=str(page.after) if page.after else None,
        total=page.total,
        more=page.more,
    )


as_file(
    api,
    list_people,
    "人员名单",
    (
        Column("人员编号", lambda row: row.code),
        Column("姓名", lambda row: row.name_masked),
        Column("手机号", lambda row: row.phone_masked),
        Column("房屋", lambda row: row.home_title),
        Column("与房屋关系", lambda row: row.relation_title),
        Column("关照类别", lambda row: row.tag_titles),
    ),
    personal=True,
    agreed=Agreed(
        MANAGE,
        {
            "q": Filter("搜索词"),
            "tag": Filter("关照类别", TAG_TITLES.__getitem__),
            "relation": Filter("与房屋关系", RELATION_TITLES.__getitem__),
        },
        seen_by=SEE,
    ),
)


@api.post("", status_code=201)
async def register_person(
    work: CurrentWork, cipher: InstallationCipher, body: PersonBody
) -> PersonView:
    """Register a person with the home they live in or own; the answer is masked.

    404 the home is out of reach, 422 names the field that is wrong, 409 the number is known.
    """
    home = await place_of(work, body.home_id)
    require(work, SEE_FULL, home.estate_id)
    person_id = await service.register_person(
        work,
        cipher,
        PersonDraft(
            name=body.name,
            home_id=body.home_id,
            relation=body.relation,
            valid_from=work.now,
            phone=body.phone,
            id_number=body.id_number,
            birth_date=body.birth_date,
            tags=body.tags,
            contacts=tuple(
                ContactDraft(one.name, one.relation, one.phone) for one in body.contacts
            ),
        ),
    )
    person = await service.person_masked(work, cipher, person_id)
    return _view(work, person, masked=True)


@api.get("/{person_id}")
async def read_person(work: CurrentWork, cipher: InstallationCipher, person_id: UUID) -> PersonView:
    """One person, masked."""
    require(work, SEE)
    person = await service.person_masked(work, cipher, person_id)
    return _view(work, person, masked=True)


@api.post("/{person_id}/reveal")
async def reveal(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID, body: RevealBody
) -> PersonView:
    """One person in full. Needs `see_people_full` on an estate of theirs; the look is recorded."""
    require(work, SEE_FULL)
    person = await service.reveal(work, cipher, person_id, reason=body.reason)
    return _view(work, person, masked=False)


@api.get("/{person_id}/looks")
async def read_looks(
    work: CurrentWork,
    cipher: InstallationCipher,
    person_id: UUID,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> LooksAtPerson:
    """Who looked at one person's details and why, newest first, as the person may be told.

    Needs `see_looks` on the person's estate; also looks at records that were merged into this one.
    """
    require(work, SEE_LOOKS)
    looks, total = await service.looks_at_person(work, cipher, person_id, most=limit)
    return LooksAtPerson(
        items=tuple(
            LookAtPerson(
                at=look.at,
                who=look.actor_name,
                what_title=WHAT_TITLES[look.what],
                reason=look.reason,
            )
            for look in looks
        ),
        total=total,
    )


@api.patch("/{person_id}")
async def change_person(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID, body: ChangeBody
) -> PersonView:
    """Change what is given of a person; the former version stays. The answer is masked."""
    found = await service.person_masked(work, cipher, person_id)
    require(work, MANAGE, found.estate_id)
    change = PersonChange(
        name=body.name,
        phone=body.phone,
        id_number=body.id_number,
        birth_date=body.birth_date,
        tags=body.tags,
    )
    await service.change_person(work, cipher, person_id, change)
    person = await service.person_masked(work, cipher, person_id)
    return _view(work, person, masked=True)


@api.post("/{person_id}/move")
async def move_person(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID, body: MoveBody
) -> PersonView:
    """Note that a person moved now; where they lived before stays noted. The answer is masked."""
    found = await service.person_masked(work, cipher, person_id)
    require(work, MANAGE, found.estate_id)
    draft = service.MoveDraft(
        person_id=person_id,
        from_home_id=body.from_home_id,
        to_home_id=body.to_home_id,
        relation=body.relation,
    )
    await service.move_person(work, cipher, draft)
    person = await service.person_masked(work, cipher, person_id)
    return _view(work, person, masked=True)


@api.get("/{person_id}/versions")
async def read_versions(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID
) -> tuple[VersionView, ...]:
    """Every version of a person's facts, newest first: when, by whom, from where, what changed."""
    require(work, SEE)
    await service.person_masked(work, cipher, person_id)
    return tuple(_version(one) for one in await service.versions_of_person(work, person_id))


@api.get("/{person_id}/merges")
async def read_merges(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID
) -> tuple[MergeView, ...]:
    """The merges a person took part in."""
    require(work, SEE)
    await service.person_masked(work, cipher, person_id)
    return tuple(_merge(one) for one in await merging.merges_of(work, person_id))


@api.post("/{person_id}/corrections", status_code=201)
async def ask_correction(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID, body: CorrectionBody
) -> AskedView:
    """Ask for a correction of a person's facts; a clerk decides."""
    require(work, SEE)
    draft = CorrectionDraft(
        person_id=person_id,
        field=body.field,
        value=body.value,
        words=body.words,
        asked_by=body.asked_by,
    )
    return AskedView(id=await correcting.ask_correction(work, cipher, draft))


@register_api.get("/places/{place_id}/stays")
async def list_stays(
    work: CurrentWork, cipher: InstallationCipher, place_id: UUID
) -> tuple[StayView, ...]:
    """Everybody who lives or lived in a home, the present ones first, masked."""
    require(work, SEE)
    await place_of(work, place_id)
    return tuple(_stay(row, stay) for row, stay in await service.lived_at(work, cipher, place_id))


@register_api.get("/twins")
async def list_twins(
    work: CurrentWork,
    cipher: InstallationCipher,
    *,
    state: TwinState = TwinState.OPEN,
    estate_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> TwinPageView:
    """Records that look like one person, masked, with the reasons."""
    require(work, SEE)
    page = await merging.list_twins(
        work, cipher, state=state, estate_id=estate_id, most=limit, skip=cursor
    )
    return TwinPageView(
        items=tuple(
            TwinView(
                id=one.id,
                left=_row(one.left),
                right=_row(one.right),
                reasons=one.reasons,
                reason_titles=tuple(REASON_TITLES[reason] for reason in one.reasons),
                state=one.state,
                found_at=one.found_at,
                decided_at=one.decided_at,
                decided_by=one.decided_by,
                merge_id=one.merge_id,
            )
            for one in page.rows
        ),
        next_cursor=str(cursor + limit) if cursor + limit < page.total else None,
        total=page.total,
    )


as_file(
    register_api,
    list_twins,
    "疑似重复人员",
    (
        Column("姓名", lambda row: row.left.name_masked),
        Column("编号", lambda row: row.left.code),
        Column("住址", lambda row: row.left.home_title),
        Column("另一人", lambda row: row.right.name_masked),
        Column("另一编号", lambda row: row.right.code),
        Column("另一住址", lambda row: row.right.home_title),
        Column("为什么", lambda row: row.reason_titles),
        Column("发现时间", lambda row: row.found_at),
        Column("判定人", lambda row: row.decided_by),
        Column("判定时间", lambda row: row.decided_at),
    ),
    path="/twins",
    personal=True,
    agreed=Agreed(SEE, {"state": Filter("状态", TWIN_TITLES.__getitem__)}),
)


@register_api.post("/twins/look")
async def look_for_twins(work: CurrentWork, body: LookBody) -> LookedView:
    """Look for records that look like one person now."""
    require(work, MANAGE)
    return LookedView(found=await merging.look_for_twins(work, body.estate_id))


@register_api.post("/twins/{twin_id}/different", status_code=204)
async def tell_apart(work: CurrentWork, cipher: InstallationCipher, twin_id: UUID) -> None:
    """A pair is two people; it is not shown again."""
    require(work, MANAGE)
    await merging.tell_apart(work, cipher, twin_id)


@register_api.post("/merges", status_code=201)
async def merge_people(work: CurrentWork, cipher: InstallationCipher, body: MergeBody) -> MergeView:
    """Make two records one. It can be taken back."""
    require(work, MANAGE)
    merge = await merging.merge_people(
        work, cipher, kept_id=body.kept_id, gone_id=body.gone_id, reason=body.reason
    )
    return _merge(merge)


@register_api.post("/merges/{merge_id}/undo")
async def undo_merge(work: CurrentWork, cipher: InstallationCipher, merge_id: UUID) -> MergeView:
    """Take a merge back: the two records are again what they were."""
    require(work, MANAGE)
    return _merge(await merging.undo_merge(work, cipher, merge_id))


@register_api.get("/corrections")
async def list_corrections(
    work: CurrentWork,
    cipher: InstallationCipher,
    *,
    state: CorrectionState | None = None,
    estate_id: UUID | None = None,
    person_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> CorrectionPageView:
    """Corrections asked for; those that wait stand longest first."""
    require(work, SEE)
    page = await correcting.list_corrections(
        work,
        cipher,
        state=state,
        estate_id=estate_id,
        person_id=person_id,
        most=limit,
        skip=cursor,
    )
    return CorrectionPageView(
        items=tuple(_correction(one) for one in page.rows),
        next_cursor=str(cursor + limit) if cursor + limit < page.total else None,
        total=page.total,
    )


# What somebody wrote in their own words stays on the page: it may hold anything.
as_file(
    register_api,
    list_corrections,
    "更正申请",
    (
        Column("申请时间", lambda row: row.asked_at),
        Column("姓名", lambda row: row.person.name_masked),
        Column("编号", lambda row: row.person.code),
        Column("更正项", lambda row: row.field_title),
        Column("改为", lambda row: row.value),
        Column("申请人", lambda row: row.asked_by_name),
        Column("状态", lambda row: row.state_title),
        Column("办理人", lambda row: row.decided_by),
        Column("办理时间", lambda row: row.decided_at),
        Column("办理意见", lambda row: row.decision),
    ),
    path="/corrections",
    personal=True,
    agreed=Agreed(
        SEE,
        {"state": Filter("状态", CORRECTION_TITLES.__getitem__), "person_id": Filter("谁的")},
    ),
)


@register_api.post("/corrections/{correction_id}/look")
async def look_at_correction(
    work: CurrentWork, cipher: InstallationCipher, correction_id: UUID, body: RevealBody
) -> WantedView:
    """What is wanted, in full, and what was written; needs a reason, and the look is on record."""
    require(work, MANAGE)
    shown = await correcting.look_at_correction(work, cipher, correction_id, reason=body.reason)
    return WantedView(shown=shown)


@register_api.post("/corrections/{correction_id}/decide")
async def decide_correction(
    work: CurrentWork, cipher: InstallationCipher, correction_id: UUID, body: DecisionBody
) -> CorrectionView:
    """Decide a correction; an accepted one changes the person."""
    require(work, MANAGE)
    decided = await correcting.decide_correction(
        work,
        cipher,
        correction_id,
        accept=body.accept,
        decision=body.decision,
        expected_version=body.expected_version,
    )
    return _correction(decided)


@register_api.get("/erasures")
async def list_erasures(
    work: CurrentWork,
    *,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> ErasurePageView:
    """Whose data went for good and on whose word, the latest first; each proof checked anew.

    Needs `see_looks`. Nobody is named but who asked and who agreed.
    """
    require(work, SEE_LOOKS)
    proofs, total = await erasing.erasures(work, most=limit, skip=cursor)
    estates = await estates_named(work, {proof.told.estate_id for proof in proofs})
    return ErasurePageView(
        items=tuple(
            ErasureRowView(
                estate_id=proof.told.estate_id,
                estate_title=estates[proof.told.estate_id].title,
                rows=sum(proof.told.rows.values()) + sum(proof.told.also.values()),
                proof=_proof(proof),
            )
            for proof in proofs
        ),
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


as_file(
    register_api,
    list_erasures,
    "删除证明",
    (
        Column("小区", lambda row: row.estate_title),
        Column("编号", lambda row: row.proof.number),
        Column("记录编号", lambda row: str(row.proof.person_id)),
        Column("删除时间", lambda row: row.proof.at),
        Column("法律依据", lambda row: row.proof.basis),
        Column("申请人", lambda row: row.proof.asked_by),
        Column("申请时间", lambda row: row.proof.asked_at),
        Column("审批人", lambda row: row.proof.approved_by),
        Column("审批时间", lambda row: row.proof.approved_at),
        Column("删除条数", lambda row: row.rows),
        Column("核对", lambda row: "一致" if row.proof.intact else "不一致"),
        Column("校验码", lambda row: row.proof.hash),
    ),
    path="/erasures",
)


@api.get("/{person_id}/erasure")
async def read_erasure(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID
) -> ErasureView:
    """What erasing the person would do, or the proof that it was done, checked anew.

    Needs `manage_people` and `see_key_people` on all estates of the person. Changes nothing.
    """
    require(work, MANAGE)
    return _erasure(await erasing.look(work, cipher, person_id))


@api.post("/{person_id}/erasure/ask", status_code=201)
async def ask_to_erase(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID, body: EraseAskBody
) -> AskedView:
    """Ask a second person to agree to the erasure of exactly what the look shows now."""
    require(work, MANAGE)
    approval = await erasing.ask_to_erase(
        work, cipher, person_id, basis=body.basis, reason=body.reason
    )
    return AskedView(id=approval.id)


@api.post("/{person_id}/erasure")
async def erase_person(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID, body: EraseBody
) -> ErasureView:
    """Erase the person's data as it was agreed to. It cannot be taken back."""
    require(work, MANAGE)
    await erasing.erase_person(work, cipher, person_id, basis=body.basis)
    return _erasure(await erasing.look(work, cipher, person_id))


def _erasure(seen: erasing.Look) -> ErasureView:
    proof = seen.proof
    return ErasureView(
        person_code=seen.person.code,
        name_masked=policy.masked_name(seen.person.name),
        in_use=seen.in_use,
        bases=tuple(BasisView(code=one, title=erasing.BASIS_TITLES[one]) for one in erasing.Basis),
        going=_went(seen.rows),
        kept=tuple(KeptView(title=one.label, why=one.words) for one in erasing.KEPT),
        proof=None if proof is None else _proof(proof),
    )


def _proof(proof: erasing.Proof) -> ProofView:
    told = proof.told
    return ProofView(
        number=told.number,
        person_id=told.person_id,
        at=told.at,
        basis=erasing.BASIS_TITLES[told.basis],
        asked_by=told.asked_by,
        asked_at=told.asked_at,
        approved_by=told.approved_by,
        approved_at=told.approved_at,
        went=_went({**told.rows, **told.also}),
        hash=proof.hash,
        intact=proof.intact,
    )


def _went(rows: Mapping[str, int]) -> tuple[GoingView, ...]:
    return tuple(
        GoingView(title=title, table=table, rows=rows[table])
        for table, title in erasing.ROW_TITLES.items()
        if rows.get(table)
    )


def _row(row: PersonRow) -> PersonRowView:
    return PersonRowView(
        id=row.id,
        code=row.code,
        estate_id=row.estate_id,
        name_masked=row.name_masked,
        phone_masked=row.phone_masked,
        home_id=row.home_id,
        home_title=row.home_title,
        relation=row.relation,
        relation_title=RELATION_TITLES[row.relation] if row.relation else None,
        tags=row.tags,
        tag_titles=tuple(TAG_TITLES[tag] for tag in row.tags),
    )


def _source(source: Source) -> SourceView:
    return SourceView(kind=source.kind, title=KIND_TITLES[source.kind], words=source.title)


def _version(one: Version) -> VersionView:
    titles = (COLUMN_TITLES.get(column, column) for column in one.changed)
    return VersionView(
        version=one.version,
        entered_at=one.entered_at,
        entered_by=one.entered_by,
        source=_source(one.source),
        changed=tuple(title for title in titles if title),
    )


def _merge(one: Merge) -> MergeView:
    return MergeView(
        id=one.id,
        kept_id=one.kept_id,
        gone_id=one.gone_id,
        reason=one.reason,
        merged_at=one.merged_at,
        merged_by=one.merged_by,
        undone_at=one.undone_at,
        undone_by=one.undone_by,
    )


def _stay(row: PersonRow, stay: Residence) -> StayView:
    return StayView(
        person=_row(row),
        relation=stay.relation,
        relation_title=RELATION_TITLES[stay.relation],
        valid_from=stay.valid_from,
        valid_to=stay.valid_to,
        source=_source(stay.source),
        entered_by=stay.entered_by,
    )


def _correction(one: Correction) -> CorrectionView:
    return CorrectionView(
        id=one.id,
        estate_id=one.estate_id,
        person=_row(one.person),
        field=one.field,
        field_title=FIELD_TITLES[one.field],
        value=one.value,
        has_words=bool(one.words),
        asked_by=one.asked_by,
        asked_by_name=one.asked_by_name,
        asked_at=one.asked_at,
        state=one.state,
        state_title=CORRECTION_TITLES[one.state],
        decided_at=one.decided_at,
        decided_by=one.decided_by,
        decision=one.decision,
        version=one.version,
    )


def _view(work: Work, person: Person, *, masked: bool) -> PersonView:
    estates = service.estates_of(person)
    return PersonView(
        id=person.id,
        code=person.code,
        estate_id=person.estate_id,
        masked=masked,
        name=person.name,
        phone=person.phone,
        id_number=person.id_number,
        tags=tuple(TagView(code=tag, title=TAG_TITLES[tag]) for tag in person.tags),
        residences=tuple(
            ResidenceView(
                estate_id=home.estate_id,
                home_id=home.home_id,
                home_title=home.home_title,
                relation=home.relation,
                relation_title=RELATION_TITLES[home.relation],
                valid_from=home.valid_from,
                valid_to=home.valid_to,
                source=_source(home.source),
                entered_by=home.entered_by,
            )
            for home in person.residences
        ),
        contacts=tuple(
            ContactView(name=c.name, relation=c.relation, phone=c.phone) for c in person.contacts
        ),
        birth_date=person.birth_date,
        version=person.version,
        source=_source(person.source),
        entered_by=person.entered_by,
        entered_at=person.entered_at,
        merged_into=person.merged_into,
        may_reveal=bool(estates & work.scope.estates_for(SEE_FULL)),
        may_manage=work.scope.may(MANAGE, person.estate_id),
    )
