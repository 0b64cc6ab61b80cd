"""SQL of people. Sealing and opening happen here, so that nothing above sees sealed bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    any_,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.people.contracts import (
    Contact,
    PeopleSearch,
    Person,
    PersonRow,
    Relation,
    Residence,
    Tag,
)
from linli.directory.people.models import contact_table, person_table, residence_table
from linli.directory.people.policy import TAIL_DIGITS, masked_name
from linli.kernel.database import Id
from linli.support.sealing.ports import Cipher
from linli.support.sealing.public import masked_phone

PHONE = "directory_person.phone"
PHONE_TAIL = "directory_person.phone_tail"
ID_NUMBER = "directory_person.id_number"
CONTACT_PHONE = "directory_person_contact.phone"

n = person_table.c
r = residence_table.c
c = contact_table.c


@dataclass(frozen=True, slots=True)
class Window:
    """One page of a list by name: `after` is the last person already read."""

    now: datetime
    most: int
    after: UUID | None = None


async def add(connection: AsyncConnection, cipher: Cipher, person: Person, now: datetime) -> None:
    await connection.execute(
        insert(person_table).values(
            id=person.id,
            estate_id=person.estate_id,
            name=person.name,
            phone_sealed=cipher.seal(person.phone, binding=PHONE) if person.phone else None,
            phone_hash=cipher.keyed_hash(person.phone, binding=PHONE) if person.phone else None,
            phone_tail_hash=(
                cipher.keyed_hash(person.phone[-TAIL_DIGITS:], binding=PHONE_TAIL)
                if person.phone
                else None
            ),
            id_number_sealed=(
                cipher.seal(person.id_number, binding=ID_NUMBER) if person.id_number else None
            ),
            id_number_hash=(
                cipher.keyed_hash(person.id_number, binding=ID_NUMBER) if person.id_number else None
            ),
            tags=[tag.value for tag in person.tags],
            created_at=now,
        )
    )
    for residence in person.residences:
        await connection.execute(
            insert(residence_table).values(
                id=residence.id,
                person_id=person.id,
                estate_id=residence.estate_id,
                home_id=residence.home_id,
                home_title=residence.home_title,
                home_path=list(residence.home_path),
                relation=residence.relation.value,
                valid_from=residence.valid_from,
                valid_to=residence.valid_to,
            )
        )
    for contact in person.contacts:
        await connection.execute(
            insert(contact_table).values(
                id=contact.id,
                person_id=person.id,
                name=contact.name,
                relation=contact.relation,
                phone_sealed=cipher.seal(contact.phone, binding=CONTACT_PHONE),
            )
        )


async def by_id_number(connection: AsyncConnection, cipher: Cipher, number: str) -> UUID | None:
    found: UUID | None = await connection.scalar(
        select(n.id).where(n.id_number_hash == cipher.keyed_hash(number, binding=ID_NUMBER))
    )
    return found


async def find(
    connection: AsyncConnection,
    cipher: Cipher,
    search: PeopleSearch,
    window: Window,
) -> Sequence[PersonRow]:
    """People in sight, by name, each once with the newest home they live in at `window.now`."""
    each = (
        _matching(cipher, search, window.now)
        .ext(distinct_on(n.id))
        .order_by(n.id, r.valid_from.desc())
    )
    one = each.subquery()
    wanted = select(one).order_by(one.c.name, one.c.id).limit(window.most)
    if window.after is not None:
        last = person_table.alias("last")
        name = select(last.c.name).where(last.c.id == window.after).scalar_subquery()
        wanted = wanted.where(
            or_(one.c.name > name, and_(one.c.name == name, one.c.id > window.after))
        )
    return [_found(row, cipher) for row in await connection.execute(wanted)]


async def count(
    connection: AsyncConnection, cipher: Cipher, search: PeopleSearch, now: datetime
) -> int:
    each = _matching(cipher, search, now).with_only_columns(n.id).distinct().subquery()
    return int(await connection.scalar(select(func.count()).select_from(each)) or 0)


async def person(connection: AsyncConnection, cipher: Cipher, person_id: UUID) -> Person | None:
    row = (await connection.execute(select(person_table).where(n.id == person_id))).first()
    if row is None:
        return None
    homes = await connection.execute(
        select(residence_table).where(r.person_id == person_id).order_by(r.valid_from.desc(), r.id)
    )
    contacts = await connection.execute(
        select(contact_table).where(c.person_id == person_id).order_by(c.id)
    )
    return Person(
        id=row.id,
        estate_id=row.estate_id,
        name=row.name,
        phone=cipher.open(row.phone_sealed, binding=PHONE) if row.phone_sealed else None,
        id_number=(
            cipher.open(row.id_number_sealed, binding=ID_NUMBER) if row.id_number_sealed else None
        ),
        tags=tuple(Tag(tag) for tag in row.tags),
        residences=tuple(
            Residence(
                id=home.id,
                estate_id=home.estate_id,
                home_id=home.home_id,
                home_title=home.home_title,
                home_path=tuple(home.home_path),
                relation=Relation(home.relation),
                valid_from=home.valid_from,
                valid_to=home.valid_to,
            )
            for home in homes
        ),
        contacts=tuple(
            Contact(
                id=contact.id,
                name=contact.name,
                relation=contact.relation,
                phone=cipher.open(contact.phone_sealed, binding=CONTACT_PHONE),
            )
            for contact in contacts
        ),
    )


def _matching(cipher: Cipher, search: PeopleSearch, now: datetime) -> Select[*tuple[Any, ...]]:
    lives_there = and_(
        r.person_id == n.id, r.valid_from <= now, or_(r.valid_to.is_(None), r.valid_to > now)
    )
    conditions: list[ColumnElement[bool]] = []
    if search.estate_id is not None:
        conditions.append(or_(n.estate_id == search.estate_id, r.estate_id == search.estate_id))
    if search.place_id is not None:
        conditions.append(literal(search.place_id, Id) == any_(r.home_path))
    if search.tag is not None:
        conditions.append(literal(search.tag.value) == any_(n.tags))
    conditions.extend(_word_found(cipher, word) for word in search.words.split())
    return (
        select(
            n.id, n.estate_id, n.name, n.phone_sealed, n.tags, r.home_id, r.home_title, r.relation
        )
        .select_from(person_table.outerjoin(residence_table, lives_there))
        .where(*conditions)
    )


def _word_found(cipher: Cipher, word: str) -> ColumnElement[bool]:
    ways = [
        n.name.contains(word, autoescape=True),
        func.replace(r.home_title, " ", "").contains(word, autoescape=True),
    ]
    if word.isascii() and word.isdigit():
        if len(word) == TAIL_DIGITS:
            ways.append(n.phone_tail_hash == cipher.keyed_hash(word, binding=PHONE_TAIL))
        elif len(word) > TAIL_DIGITS:
            ways.append(n.phone_hash == cipher.keyed_hash(word, binding=PHONE))
    return or_(*ways)


def _found(row: Row[*tuple[Any, ...]], cipher: Cipher) -> PersonRow:
    phone = cipher.open(row.phone_sealed, binding=PHONE) if row.phone_sealed else None
    return PersonRow(
        id=row.id,
        estate_id=row.estate_id,
        name_masked=masked_name(row.name),
        phone_masked=masked_phone(phone) if phone else None,
        home_id=row.home_id,
        home_title=row.home_title or "",
        relation=Relation(row.relation) if row.relation else None,
        tags=tuple(Tag(tag) for tag in row.tags),
    )
