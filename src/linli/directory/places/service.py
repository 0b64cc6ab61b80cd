"""Verbs of places. Rights are checked by who calls: set-up, or the organisation's service."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from linli.directory.places import policy, store
from linli.directory.places.contracts import (
    BuildingDraft,
    Estate,
    EstateDraft,
    EstateSize,
    Place,
    PlaceDraft,
    PlaceKind,
    Plan,
)
from linli.directory.places.spoken import meant
from linli.kernel.errors import BadInput, NotFound
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

TITLES_SAID = 3


class CodeTaken(BadInput):
    code = "code_taken"
    text = "这个编号已经被使用"


async def add_estate(work: Work, draft: EstateDraft) -> Estate:
    """Add an estate to a community.

    Raises:
        CodeTaken: another estate has this code.
    """
    if await store.code_taken(work.connection, draft.code):
        raise CodeTaken(field="code")
    estate = Estate(
        id=work.new_id(), code=draft.code, title=draft.title, community_id=draft.community_id
    )
    await store.add_estate(work.connection, estate, draft, work.now)
    await record(
        work,
        action=Action.ESTATE_ADDED,
        subject_kind="estate",
        subject_id=estate.id,
        subject_title=estate.title,
        estate_id=estate.id,
    )
    return estate


async def add_places(
    work: Work, estate_id: UUID, drafts: Sequence[PlaceDraft]
) -> tuple[Place, ...]:
    """Add places to an estate; parents stand before their children, or exist already.

    Raises:
        NotFound: a parent is not in this estate.
        WrongParent: a place of this kind cannot lie in that parent.
        CodeTaken: a code is used twice in the estate.
    """
    added: dict[UUID, tuple[Place, PlaceDraft]] = {}
    named = {draft.parent_id for draft in drafts if draft.parent_id is not None}
    standing = await places_named(work, named - {draft.id for draft in drafts})
    for draft in drafts:
        parent = None
        if draft.parent_id is not None:
            known = added.get(draft.parent_id)
            parent = known[0] if known else standing.get(draft.parent_id)
            if parent is None or parent.estate_id != estate_id:
                raise NotFound("上级场所不存在", field="parent_id")
        policy.placed(draft, parent)
        path = policy.path_of(draft.title, parent)
        place = Place(
            id=draft.id,
            estate_id=estate_id,
            kind=draft.kind,
            code=policy.code_of(draft, path),
            title=draft.title,
            path=path,
            path_ids=(*(parent.path_ids if parent else ()), draft.id),
            parent_id=draft.parent_id,
            x=draft.x,
            y=draft.y,
        )
        added[place.id] = (place, draft)
    codes = [place.code for place, _ in added.values()]
    if len(set(codes)) < len(codes) or await store.codes_taken(work.connection, estate_id, codes):
        raise CodeTaken(field="code")
    if added:
        await store.add_places(work.connection, list(added.values()), work.now)
    return tuple(place for place, _ in added.values())


async def add_building(work: Work, estate_id: UUID, building: BuildingDraft) -> tuple[Place, ...]:
    """Add a building with all its entrances, floors, homes and lifts; the building comes first.

    Raises:
        CodeTaken: the estate has a building of this name.
    """
    return await add_places(work, estate_id, policy.building_drafts(building, work.new_id))


async def place_of(work: Work, place_id: UUID) -> Place:
    """The place.

    Raises:
        NotFound: absent, or outside the session's scope.
    """
    found = await store.places(work.connection, [place_id])
    if not found:
        raise NotFound
    return found[0]


async def places_named(work: Work, ids: Iterable[UUID]) -> Mapping[UUID, Place]:
    """The places with these ids; those out of sight are missing."""
    return {place.id: place for place in await store.places(work.connection, set(ids))}


async def places_coded(work: Work, estate_id: UUID, codes: Iterable[str]) -> Mapping[str, Place]:
    """The places of an estate by business code (`3号楼1单元502`); unknown ones are missing."""
    found = await store.coded(work.connection, estate_id, set(codes))
    return {place.code: place for place in found}


async def places_said(work: Work, estate_id: UUID, said: Iterable[str]) -> Mapping[str, Place]:
    """The places people mean by what they write (`3号楼`, `3栋1单元502`, `3-1-502`, `南门`).

    What names no place of the estate is missing.
    """
    wanted = {one: meant(one) for one in said}
    found = await places_coded(
        work, estate_id, {code for codes in wanted.values() for code in codes}
    )
    answer: dict[str, Place] = {}
    for one, codes in wanted.items():
        place = next((found[code] for code in codes if code in found), None)
        if place is not None:
            answer[one] = place
    return answer


async def places_inside(work: Work, place_id: UUID) -> tuple[UUID, ...]:
    """The place and everything in it, by id; nothing when it is out of sight."""
    return tuple(await store.inside(work.connection, place_id))


async def places_in(
    work: Work, estate_id: UUID, kind: PlaceKind | None = None
) -> tuple[Place, ...]:
    """All places of an estate, or those of one kind, as people count (2号楼 before 10号楼)."""
    return tuple(await store.of_estate(work.connection, estate_id, kind))


async def estate_of(work: Work, estate_id: UUID) -> Estate:
    """The estate.

    Raises:
        NotFound: absent, or outside the session's scope.
    """
    found = await store.estates(work.connection, [estate_id])
    if not found:
        raise NotFound
    return found[0]


async def estates_named(work: Work, ids: Iterable[UUID]) -> Mapping[UUID, Estate]:
    """The estates with these ids; those out of sight are missing."""
    return {estate.id: estate for estate in await store.estates(work.connection, set(ids))}


async def ground_said(work: Work, estate_ids: Iterable[UUID], place_id: UUID | None = None) -> str:
    """A few estates by title and how many there are, or the path of the place within.

    Raises:
        NotFound: the place is absent, or outside the session's scope.
    """
    known = await estates_named(work, estate_ids)
    titles = sorted(estate.title for estate in known.values())
    where = "、".join(titles[:TITLES_SAID])
    if len(titles) > TITLES_SAID:
        where += f" 等 {len(titles)} 个小区"
    return where if place_id is None else f"{where} {(await place_of(work, place_id)).path}"


async def all_estates(work: Work) -> tuple[Estate, ...]:
    """Every estate in sight, by title."""
    return tuple(await store.estates(work.connection))


async def sizes_of(work: Work, estate_ids: Iterable[UUID]) -> Mapping[UUID, EstateSize]:
    """How many buildings and homes each estate has; an estate without places is missing."""
    return await store.sizes(work.connection, estate_ids)


async def plan_of(work: Work, estate_id: UUID) -> Plan:
    """The plan of an estate.

    Raises:
        NotFound: absent, or outside the session's scope.
    """
    plan = await store.plan(work.connection, estate_id)
    if plan is None:
        raise NotFound
    return plan
