"""Verbs of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Select

from linli.directory.people import policy, store
from linli.directory.people.contracts import (
    Contact,
    ContactDraft,
    ListOrder,
    PeopleSearch,
    Person,
    PersonChange,
    PersonDraft,
    PersonEntry,
    PersonRow,
    Relation,
    Residence,
)
from linli.directory.people.events import PersonRevealed
from linli.directory.people.models import person_table
from linli.directory.people.search import (
    Order,
    Range,
    group_range,
    list_range,
    meaning,
    merged,
    plain,
    starting_with,
    tail_key,
)
from linli.directory.places.contracts import Place, PlaceKind
from linli.directory.places.public import (
    all_estates,
    estates_named,
    place_of,
    places_inside,
    places_named,
)
from linli.directory.sources.contracts import CLERK, Entered, Source, Version
from linli.directory.sources.public import fresh_codes, told_by, versions_of
from linli.kernel.errors import BadInput, FieldFault, Forbidden, NotFound
from linli.kernel.scope import MACHINE
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.looks.contracts import Look, LookDraft, What, reason_given
from linli.support.looks.public import looked, looks_at
from linli.support.sealing.ports import Cipher

SEE = "see_people"
SEE_FULL = "see_people_full"
MANAGE = "manage_people"
LETTER = "R"

MOST_COUNTED = 500
MOST_LISTED = 10_000
PROBED = 300
MOST_ONE_BY_ONE = 5_000
"""So many keys are read estate by estate, a page of each; where it were more, all together."""
MOST_FAULTS = 200


class AlreadyRegistered(BadInput):
    code = "already_registered"
    text = "这个身份证号码已经登记过"


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some of the people found; `after` continues the list, None ends it.

    `total` counts no further than `MOST_COUNTED` (`MOST_LISTED` without words): `more` says that
    there are more than that.
    """

    rows: tuple[PersonRow, ...]
    after: UUID | None
    total: int
    more: bool = False


# ── registering ──


async def register_person(
    work: Work, cipher: Cipher, draft: PersonDraft, source: Source = CLERK
) -> UUID:
    """Register a person with their home; answers the person's id.

    Raises:
        NotFound: the home is absent or out of sight.
        BadInput: it is no home, or a number is wrong.
        AlreadyRegistered: the identity number is known.
    """
    home = await place_of(work, draft.home_id)
    if home.kind is not PlaceKind.HOME:
        raise BadInput("请选择具体的住户房屋", field="home_id")
    id_number = policy.id_number(draft.id_number) if draft.id_number else None
    if id_number and await store.with_id_hashes(
        work.connection, [store.id_hash(cipher, id_number)]
    ):
        raise AlreadyRegistered(field="id_number")
    if draft.valid_to is not None and draft.valid_to <= draft.valid_from:
        raise policy.MoveTooEarly(field="valid_to")
    person = Person(
        id=work.new_id(),
        estate_id=home.estate_id,
        name=policy.entered_name(draft.name),
        phone=policy.phone_digits(draft.phone) if draft.phone else None,
        id_number=id_number,
        tags=draft.tags,
        residences=(
            _stay(
                work,
                home,
                policy.Stay(home.id, draft.relation, draft.valid_from, draft.valid_to),
            ),
        ),
        contacts=_contacts(work, draft.contacts),
        code=draft.code or (await _codes(work, [home.estate_id]))[0],
        birth_date=draft.birth_date or (policy.born_on(id_number) if id_number else None),
    )
    told = told_by(work, source)
    await store.add(work.connection, cipher, [person], told, work.now)
    await store.reindex(work.connection, [person.id], work.now)
    await _recorded(work, Action.PERSON_REGISTERED, person)
    return person.id


