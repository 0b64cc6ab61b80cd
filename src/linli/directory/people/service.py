"""Verbs of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.directory.people import policy, store
from linli.directory.people.contracts import (
    Contact,
    PeopleSearch,
    Person,
    PersonDraft,
    PersonRow,
    Residence,
)
from linli.directory.people.events import PersonRevealed
from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import place_of
from linli.kernel.errors import BadInput, Forbidden, NotFound
from linli.kernel.scope import MACHINE
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.sealing.ports import Cipher

SEE = "see_people"
SEE_FULL = "see_people_full"


class AlreadyRegistered(BadInput):
    code = "already_registered"
    text = "这个身份证号码已经登记过"


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some of the people found; `after` continues the list, None ends it."""

    rows: tuple[PersonRow, ...]
    after: UUID | None
    total: int


async def register_person(work: Work, cipher: Cipher, draft: PersonDraft) -> UUID:
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
    if id_number and await store.by_id_number(work.connection, cipher, id_number):
        raise AlreadyRegistered(field="id_number")
    person = Person(
        id=work.new_id(),
        estate_id=home.estate_id,
        name=draft.name.strip(),
        phone=policy.phone_digits(draft.phone) if draft.phone else None,
        id_number=id_number,
        tags=draft.tags,
        residences=(
            Residence(
                id=work.new_id(),
                estate_id=home.estate_id,
                home_id=home.id,
                home_title=home.path,
                home_path=home.path_ids,
                relation=draft.relation,
                valid_from=draft.valid_from,
                valid_to=draft.valid_to,
            ),
        ),
        contacts=tuple(
            Contact(
                id=work.new_id(),
                name=contact.name,
                relation=contact.relation,
                phone=policy.phone_digits(contact.phone),
            )
            for contact in draft.contacts
        ),
    )
    await store.add(work.connection, cipher, person, work.now)
    await record(
        work,
        action=Action.PERSON_REGISTERED,
        subject_kind="person",
        subject_id=person.id,
        subject_title=policy.masked_name(person.name),
        estate_id=person.estate_id,
    )
    return person.id


async def find_people(
    work: Work,
    cipher: Cipher,
    search: PeopleSearch,
    *,
    most: int = 50,
    after: UUID | None = None,
) -> PeoplePage:
    """People in sight that match, by name, masked."""
    window = store.Window(now=work.now, most=most + 1, after=after)
    found = await store.find(work.connection, cipher, search, window)
    page = tuple(found[:most])
    return PeoplePage(
        rows=page,
        after=page[-1].id if len(found) > most else None,
        total=await store.count(work.connection, cipher, search, work.now),
    )


async def people_at(work: Work, cipher: Cipher, place_id: UUID) -> Sequence[PersonRow]:
    """Who lives at a place or anywhere inside it (a home, an entrance, a building), masked."""
    page = await find_people(work, cipher, PeopleSearch(place_id=place_id), most=200)
    return page.rows


async def person_masked(work: Work, cipher: Cipher, person_id: UUID) -> Person:
    """The person with names and numbers masked.

    Raises:
        NotFound: absent, or out of sight.
    """
    return policy.masked(await _person(work, cipher, person_id))


async def reveal(work: Work, cipher: Cipher, person_id: UUID, *, reason: str) -> Person:
    """The person in full. Who looked and why stands in the audit, in the same transaction.

    Raises:
        NotFound: absent, or out of sight.
        Forbidden: the actor lacks `see_people_full` on every estate the person belongs to.
        ReasonNeeded: no reason was given.
    """
    given = policy.reason_given(reason)
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
    await record(
        work,
        action=Action.PERSON_REVEALED,
        subject_kind="person",
        subject_id=person.id,
        subject_title=policy.masked_name(person.name),
        reason=given,
        estate_id=person.estate_id,
    )
    return person


def estates_of(person: Person) -> frozenset[UUID]:
    """The estates a person belongs to: where they were registered, where they have homes."""
    return frozenset({person.estate_id, *(home.estate_id for home in person.residences)})


async def _person(work: Work, cipher: Cipher, person_id: UUID) -> Person:
    found = await store.person(work.connection, cipher, person_id)
    if found is None:
        raise NotFound
    return found
