"""SQL of people. Sealing and opening happen here, so that nothing above sees sealed bytes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.people.contracts import (
    Contact,
    Person,
    PersonRow,
    Relation,
    Residence,
    Tag,
)
from linli.directory.people.models import (
    contact_table,
    correction_table,
    person_table,
    residence_table,
    search_table,
)
from linli.directory.people.policy import TAIL_DIGITS, masked_name
from linli.directory.people.search import SEARCH_VERSION, Keyed, Range, keys_of, read_name
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.database import among, insert_rows, joined_by_hash
from linli.support.sealing.ports import Cipher
from linli.support.sealing.public import masked_phone

PHONE = "directory_person.phone"
PHONE_TAIL = "directory_person.phone_tail"
ID_NUMBER = "directory_person.id_number"
CONTACT_PHONE = "directory_person_contact.phone"

KEYS_AT_ONCE = 200_000
TRIED = 200
OFTEN = 5

n = person_table.c
r = residence_table.c
c = contact_table.c
s = search_table.c

Told = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a search comes to: estates, and sets of ranges of which each must hold.

    The first set also orders the list. `only` are the people among whom to look, when known.
    """

    estates: Sequence[UUID]
    asked: tuple[tuple[Range, ...], ...]
    only: Sequence[UUID] | None = None
    together: bool = False
    """Whether the estates are asked in one go: right when they are a large part of all."""
    whole: bool = False
    """Whether every set is read whole: right where many are in each and few in all of them."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The numbers of a person as they lie in the database."""

    columns: Mapping[str, bytes | None]

    @staticmethod
    def of(cipher: Cipher, phone: str | None, id_number: str | None) -> "Sealed":
        return Sealed({**_phone(cipher, phone), **_id_number(cipher, id_number)})


def _phone(cipher: Cipher, phone: str | None) -> dict[str, bytes | None]:
    if phone is None:
        return {"phone_sealed": None, "phone_hash": None, "phone_tail_hash": None}
    return {
        "phone_sealed": cipher.seal(phone, binding=PHONE),
        "phone_hash": cipher.keyed_hash(phone, binding=PHONE),
        "phone_tail_hash": cipher.keyed_hash(phone[-TAIL_DIGITS:], binding=PHONE_TAIL),
    }


def _id_number(cipher: Cipher, number: str | None) -> dict[str, bytes | None]:
    if number is None:
        return {"id_number_sealed": None, "id_number_hash": None}
    return {
        "id_number_sealed": cipher.seal(number, binding=ID_NUMBER),
        "id_number_hash": cipher.keyed_hash(number, binding=ID_NUMBER),
    }


def tail_hash(cipher: Cipher, tail: str) -> bytes:
    return cipher.keyed_hash(tail, binding=PHONE_TAIL)


def phone_hash(cipher: Cipher, phone: str) -> bytes:
    return cipher.keyed_hash(phone, binding=PHONE)


def id_hash(cipher: Cipher, number: str) -> bytes:
    return cipher.keyed_hash(number, binding=ID_NUMBER)


async def add(
    connection: AsyncConnection,
    cipher: Cipher,
    people: Sequence[Person],
    told: Told,
    now: datetime,
) -> None:
    """Add people with their homes and contacts."""
    if not people:
        return
    await insert_rows(
        connection,
        person_table,
        [
            {
                "id": one.id,
                "estate_id": one.estate_id,
                "estate_ids": sorted(
                    {one.estate_id, *(home.estate_id for home in one.residences)}, key=str
                ),
                "code": one.code,
                "name": one.name,
                "pinyin": read_name(one.name).whole,
                "birth_date": one.birth_date,
                "tags": [tag.value for tag in one.tags],
                # Whoever adds people writes their keys in the same transaction.
                "search_version": SEARCH_VERSION,
                "created_at": now,
                **Sealed.of(cipher, one.phone, one.id_number).columns,
                **told,
            }
            for one in people
        ],
    )
    await add_residences(
        connection, [(one.id, home) for one in people for home in one.residences], told
    )
    await add_contacts(
        connection, cipher, [(one.id, contact) for one in people for contact in one.contacts]
    )


