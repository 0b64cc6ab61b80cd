"""People over HTTP: masked, and in full with a reason."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.directory.people import service
from linli.directory.people.contracts import (
    RELATION_TITLES,
    TAG_TITLES,
    ContactDraft,
    PeopleSearch,
    Person,
    PersonDraft,
    Relation,
    Tag,
)
from linli.directory.places.public import place_of
from linli.kernel.web import CurrentWork, require, router
from linli.support.sealing.ports import Cipher

api = router("/api/people", tag="people")

SEE = "see_people"
SEE_FULL = "see_people_full"


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class TagView(Shape):
    """Why somebody needs special care."""

    code: Tag
    title: str


class PersonRowView(Shape):
    """A person in a list, masked."""

    id: UUID
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
    """People by name; `total` counts all that match."""

    items: tuple[PersonRowView, ...]
    next_cursor: str | None
    total: int


class ResidenceView(Shape):
    """A home of a person, from `valid_from` until before `valid_to`."""

    estate_id: UUID
    home_id: UUID
    home_title: str
    relation: Relation
    relation_title: str
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None


class ContactView(Shape):
    """Whom to call."""

    name: str
    relation: str
    phone: str


class PersonView(Shape):
    """A person; `masked` says whether names and numbers are hidden."""

    id: UUID
    estate_id: UUID
    masked: bool
    name: str
    phone: str | None
    id_number: str | None
    tags: tuple[TagView, ...]
    residences: tuple[ResidenceView, ...]
    contacts: tuple[ContactView, ...]
    may_reveal: bool


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
    tags: Annotated[tuple[Tag, ...], Field(max_length=10)] = ()
    contacts: Annotated[tuple[ContactBody, ...], Field(max_length=5)] = ()


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
    q: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: UUID | None = None,
) -> PeoplePageView:
    """People, masked. `q`: words of a name or address, or the last four digits of a phone."""
    require(work, SEE)
    search = PeopleSearch(estate_id=estate_id, place_id=place_id, words=q, tag=tag)
    page = await service.find_people(work, cipher, search, most=limit, after=cursor)
    return PeoplePageView(
        items=tuple(
            PersonRowView(
                id=row.id,
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
            for row in page.rows
        ),
        next_cursor=str(page.after) if page.after else None,
        total=page.total,
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
            tags=body.tags,
            contacts=tuple(
                ContactDraft(one.name, one.relation, one.phone) for one in body.contacts
            ),
        ),
    )
    person = await service.person_masked(work, cipher, person_id)
    return _view(person, masked=True, may_reveal=True)


@api.get("/{person_id}")
async def read_person(work: CurrentWork, cipher: InstallationCipher, person_id: UUID) -> PersonView:
    """One person, masked."""
    require(work, SEE)
    person = await service.person_masked(work, cipher, person_id)
    may_reveal = bool(service.estates_of(person) & work.scope.estates_for(SEE_FULL))
    return _view(person, masked=True, may_reveal=may_reveal)


@api.post("/{person_id}/reveal")
async def reveal(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID, body: RevealBody
) -> PersonView:
    """One person in full. Needs `see_people_full` on an estate of theirs; the look is recorded."""
    require(work, SEE_FULL)
    person = await service.reveal(work, cipher, person_id, reason=body.reason)
    return _view(person, masked=False, may_reveal=True)


def _view(person: Person, *, masked: bool, may_reveal: bool) -> PersonView:
    return PersonView(
        id=person.id,
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
            )
            for home in person.residences
        ),
        contacts=tuple(
            ContactView(name=c.name, relation=c.relation, phone=c.phone) for c in person.contacts
        ),
        may_reveal=may_reveal,
    )