async def enter_people(
    work: Work, cipher: Cipher, entries: Sequence[PersonEntry], source: Source, estate_id: UUID
) -> Entered:
    """Enter a list of people into an estate's register: new ones are added, others updated.

    The same list again changes nothing; where people lived before stays as it was. `ids` answers
    `str(index)` of each entry with the person's id.

    Raises:
        BadInput: `faults` name each wrong field as `<index>.<field>`; nothing was entered.
    """
    checked = _checked(entries)
    homes = await places_named(work, {e.home_id for e in checked if e.home_id is not None})
    _in_homes(checked, homes)
    hashes = [store.id_hash(cipher, e.id_number) if e.id_number else None for e in checked]
    phones = [store.phone_hash(cipher, e.phone) if e.phone else None for e in checked]
    by_number = await store.with_id_hashes(work.connection, {h for h in hashes if h is not None})
    by_code = await store.with_codes(
        work.connection, {(estate_id, e.code) for e in checked if e.code}
    )
    by_home = await store.at_homes(
        work.connection,
        {
            e.home_id
            for e, number in zip(checked, hashes, strict=True)
            if e.home_id and not (number or e.code)
        },
    )
    who: dict[int, UUID] = {}
    for at, entry in enumerate(checked):
        found = by_number.get(hashes[at] or b"")
        if found is None and entry.code:
            found = by_code.get((estate_id, entry.code))
        if found is None and entry.home_id and not (hashes[at] or entry.code):
            found = by_home.get((entry.name, entry.home_id, phones[at]))
        if found is not None:
            who[at] = found
    told = told_by(work, source)
    new = await _new_people(work, checked, homes, who, estate_id)
    await store.add(work.connection, cipher, [person for _, person in new], told, work.now)
    changed = await _brought_up_to_date(work, cipher, checked, homes, who, source)
    added = {person.id for _, person in new}
    await store.widen(work.connection, changed)
    await store.reindex(work.connection, added | changed, work.now, new=added)
    who |= {at: person.id for at, person in new}
    await record(
        work,
        action=Action.PEOPLE_ENTERED,
        subject_kind="estate",
        subject_id=estate_id,
        subject_title=f"{source.title or '人员名单'}：新增 {len(new)}，更新 {len(changed)}",
        estate_id=estate_id,
    )
    return Entered(
        created=len(new),
        updated=len(changed),
        unchanged=len(checked) - len(new) - len(changed),
        ids={str(at): person_id for at, person_id in who.items()},
    )


def _checked(entries: Sequence[PersonEntry]) -> list[PersonEntry]:
    """The entries with their numbers as they are stored.

    Raises:
        BadInput: names every wrong field.
    """
    faults: list[FieldFault] = []
    made: list[PersonEntry] = []
    numbers: dict[str, int] = {}
    for at, entry in enumerate(entries):
        name, phone, number = entry.name.strip(), entry.phone, entry.id_number
        if not name:
            faults.append(FieldFault(f"{at}.name", "请填写姓名"))
        try:
            name = policy.entered_name(name)
            phone = policy.phone_digits(entry.phone) if entry.phone else None
            number = policy.id_number(entry.id_number) if entry.id_number else None
        except BadInput as wrong:
            faults.append(FieldFault(f"{at}.{wrong.field}", wrong.message))
        if number:
            first = numbers.setdefault(number, at)
            if first != at:
                faults.append(FieldFault(f"{at}.id_number", f"身份证号与第 {first + 1} 行重复"))
        born = entry.birth_date or (policy.born_on(number) if number else None)
        made.append(replace(entry, name=name, phone=phone, id_number=number, birth_date=born))
    if faults:
        raise BadInput("名单里有需要改正的内容", faults=tuple(faults[:MOST_FAULTS]))
    return made


def _in_homes(entries: Sequence[PersonEntry], homes: Mapping[UUID, Place]) -> None:
    wrong = [
        FieldFault(f"{at}.home_id", "没有这套房屋，或者它不是住户房屋")
        for at, entry in enumerate(entries)
        if entry.home_id is not None
        and (entry.home_id not in homes or homes[entry.home_id].kind is not PlaceKind.HOME)
    ]
    if wrong:
        raise BadInput("名单里有需要改正的内容", faults=tuple(wrong[:MOST_FAULTS]))