async def add_residences(
    connection: AsyncConnection, homes: Sequence[tuple[UUID, Residence]], told: Told
) -> None:
    await insert_rows(
        connection,
        residence_table,
        [
            {
                "id": home.id,
                "person_id": person_id,
                "estate_id": home.estate_id,
                "home_id": home.home_id,
                "home_title": home.home_title,
                "home_path": list(home.home_path),
                "relation": home.relation.value,
                "valid_from": home.valid_from,
                "valid_to": home.valid_to,
                **told,
            }
            for person_id, home in homes
        ],
    )


async def add_contacts(
    connection: AsyncConnection, cipher: Cipher, contacts: Sequence[tuple[UUID, Contact]]
) -> None:
    if contacts:
        await connection.execute(
            insert(contact_table),
            [
                {
                    "id": contact.id,
                    "person_id": person_id,
                    "name": contact.name,
                    "relation": contact.relation,
                    "phone_sealed": cipher.seal(contact.phone, binding=CONTACT_PHONE),
                }
                for person_id, contact in contacts
            ],
        )


async def end_residence(
    connection: AsyncConnection, residence_id: UUID, moment: datetime, told: Told
) -> None:
    await connection.execute(
        update(residence_table)
        .where(r.id == residence_id)
        .values(valid_to=moment, version=r.version + 1, **told)
    )


async def merged_into(connection: AsyncConnection, person_id: UUID) -> frozenset[UUID]:
    """The ids of records that were merged into this one."""
    return frozenset(await connection.scalars(select(n.id).where(n.merged_into == person_id)))


async def forget_corrections(connection: AsyncConnection, before: datetime) -> int:
    gone = await connection.execute(
        delete(correction_table).where(correction_table.c.decided_at < before)
    )
    return gone.rowcount


async def widen(connection: AsyncConnection, people: Collection[UUID]) -> None:
    """Let those who work in the estates of a person's homes see the person."""
    if not people:
        return
    await connection.execute(
        text(
            "UPDATE directory_person AS p SET estate_ids = h.ids FROM ("
            " SELECT q.id, array_agg(DISTINCT e.id) AS ids FROM directory_person AS q"
            " LEFT JOIN directory_residence AS r ON r.person_id = q.id"
            " CROSS JOIN LATERAL unnest(q.estate_ids || q.estate_id || r.estate_id) AS e(id)"
            " WHERE q.id = ANY(CAST(:ids AS uuid[])) AND e.id IS NOT NULL GROUP BY q.id"
            ") AS h WHERE p.id = h.id AND NOT p.estate_ids @> h.ids"
        ),
        {"ids": list(people)},
    )


async def change(
    connection: AsyncConnection, person_id: UUID, values: Mapping[str, object], told: Told
) -> None:
    await connection.execute(
        update(person_table)
        .where(n.id == person_id)
        .values(**dict(values), version=n.version + 1, **told)
    )


def changed_columns(
    cipher: Cipher, *, name: str | None, phone: str | None, id_number: str | None
) -> dict[str, object]:
    """The columns of the facts that are given."""
    values: dict[str, object] = {}
    if name is not None:
        values |= {"name": name, "pinyin": read_name(name).whole}
    if phone is not None:
        values |= _phone(cipher, phone)
    if id_number is not None:
        values |= _id_number(cipher, id_number)
    return values


# ── who is known already ──


async def with_id_hashes(
    connection: AsyncConnection, hashes: Collection[bytes]
) -> Mapping[bytes, UUID]:
    if not hashes:
        return {}
    rows = await connection.execute(
        select(n.id_number_hash, n.id)
        .where(among(n.id_number_hash, hashes), n.merged_into.is_(None))
        .order_by(n.id.desc())
    )
    return {bytes(row[0]): row[1] for row in rows}


async def with_codes(
    connection: AsyncConnection, codes: Collection[tuple[UUID, str]]
) -> Mapping[tuple[UUID, str], UUID]:
    if not codes:
        return {}
    rows = await connection.execute(
        select(n.estate_id, n.code, n.id).where(
            among(n.estate_id, {estate for estate, _ in codes}),
            among(n.code, {code for _, code in codes}),
        )
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def at_homes(
    connection: AsyncConnection, homes: Collection[UUID]
) -> Mapping[tuple[str, UUID, bytes | None], UUID]:
    """People by name, home and phone hash, among those ever registered in these homes."""
    if not homes:
        return {}
    stays = (
        await connection.execute(
            select(r.person_id, r.home_id).where(among(r.home_id, homes)).order_by(r.person_id)
        )
    ).all()
    people = {
        row.id: (row.name, bytes(row.phone_hash) if row.phone_hash else None)
        for row in await connection.execute(
            select(n.id, n.name, n.phone_hash).where(
                among(n.id, {person_id for person_id, _ in stays}), n.merged_into.is_(None)
            )
        )
    }
    return {
        (people[person_id][0], home_id, people[person_id][1]): person_id
        for person_id, home_id in reversed(stays)
        if person_id in people
    }


@dataclass(frozen=True, slots=True)
class Known:
    """What is compared when a list is entered again."""

    id: UUID
    name: str
    birth_date: object
    phone_hash: bytes | None
    id_number_hash: bytes | None
    tags: tuple[str, ...]
    homes: frozenset[UUID]
    """Homes where the person is registered without an end."""


async def known(connection: AsyncConnection, people: Collection[UUID]) -> Mapping[UUID, Known]:
    if not people:
        return {}
    rows = (
        await connection.execute(
            select(n.id, n.name, n.birth_date, n.phone_hash, n.id_number_hash, n.tags).where(
                among(n.id, people)
            )
        )
    ).all()
    homes: dict[UUID, set[UUID]] = {}
    for person_id, home_id in await connection.execute(
        select(r.person_id, r.home_id).where(among(r.person_id, people), r.valid_to.is_(None))
    ):
        homes.setdefault(person_id, set()).add(home_id)
    return {
        row.id: Known(
            id=row.id,
            name=row.name,
            birth_date=row.birth_date,
            phone_hash=bytes(row.phone_hash) if row.phone_hash else None,
            id_number_hash=bytes(row.id_number_hash) if row.id_number_hash else None,
            tags=tuple(row.tags),
            homes=frozenset(homes.get(row.id, ())),
        )
        for row in rows
    }


# ── search ──


async def reindex(
    connection: AsyncConnection,
    people: Collection[UUID],
    now: datetime,
    *,
    new: Collection[UUID] = frozenset(),
) -> None:
    """Write the search keys of these people anew; the `new` ones had none."""
    if not people:
        return
    ids = list(people)
    had = [one for one in ids if one not in new]
    lives = and_(r.valid_from <= now, or_(r.valid_to.is_(None), r.valid_to > now))
    homes: dict[UUID, list[Row[*tuple[Any, ...]]]] = {}
    for home in await connection.execute(
        select(r.person_id, r.estate_id, r.home_title, r.relation).where(
            among(r.person_id, ids), lives
        )
    ):
        homes.setdefault(home.person_id, []).append(home)
    rows = (
        await connection.execute(
            select(n.id, n.name, n.estate_ids, n.phone_tail_hash, n.tags, n.merged_into).where(
                among(n.id, ids)
            )
        )
    ).all()
    keys: list[tuple[UUID, str, UUID]] = []
    for row in rows:
        if row.merged_into is not None:
            continue
        own = homes.get(row.id, ())
        for estate_id in row.estate_ids:
            here = [home for home in own if home.estate_id == estate_id]
            found = keys_of(
                Keyed(
                    name=row.name,
                    tail_hash=bytes(row.phone_tail_hash) if row.phone_tail_hash else None,
                    groups=(*row.tags, *{home.relation for home in here}),
                    addresses=tuple(home.home_title for home in here),
                )
            )
            keys.extend((estate_id, key, row.id) for key in found)
    if had:
        await connection.execute(delete(search_table).where(among(s.person_id, had)))
    for start in range(0, len(keys), KEYS_AT_ONCE):
        part = keys[start : start + KEYS_AT_ONCE]
        await connection.execute(
            text(
                "INSERT INTO directory_person_search (estate_id, key, person_id)"
                " SELECT * FROM unnest(CAST(:estates AS uuid[]), CAST(:keys AS text[]),"
                " CAST(:people AS uuid[])) ON CONFLICT DO NOTHING"
            ),
            {
                "estates": [key[0] for key in part],
                "keys": [key[1] for key in part],
                "people": [key[2] for key in part],
            },
        )
    if had:
        await connection.execute(
            update(person_table)
            .where(among(n.id, had), n.search_version != SEARCH_VERSION)
            .values(search_version=SEARCH_VERSION)
        )


async def without_keys(connection: AsyncConnection, most: int) -> Sequence[UUID]:
    """People whose search keys are of an older form, or missing."""
    found = await connection.scalars(
        select(n.id).where(n.search_version < SEARCH_VERSION).order_by(n.id).limit(most)
    )
    return found.all()


async def listed(
    connection: AsyncConnection, plan: Plan, *, most: int, limit: int, after: UUID | None = None
) -> tuple[Sequence[UUID], int]:
    """The people a plan finds, by the key that found them, each once; and how many, up to `limit`.

    At most `most` of them, those that come `after` somebody.
    """
    start = await _key_of(connection, plan, after) if after is not None else None
    if plan.whole:
        return await _listed_whole(connection, plan, most, limit, start)
    total = await counted(connection, plan, most=limit)
    within = most
    while True:
        rows = (await connection.execute(*_hits(plan, most, within, start))).all()
        # A person with several keys in a range takes several places; then more must be read.
        if len(rows) >= most or within > most * 16 or sum(row.times for row in rows) < within:
            return [row.person_id for row in rows], total
        within *= 4


async def _listed_whole(
    connection: AsyncConnection,
    plan: Plan,
    most: int,
    limit: int,
    start: tuple[str, UUID] | None,
) -> tuple[Sequence[UUID], int]:
    in_all, values = _in_all(plan)
    values |= {"most": most, "limit": limit}
    behind = ""
    if start is not None:
        values |= {"key": start[0], "person": start[1]}
        # In an estate where the person is not in every set the key may be a lesser one.
        key = "coalesce((SELECT key FROM h WHERE person_id = :person), CAST(:key AS text))"
        behind = f"WHERE (h.key, h.person_id) > ({key}, CAST(:person AS uuid))"
    statement = text(
        f"WITH h AS MATERIALIZED ({in_all})"  # noqa: S608 - our own names, values are bound
        " SELECT least(t.total, :limit) AS total, p.person_id"
        " FROM (SELECT count(*) AS total FROM h) AS t LEFT JOIN LATERAL ("
        f" SELECT h.person_id, h.key FROM h {behind} ORDER BY h.key, h.person_id LIMIT :most"
        ") AS p ON true ORDER BY p.key, p.person_id"
    )
    async with joined_by_hash(connection):
        rows = (await connection.execute(statement, values)).all()
    return [row.person_id for row in rows if row.person_id is not None], rows[0].total


async def counted(connection: AsyncConnection, plan: Plan, *, most: int) -> int:
    """How many people a plan finds, at most `most`."""
    conditions, values = _conditions(plan.asked[1:])
    values |= _bounds(plan)
    # The inner limit keeps the planner on the index of each estate.
    statement = text(
        "SELECT count(DISTINCT h.person_id) FROM ("  # noqa: S608 - our own names, values are bound
        f" SELECT s.person_id FROM {_each(plan)} CROSS JOIN LATERAL ("
        " SELECT s.person_id FROM directory_person_search AS s"
        f" WHERE {_inside(plan)} {conditions} LIMIT :raw) AS s LIMIT :raw) AS h"
    )
    values["raw"] = most * 2
    return min(int(await connection.scalar(statement, values) or 0), most)


async def often_in_all(connection: AsyncConnection, plan: Plan) -> bool:
    """Whether one in `OFTEN` of the first people a plan looks at is in its other sets too."""
    conditions, values = _conditions(plan.asked[1:])
    statement = text(
        "SELECT count(*) FROM ("  # noqa: S608 - our own names, values are bound
        f" SELECT s.person_id, s.estate_id FROM {_each(plan)} CROSS JOIN LATERAL ("
        " SELECT s.person_id, s.estate_id FROM directory_person_search AS s"
        f" WHERE {_inside(plan)} LIMIT :tried) AS s LIMIT :tried) AS s WHERE true {conditions}"
    )
    hits = await connection.scalar(statement, values | _bounds(plan) | {"tried": TRIED})
    return int(hits or 0) * OFTEN >= TRIED


def _in_all(plan: Plan) -> tuple[str, dict[str, Any]]:
    """Who is in every set in one estate, with the least key of the first set."""
    values: dict[str, Any] = {"estates": list(plan.estates)}
    sets: list[str] = []
    for number, ranges in enumerate(plan.asked):
        wanted = "s.person_id, s.estate_id" + ("" if number else ", s.key")
        parts: list[str] = []
        for place, one in enumerate(ranges):
            low, high = f"low{number}_{place}", f"high{number}_{place}"
            values |= {low: one.low, high: one.high}
            in_range = (
                f"SELECT {wanted} FROM directory_person_search AS s"  # noqa: S608 - our own names, values are bound
                f" WHERE s.key >= :{low} AND s.key < :{high} AND s.estate_id ="
            )
            parts.append(
                f"{in_range} ANY(CAST(:estates AS uuid[]))"
                if plan.together
                else f"SELECT {wanted} FROM unnest(CAST(:estates AS uuid[])) AS e(id)"  # noqa: S608 - our own names, values are bound
                f" CROSS JOIN LATERAL ({in_range} e.id OFFSET 0) AS s"
            )
        sets.append(" UNION ALL ".join(parts))
    others = " AND ".join(f"(a.person_id, a.estate_id) IN ({one})" for one in sets[1:])
    in_all = (
        "SELECT a.person_id, min(a.key) AS key"  # noqa: S608 - our own names, values are bound
        f" FROM ({sets[0]}) AS a WHERE {others} GROUP BY a.person_id"
    )
    return in_all, values


def _bounds(plan: Plan) -> dict[str, Any]:
    values: dict[str, Any] = {
        "lows": [one.low for one in plan.asked[0]],
        "highs": [one.high for one in plan.asked[0]],
        "estates": list(plan.estates),
    }
    if plan.only is not None:
        values["only"] = list(plan.only)
    return values


def _each(plan: Plan) -> str:
    """Every range of the first set, in every estate."""
    ranges = "unnest(CAST(:lows AS text[]), CAST(:highs AS text[])) AS g(low, high)"
    if plan.only is not None or plan.together:
        return ranges
    return f"{ranges} CROSS JOIN unnest(CAST(:estates AS uuid[])) AS e(id)"


def _inside(plan: Plan) -> str:
    place = "s.estate_id = e.id"
    if plan.together:
        place = "s.estate_id = ANY(CAST(:estates AS uuid[]))"
    if plan.only is not None:
        place = (
            "s.person_id = ANY(CAST(:only AS uuid[]))"
            " AND s.estate_id = ANY(CAST(:estates AS uuid[]))"
        )
    return f"{place} AND s.key >= g.low AND s.key < g.high"


def _conditions(sets: Sequence[tuple[Range, ...]]) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {}
    parts: list[str] = []
    for number, ranges in enumerate(sets):
        either: list[str] = []
        for place, one in enumerate(ranges):
            low, high = f"low{number}_{place}", f"high{number}_{place}"
            values |= {low: one.low, high: one.high}
            # Not by the index of keys, of which ever so many lie in a range: by the person's own.
            either.append(f"(o.key || '' >= :{low} AND o.key || '' < :{high})")
        parts.append(
            "AND EXISTS (SELECT FROM directory_person_search AS o WHERE o.person_id = s.person_id"
            # OFFSET 0: looked up person by person, never all people who fit at once.
            f" AND o.estate_id = s.estate_id AND ({' OR '.join(either) or 'false'}) OFFSET 0)"
        )
    return " ".join(parts), values


def _hits(
    plan: Plan, most: int, within: int, start: tuple[str, UUID] | None
) -> tuple[Any, dict[str, Any]]:
    conditions, values = _conditions(plan.asked[1:])
    values |= _bounds(plan) | {"most": most, "within": within}
    if start is not None:
        values |= {"key": start[0], "person": start[1]}
        conditions += (
            " AND (s.key, s.person_id) > (CAST(:key AS text), CAST(:person AS uuid))"
            " AND NOT EXISTS (SELECT FROM directory_person_search AS b"
            " JOIN unnest(CAST(:lows AS text[]), CAST(:highs AS text[])) AS w(low, high)"
            " ON b.key >= w.low AND b.key < w.high"
            " WHERE b.person_id = s.person_id AND b.estate_id = ANY(CAST(:estates AS uuid[]))"
            " AND (b.key, b.person_id) <= (CAST(:key AS text), CAST(:person AS uuid)))"
        )
    statement = text(
        "SELECT h.person_id, min(h.key) AS key, count(*) AS times FROM ("  # noqa: S608 - our own names, values are bound
        " SELECT s.person_id, s.key"
        f" FROM {_each(plan)} CROSS JOIN LATERAL ("
        " SELECT s.person_id, s.key FROM directory_person_search AS s"
        f" WHERE {_inside(plan)} {conditions}"
        " ORDER BY s.key, s.person_id LIMIT :within) AS s"
        ") AS h GROUP BY h.person_id ORDER BY key, h.person_id LIMIT :most"
    )
    return statement, values


def matched(plan: Plan) -> Select[UUID]:
    """The people a plan finds, as a selection that others may narrow; some may come twice."""
    chosen = select(s.person_id).where(among(s.estate_id, plan.estates))
    if plan.only is not None:
        chosen = chosen.where(among(s.person_id, plan.only))
    first, *others = (
        or_(*(and_(s.key >= one.low, s.key < one.high) for one in ranges)) for ranges in plan.asked
    )
    chosen = chosen.where(first)
    for condition in others:
        also = select(s.person_id).where(among(s.estate_id, plan.estates), condition)
        chosen = chosen.where(s.person_id.in_(also))
    return chosen


async def _key_of(
    connection: AsyncConnection, plan: Plan, person_id: UUID
) -> tuple[str, UUID] | None:
    """The key by which a plan found a person: a list goes on behind it."""
    either = or_(*(and_(s.key >= one.low, s.key < one.high) for one in plan.asked[0]))
    key: str | None = await connection.scalar(
        select(func.min(s.key)).where(
            s.person_id == person_id, among(s.estate_id, plan.estates), either
        )
    )
    return None if key is None else (key, person_id)


async def with_number(
    connection: AsyncConnection, *, phone: bytes | None = None, number: bytes | None = None
) -> Sequence[UUID]:
    """People with exactly this phone or identity number."""
    column = n.phone_hash if phone is not None else n.id_number_hash
    rows = await connection.scalars(select(n.id).where(column == (phone or number)))
    return rows.all()


async def living_in(
    connection: AsyncConnection, homes: Collection[UUID], now: datetime
) -> Sequence[UUID]:
    lives = and_(r.valid_from <= now, or_(r.valid_to.is_(None), r.valid_to > now))
    rows = await connection.scalars(
        select(r.person_id).distinct().where(among(r.home_id, homes), lives)
    )
    return rows.all()


async def rows(
    connection: AsyncConnection, cipher: Cipher, ids: Sequence[UUID], now: datetime
) -> Sequence[PersonRow]:
    """People as lists show them, in the order of `ids`, with the newest home of now."""
    if not ids:
        return ()
    lives = and_(r.valid_from <= now, or_(r.valid_to.is_(None), r.valid_to > now))
    homes: dict[UUID, Row[*tuple[Any, ...]]] = {}
    for home in await connection.execute(
        select(r.person_id, r.home_id, r.home_title, r.relation)
        .where(among(r.person_id, ids), lives)
        .order_by(r.valid_from, r.id)
    ):
        homes[home.person_id] = home
    people = await connection.execute(
        select(n.id, n.estate_id, n.code, n.name, n.phone_sealed, n.tags).where(among(n.id, ids))
    )
    made: dict[UUID, PersonRow] = {}
    for row in people:
        home = homes.get(row.id)
        phone = cipher.open(row.phone_sealed, binding=PHONE) if row.phone_sealed else None
        made[row.id] = PersonRow(
            id=row.id,
            estate_id=row.estate_id,
            name_masked=masked_name(row.name),
            phone_masked=masked_phone(phone) if phone else None,
            home_id=home.home_id if home else None,
            home_title=home.home_title if home else "",
            relation=Relation(home.relation) if home else None,
            tags=tuple(Tag(tag) for tag in row.tags),
            code=row.code,
        )
    return [made[one] for one in ids if one in made]


async def in_sight(connection: AsyncConnection, ids: Collection[UUID]) -> frozenset[UUID]:
    return frozenset((await connection.scalars(select(n.id).where(among(n.id, ids)))).all())


# ── one person ──


async def person(
    connection: AsyncConnection, cipher: Cipher, person_id: UUID, *, lock: bool = False
) -> Person | None:
    wanted = select(person_table).where(n.id == person_id)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).first()
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
        residences=tuple(_residence(home) for home in homes),
        contacts=tuple(
            Contact(
                id=contact.id,
                name=contact.name,
                relation=contact.relation,
                phone=cipher.open(contact.phone_sealed, binding=CONTACT_PHONE),
            )
            for contact in contacts
        ),
        code=row.code,
        birth_date=row.birth_date,
        version=row.version,
        source=_source_of(row),
        entered_by=row.entered_by,
        entered_at=row.entered_at,
        merged_into=row.merged_into,
    )