async def _new_people(
    work: Work,
    entries: Sequence[PersonEntry],
    homes: Mapping[UUID, Place],
    who: Mapping[int, UUID],
    estate_id: UUID,
) -> list[tuple[int, Person]]:
    new = [(at, entry) for at, entry in enumerate(entries) if at not in who]
    codes = iter(await _codes(work, [estate_id for _, entry in new if not entry.code]))
    return [
        (
            at,
            Person(
                id=work.new_id(),
                estate_id=estate_id,
                name=entry.name,
                phone=entry.phone,
                id_number=entry.id_number,
                tags=entry.tags or (),
                residences=()
                if entry.home_id is None
                else (
                    _stay(
                        work,
                        homes[entry.home_id],
                        policy.Stay(entry.home_id, entry.relation, entry.valid_from or work.now),
                    ),
                ),
                contacts=_contacts(work, entry.contacts),
                code=entry.code or next(codes),
                birth_date=entry.birth_date,
            ),
        )
        for at, entry in new
    ]


async def _brought_up_to_date(
    work: Work,
    cipher: Cipher,
    entries: Sequence[PersonEntry],
    homes: Mapping[UUID, Place],
    who: Mapping[int, UUID],
    source: Source,
) -> set[UUID]:
    """Change what differs of people who are known; answers who was changed."""
    known = await store.known(work.connection, set(who.values()))
    told = told_by(work, source)
    changed: set[UUID] = set()
    stays: list[tuple[UUID, Residence]] = []
    for at, person_id in who.items():
        entry, old = entries[at], known.get(person_id)
        if old is None:
            continue
        phone = entry.phone
        if phone and store.phone_hash(cipher, phone) == old.phone_hash:
            phone = None
        number = entry.id_number
        if number and store.id_hash(cipher, number) == old.id_number_hash:
            number = None
        values = store.changed_columns(
            cipher,
            name=entry.name if entry.name != old.name else None,
            phone=phone,
            id_number=number,
        )
        if entry.birth_date is not None and entry.birth_date != old.birth_date:
            values["birth_date"] = entry.birth_date
        tags = None if entry.tags is None else tuple(tag.value for tag in entry.tags)
        if tags is not None and sorted(tags) != sorted(old.tags):
            values["tags"] = list(tags)
        if values:
            await store.change(work.connection, person_id, values, told)
            changed.add(person_id)
        if entry.home_id is not None and entry.home_id not in old.homes:
            begin = entry.valid_from or work.now
            stay = policy.Stay(entry.home_id, entry.relation, begin)
            stays.append((person_id, _stay(work, homes[entry.home_id], stay)))
            changed.add(person_id)
    await store.add_residences(work.connection, stays, told)
    return changed