def _residence(home: Row[*tuple[Any, ...]]) -> Residence:
    return Residence(
        id=home.id,
        estate_id=home.estate_id,
        home_id=home.home_id,
        home_title=home.home_title,
        home_path=tuple(home.home_path),
        relation=Relation(home.relation),
        valid_from=home.valid_from,
        valid_to=home.valid_to,
        source=_source_of(home),
        entered_by=home.entered_by,
    )


def _source_of(row: Row[*tuple[Any, ...]]) -> Source:
    return Source(SourceKind(row.source_kind), row.source_title, row.source_id)


async def who_lived_at(
    connection: AsyncConnection, home_id: UUID
) -> Sequence[tuple[UUID, Residence]]:
    """Everybody ever registered in a home, the newest first."""
    rows_ = await connection.execute(
        select(residence_table)
        .where(r.home_id == home_id)
        .order_by(r.valid_to.desc().nulls_first(), r.valid_from.desc(), r.id)
    )
    return [(row.person_id, _residence(row)) for row in rows_]


def living_now(now: datetime) -> Select[UUID, UUID, UUID, str, Sequence[UUID]]:
    """Who lives where: `person_id`, `home_id`, `estate_id`, `home_title`, `home_path`."""
    return select(r.person_id, r.home_id, r.estate_id, r.home_title, r.home_path).where(
        r.valid_from <= now, or_(r.valid_to.is_(None), r.valid_to > now)
    )