async def change_person(
    work: Work, cipher: Cipher, person_id: UUID, change: PersonChange, source: Source = CLERK
) -> Person:
    """Change what is given of a person; the former version stays. Answers the person, unmasked.

    Raises:
        NotFound: absent, or out of sight.
        BadInput: a number is wrong.
        AlreadyRegistered: somebody else has this identity number.
    """
    await _person(work, cipher, person_id, lock=True)
    number = policy.id_number(change.id_number) if change.id_number else None
    if number:
        known = await store.with_id_hashes(work.connection, [store.id_hash(cipher, number)])
        if set(known.values()) - {person_id}:
            raise AlreadyRegistered(field="id_number")
    values = store.changed_columns(
        cipher,
        name=policy.entered_name(change.name) if change.name else None,
        phone=policy.phone_digits(change.phone) if change.phone else None,
        id_number=number,
    )
    born = change.birth_date or (policy.born_on(number) if number else None)
    if born is not None:
        values["birth_date"] = born
    if change.tags is not None:
        values["tags"] = [tag.value for tag in change.tags]
    if values:
        await store.change(work.connection, person_id, values, told_by(work, source))
        await store.reindex(work.connection, [person_id], work.now)
        await _recorded(work, Action.PERSON_CHANGED, await _person(work, cipher, person_id))
    return await _person(work, cipher, person_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveDraft:
    """A person moves: out of a home, into another, or both, at one moment."""

    person_id: UUID
    from_home_id: UUID | None
    to_home_id: UUID | None
    relation: Relation


async def move_person(
    work: Work, cipher: Cipher, draft: MoveDraft, source: Source = CLERK
) -> Person:
    """Note that a person moved at this work's moment; where they lived before stays noted.

    Raises:
        NotFound: person or home are absent or out of sight.
        BadInput: no home was named, it is none, or the person does not live there.
        StayOverlaps: the person is registered there already.
    """
    if draft.from_home_id is None and draft.to_home_id is None:
        raise BadInput("请选择搬离或搬入的房屋", field="to_home_id")
    person = await _person(work, cipher, draft.person_id, lock=True)
    told = told_by(work, source)
    history = tuple(
        policy.Stay(home.home_id, home.relation, home.valid_from, home.valid_to)
        for home in person.residences
    )
    if draft.from_home_id is not None:
        after = policy.moved_out(history, draft.from_home_id, work.now)
        ended = [
            home
            for home, old, new in zip(person.residences, history, after, strict=True)
            if old != new
        ]
        if not ended:
            raise BadInput("这个人现在不住在那里", field="from_home_id")
        for home in ended:
            await store.end_residence(work.connection, home.id, work.now, told)
        history = after
    if draft.to_home_id is not None:
        home = await place_of(work, draft.to_home_id)
        if home.kind is not PlaceKind.HOME:
            raise BadInput("请选择具体的住户房屋", field="to_home_id")
        stay = policy.Stay(home.id, draft.relation, work.now)
        policy.stayed(history, stay)
        await store.add_residences(work.connection, [(person.id, _stay(work, home, stay))], told)
        await store.widen(work.connection, [person.id])
    await store.reindex(work.connection, [person.id], work.now)
    await _recorded(work, Action.PERSON_MOVED, person)
    return await _person(work, cipher, person.id)


# ── finding ──


async def find_people(
    work: Work,
    cipher: Cipher,
    search: PeopleSearch,
    *,
    most: int = 50,
    after: UUID | None = None,
) -> PeoplePage:
    """People in sight that match, masked: with words the closest first, else in `order`."""
    plan = await _plan(work, cipher, search, most)
    if plan is None:
        return PeoplePage((), None, 0)
    limit = MOST_COUNTED if search.words.strip() else MOST_LISTED
    found, total = await store.listed(
        work.connection, plan, most=most + 1, limit=limit + 1, after=after
    )
    page = found[:most]
    return PeoplePage(
        rows=tuple(await store.rows(work.connection, cipher, page, work.now)),
        after=page[-1] if len(found) > most else None,
        total=min(total, limit),
        more=total > limit,
    )


async def people_matching(work: Work, cipher: Cipher, words: str) -> Select[UUID] | None:
    """Ids of the people whom words find, to be narrowed by a list of others; None: nobody."""
    plan = await _plan(work, cipher, PeopleSearch(words=words))
    return None if plan is None else store.matched(plan)


async def _plan(
    work: Work, cipher: Cipher, search: PeopleSearch, most: int = 1
) -> store.Plan | None:
    """What a search for at most so many comes to; None when it can find nobody."""
    estates = [search.estate_id] if search.estate_id else await _estates_in_reach(work)
    only: set[UUID] | None = None
    if search.place_id is not None:
        inside = await places_inside(work, search.place_id)
        only = set(await store.living_in(work.connection, inside, work.now))
    asked: list[tuple[Range, ...]] = []
    for word in search.words.split():
        wanted = meaning(word)
        if wanted.phone or wanted.id_number:
            hashed = (
                {"phone": store.phone_hash(cipher, wanted.phone)}
                if wanted.phone
                else {"number": store.id_hash(cipher, wanted.id_number or "")}
            )
            people = set(await store.with_number(work.connection, **hashed))
            only = people if only is None else only & people
            continue
        named = await _estates_called(work, word)
        if named:
            estates = [one for one in estates if one in named]
            continue
        ranges = list(wanted.ranges)
        if wanted.tail:
            ranges.append(starting_with(tail_key(store.tail_hash(cipher, wanted.tail))))
        if ranges:
            asked.append(merged(ranges))
    order = Order(search.order.value)
    groups = [one.value for one in (search.tag, search.relation) if one is not None]
    if (only is not None and not only) or not estates:
        return None
    asked += [(group_range(group, order),) for group in groups]
    plan = store.Plan(
        estates=estates,
        asked=tuple(asked) or ((list_range(order),),),
        only=None if only is None else sorted(only),
        together=len(estates) * most > MOST_ONE_BY_ONE,
    )
    return await _rarest_first(work, plan) if len(plan.asked) > 1 else plan


async def _rarest_first(work: Work, plan: store.Plan) -> store.Plan:
    """The word that finds the fewest leads: the others are looked up for each it finds.

    Where even that one finds many, all are read whole: but not where the people are very many and
    the others are soon found among the first of them.
    """
    many = [
        await store.counted(work.connection, replace(plan, asked=(one,)), most=PROBED)
        for one in plan.asked
    ]
    ordered = sorted(zip(many, plan.asked, strict=True), key=lambda pair: pair[0])
    plan = replace(plan, asked=tuple(one for _, one in ordered))
    if plan.only is not None or ordered[0][0] < PROBED:
        return plan
    soon = plan.together and await store.often_in_all(work.connection, plan)
    return replace(plan, whole=not soon)


async def _estates_in_reach(work: Work) -> list[UUID]:
    if work.scope.account_id is not None:
        return sorted(work.scope.estates_for(SEE))
    return [estate.id for estate in await all_estates(work)]


async def _estates_called(work: Work, word: str) -> frozenset[UUID]:
    """The estates in sight that a word names whole, by title or code."""
    bare = plain(word)
    return frozenset(
        estate.id
        for estate in await all_estates(work)
        if bare in {plain(estate.title), plain(estate.code)}
    )


async def people_named(work: Work, cipher: Cipher, ids: Sequence[UUID]) -> Mapping[UUID, PersonRow]:
    """The people with these ids, masked; those out of sight are missing."""
    found = await store.rows(work.connection, cipher, list(dict.fromkeys(ids)), work.now)
    return {row.id: row for row in found}


async def known_people(work: Work, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these people the session sees."""
    return await store.in_sight(work.connection, ids)


async def people_at(work: Work, cipher: Cipher, place_id: UUID) -> Sequence[PersonRow]:
    """Who lives at a place or anywhere inside it (a home, an entrance, a building), masked."""
    search = PeopleSearch(place_id=place_id, order=ListOrder.ADDRESS)
    page = await find_people(work, cipher, search, most=200)
    return page.rows


async def lived_at(
    work: Work, cipher: Cipher, home_id: UUID
) -> tuple[tuple[PersonRow, Residence], ...]:
    """Everybody ever registered in a home, the present ones and the newest first, masked."""
    stays = await store.who_lived_at(work.connection, home_id)
    people = await people_named(work, cipher, [person_id for person_id, _ in stays])
    return tuple((people[person_id], stay) for person_id, stay in stays if person_id in people)


async def person_masked(work: Work, cipher: Cipher, person_id: UUID) -> Person:
    """The person with names and numbers masked.

    Raises:
        NotFound: absent, or out of sight.
    """
    return policy.masked(await _person(work, cipher, person_id))


async def versions_of_person(work: Work, person_id: UUID) -> tuple[Version, ...]:
    """Every version of a person's own facts, newest first: when, by whom, what was changed."""
    return await versions_of(work, person_table, person_id)


async def reveal(work: Work, cipher: Cipher, person_id: UUID, *, reason: str) -> Person:
    """The person in full. Who looked and why stands in the audit, in the same transaction.

    Raises:
        NotFound: absent, or out of sight.
        Forbidden: the actor lacks `see_people_full` on every estate the person belongs to.
        ReasonNeeded: no reason was given.
    """
    given = reason_given(reason)
    person = await _person(work, cipher, person_id)
    seen_in_full = work.scope.estates_for(SEE_FULL)
    if work.actor.kind != MACHINE.kind and not estates_of(person) & seen_in_full:
        raise Forbidden
    work.outbox.add(
        PersonRevealed(
            estate_id=person.estate_id,
            happened_at=work.now,
            person_id=person.id,
            account_id=work.actor.account_id,
        )
    )
    await _recorded(work, Action.PERSON_REVEALED, person, reason=given)
    await looked(
        work,
        LookDraft(
            what=What.DETAILS,
            subject_kind="person",
            subject_id=person.id,
            subject_title=policy.masked_name(person.name),
            person_id=person.id,
            reason=given,
            estate_id=person.estate_id,
        ),
    )
    return person


async def looks_at_person(
    work: Work, cipher: Cipher, person_id: UUID, *, most: int
) -> tuple[Sequence[Look], int]:
    """Who looked at a person, newest first, and how often in all.

    Raises:
        NotFound: absent, or out of sight.
    """
    person = await _person(work, cipher, person_id)
    ids = {person.id, *(await store.merged_into(work.connection, person.id))}
    return await looks_at(work, frozenset(ids), most=most)


def estates_of(person: Person) -> frozenset[UUID]:
    """The estates a person belongs to: where they were registered, where they have homes."""
    return frozenset({person.estate_id, *(home.estate_id for home in person.residences)})


async def index_some(work: Work, most: int = 2_000) -> int:
    """Write search keys for people whose keys are missing or of an older form; how many."""
    ids = await store.without_keys(work.connection, most)
    await store.reindex(work.connection, ids, work.now)
    return len(ids)


# ── within ──


async def _person(work: Work, cipher: Cipher, person_id: UUID, *, lock: bool = False) -> Person:
    found = await store.person(work.connection, cipher, person_id, lock=lock)
    if found is None:
        raise NotFound
    if lock and found.name == policy.TOMBSTONE:
        raise policy.Erased
    return found


async def _codes(work: Work, estate_ids: Sequence[UUID]) -> list[str]:
    """A fresh code for each, all of one estate."""
    if not estate_ids:
        return []
    estates = await estates_named(work, {estate_ids[0]})
    estate = estates.get(estate_ids[0])
    if estate is None:
        raise NotFound
    return list(await fresh_codes(work, estate.code, LETTER, len(estate_ids)))


def _stay(work: Work, home: Place, stay: policy.Stay) -> Residence:
    return Residence(
        id=work.new_id(),
        estate_id=home.estate_id,
        home_id=home.id,
        home_title=home.path,
        home_path=home.path_ids,
        relation=stay.relation,
        valid_from=stay.begin,
        valid_to=stay.end,
    )


def _contacts(work: Work, drafts: Sequence[ContactDraft]) -> tuple[Contact, ...]:
    return tuple(
        Contact(
            id=work.new_id(),
            name=contact.name,
            relation=contact.relation,
            phone=policy.phone_digits(contact.phone),
        )
        for contact in drafts
    )


async def _recorded(
    work: Work, action: Action, person: Person, *, reason: str | None = None
) -> None:
    await record(
        work,
        action=action,
        subject_kind="person",
        subject_id=person.id,
        subject_title=policy.masked_name(person.name),
        reason=reason,
        estate_id=person.estate_id,
    )
