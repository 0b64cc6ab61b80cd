"""SQL of key people, nothing else. Sealing and opening happen here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    any_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.key_people.contracts import (
    Absence,
    Basis,
    Carer,
    Due,
    Entry,
    EntryState,
    Finding,
    KeyPerson,
    KeySearch,
    Outcome,
    Position,
    Problem,
    Rate,
    Risk,
    Secrets,
    Step,
    ToldBy,
    Visit,
    VisitLine,
    VisitSearch,
)
from linli.directory.key_people.models import (
    absence_table,
    entry_table,
    key_person_table,
    medical_table,
    story_table,
    visit_table,
)
from linli.directory.key_people.policy import titles
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import on_in
from linli.directory.people.public import living_now
from linli.kernel.database import among
from linli.kernel.time import SHANGHAI
from linli.support.sealing.ports import Cipher

DOOR = "directory_key_person.door"
CARERS = "directory_key_person.carers"
MEDICAL = "directory_key_medical.words"
VISIT_WORDS = "directory_key_visit.words"
RATED_DAYS = 30

k = key_person_table.c
e = entry_table.c
v = visit_table.c
a = absence_table.c

ACTIVE = func.cardinality(k.categories) > 0
_IN_USE = on_in(k.estate_id, Module.KEY_PEOPLE)

Told = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a list is asked for: the search, this day, who is found by its words (None: no words).

    `estates` are those whose people are wanted.
    """

    search: KeySearch
    today: date
    estates: Collection[UUID]
    people: Select[UUID] | None = None


def _key_person(row: Row[*tuple[Any, ...]]) -> KeyPerson:
    return KeyPerson(
        id=row.id,
        estate_id=row.estate_id,
        person_id=row.person_id,
        home_id=row.home_id,
        categories=tuple(row.categories),
        risk=Risk(row.risk),
        risk_by_hand=row.risk_by_hand,
        risk_reasons=tuple(row.risk_reasons),
        every_days=row.every_days,
        visitor_id=row.visitor_id,
        visitor_name=row.visitor_name,
        last_visit_at=row.last_visit_at,
        next_visit_on=row.next_visit_on,
        away_until=row.away_until,
        version=row.version,
        created_at=row.created_at,
    )


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    return Entry(
        id=row.id,
        category=row.category,
        title=titles().get(row.category, row.category),
        basis=Basis(row.basis),
        basis_words=row.basis_words,
        since=row.since,
        review_on=row.review_on,
        expires_on=row.expires_on,
        state=EntryState(row.state),
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        entered_by=row.entered_by,
        version=row.version,
    )


def _visit(row: Row[*tuple[Any, ...]], cipher: Cipher) -> Visit:
    stood = row.latitude is not None
    return Visit(
        id=row.id,
        key_person_id=row.key_person_id,
        estate_id=row.estate_id,
        visitor_id=row.visitor_id,
        visitor_name=row.visitor_name,
        visited_at=row.visited_at,
        received_at=row.received_at,
        outcome=Outcome(row.outcome),
        findings=tuple(Finding(one) for one in row.findings),
        words=cipher.open(row.words_sealed, binding=VISIT_WORDS) if row.words_sealed else "",
        file_ids=tuple(row.file_ids),
        position=Position(row.latitude, row.longitude, row.accuracy) if stood else None,
        problem=row.problem,
    )


def _absence(row: Row[*tuple[Any, ...]]) -> Absence:
    return Absence(
        id=row.id,
        since=row.since,
        until=row.until,
        whereto=row.whereto,
        told_by=ToldBy(row.told_by),
        noted_by=row.noted_by,
        noted_at=row.noted_at,
        ended_at=row.ended_at,
    )


# ── lists ──


def _due(due: Due, today: date) -> ColumnElement[bool]:
    match due:
        case Due.LEFT:
            return ~ACTIVE
        case Due.OVERDUE:
            return and_(ACTIVE, k.next_visit_on < today)
        case Due.TODAY:
            return and_(ACTIVE, k.next_visit_on <= today)
        case Due.WEEK:
            return and_(ACTIVE, k.next_visit_on <= today + timedelta(days=7))
        case Due.AWAY:
            return and_(ACTIVE, k.away_until >= today)
        case Due.REVIEW:
            return and_(ACTIVE, k.review_on <= today)
        case Due.UNPLANNED:
            return and_(ACTIVE, or_(k.every_days.is_(None), k.visitor_id.is_(None)))
        case Due.ALL:
            return ACTIVE


def _wanted(looked: Looked) -> list[ColumnElement[bool]]:
    search = looked.search
    conditions = [among(k.estate_id, looked.estates), _IN_USE, _due(search.due, looked.today)]
    if search.category is not None:
        conditions.append(literal(search.category) == any_(k.categories))
    if search.risk is not None:
        conditions.append(k.risk == search.risk.value)
    if search.visitor_id is not None:
        conditions.append(k.visitor_id == search.visitor_id)
    if looked.people is not None:
        conditions.append(k.person_id.in_(looked.people))
    return conditions


async def found(
    connection: AsyncConnection, looked: Looked, *, most: int, skip: int
) -> Sequence[KeyPerson]:
    """People a list shows, those first to whom somebody should go first."""
    rows = await connection.execute(
        select(key_person_table)
        .where(*_wanted(looked))
        .order_by(k.next_visit_on.nulls_last(), k.id)
        .limit(most)
        .offset(skip)
    )
    return [_key_person(row) for row in rows]


async def counted(connection: AsyncConnection, looked: Looked, *, most: int) -> int:
    """How many a list holds, at most `most`."""
    few = select(k.id).where(*_wanted(looked)).limit(most).subquery()
    return int(await connection.scalar(select(func.count()).select_from(few)) or 0)


async def counts(
    connection: AsyncConnection, estates: Collection[UUID], today: date
) -> Mapping[Due, int]:
    """How many people each list holds, in one pass."""
    kinds = [one for one in Due if one is not Due.LEFT]
    row = (
        await connection.execute(
            select(*(func.count().filter(_due(one, today)) for one in kinds)).where(
                among(k.estate_id, estates), _IN_USE
            )
        )
    ).one()
    return dict(zip(kinds, row, strict=True))


async def rates(
    connection: AsyncConnection, estates: Collection[UUID], now: datetime, today: date
) -> Sequence[Rate]:
    """Every visitor who is planned or has visited lately, the one with most overdue first."""
    planned = await connection.execute(
        select(
            k.visitor_id,
            func.max(k.visitor_name).label("name"),
            func.count().label("people"),
            func.count().filter(k.next_visit_on < today).label("overdue"),
        )
        .where(among(k.estate_id, estates), _IN_USE, ACTIVE, k.every_days.is_not(None))
        .group_by(k.visitor_id)
    )
    made: dict[UUID | None, Rate] = {
        row.visitor_id: Rate(row.visitor_id, row.name, row.people, row.overdue, 0, 0)
        for row in planned
    }
    done = await connection.execute(
        select(
            v.visitor_id,
            func.max(v.visitor_name).label("name"),
            func.count().label("visits"),
            func.count().filter(v.outcome == Outcome.MET.value).label("met"),
        )
        .where(
            among(v.estate_id, estates),
            on_in(v.estate_id, Module.KEY_PEOPLE),
            v.visited_at > now - timedelta(days=RATED_DAYS),
        )
        .group_by(v.visitor_id)
    )
    for row in done:
        old = made.get(row.visitor_id)
        made[row.visitor_id] = Rate(
            row.visitor_id,
            old.visitor_name if old and old.visitor_name else row.name,
            old.people if old else 0,
            old.overdue if old else 0,
            row.visits,
            row.met,
        )
    return sorted(made.values(), key=lambda one: (-one.overdue, -one.people, one.visitor_name))


# ── one record ──


async def key_person(
    connection: AsyncConnection, key_id: UUID, *, lock: bool = False
) -> KeyPerson | None:
    wanted = select(key_person_table).where(k.id == key_id)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).first()
    return _key_person(row) if row else None


async def at_homes(connection: AsyncConnection, homes: Collection[UUID]) -> Sequence[KeyPerson]:
    rows = await connection.execute(
        select(key_person_table).where(among(k.home_id, homes), _IN_USE, ACTIVE).order_by(k.id)
    )
    return [_key_person(row) for row in rows]


async def entries_of(connection: AsyncConnection, key_id: UUID) -> Sequence[Entry]:
    rows = await connection.execute(
        select(entry_table).where(e.key_person_id == key_id).order_by(e.state, e.since.desc(), e.id)
    )
    return [_entry(row) for row in rows]


async def entry_locked(connection: AsyncConnection, key_id: UUID, entry_id: UUID) -> Entry | None:
    row = (
        await connection.execute(
            select(entry_table).where(e.id == entry_id, e.key_person_id == key_id).with_for_update()
        )
    ).first()
    return _entry(row) if row else None


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """What of a category is kept when a list is entered again."""

    since: date
    review_on: date


async def known_entries(
    connection: AsyncConnection, people: Collection[UUID]
) -> Mapping[tuple[UUID, str], KnownEntry]:
    """What is noted of these people, by person and category."""
    rows = await connection.execute(
        select(k.person_id, e.category, e.since, e.review_on)
        .select_from(key_person_table.join(entry_table, e.key_person_id == k.id))
        .where(among(k.person_id, people))
    )
    return {(row[0], row[1]): KnownEntry(row[2], row[3]) for row in rows}


@dataclass(frozen=True, slots=True)
class Noted:
    """What the register says of one category of a person."""

    id: UUID
    basis: Basis
    basis_words: str
    since: date
    expires_on: date | None


async def noted(
    connection: AsyncConnection, people: Collection[UUID]
) -> Mapping[tuple[UUID, str], Noted]:
    """What is noted of these people in full, by person and category."""
    rows = await connection.execute(
        select(k.person_id, e.category, e.id, e.basis, e.basis_words, e.since, e.expires_on)
        .select_from(key_person_table.join(entry_table, e.key_person_id == k.id))
        .where(among(k.person_id, people))
    )
    return {
        (row.person_id, row.category): Noted(
            row.id, Basis(row.basis), row.basis_words, row.since, row.expires_on
        )
        for row in rows
    }


async def listed(connection: AsyncConnection, made: Collection[UUID]) -> Collection[UUID]:
    """The records to which these entries belong."""
    return set((await connection.scalars(select(e.key_person_id).where(among(e.id, made)))).all())


async def worked_on_since(connection: AsyncConnection, made: Collection[UUID]) -> int:
    """How many records of these entries somebody wrote in after the entries were made."""
    t = story_table.c
    later = (
        select(func.count(t.key_person_id.distinct()))
        .select_from(story_table.join(entry_table, e.key_person_id == t.key_person_id))
        .where(among(e.id, made), t.at > e.entered_at)
    )
    return int(await connection.scalar(later) or 0)


async def remove(connection: AsyncConnection, made: Collection[UUID]) -> int:
    """Remove entries, and the records among `made` with what was told of them; how many."""
    entries = await connection.execute(delete(entry_table).where(among(e.id, made)))
    await connection.execute(delete(story_table).where(among(story_table.c.key_person_id, made)))
    keys = await connection.execute(delete(key_person_table).where(among(k.id, made)))
    return entries.rowcount + keys.rowcount


async def change_entry(
    connection: AsyncConnection, entry_id: UUID, values: Mapping[str, object]
) -> None:
    await connection.execute(
        update(entry_table).where(e.id == entry_id).values(**dict(values), version=e.version + 1)
    )


async def visited_by(connection: AsyncConnection, visitor_id: UUID) -> Sequence[tuple[UUID, UUID]]:
    """The records somebody is to visit, with their estates; locked."""
    rows = await connection.execute(
        select(k.id, k.estate_id).where(k.visitor_id == visitor_id).order_by(k.id).with_for_update()
    )
    return [(row.id, row.estate_id) for row in rows]


async def change(connection: AsyncConnection, key_id: UUID, values: Mapping[str, object]) -> None:
    await connection.execute(
        update(key_person_table).where(k.id == key_id).values(**dict(values), version=k.version + 1)
    )


async def gather(connection: AsyncConnection, keys: Collection[UUID]) -> None:
    """Bring the categories and the next review of records in line with their entries."""
    await connection.execute(
        text(
            "UPDATE directory_key_person AS p SET categories = g.codes, review_on = g.review"
            " FROM (SELECT q.id, coalesce(array_agg(CAST(n.category AS text) ORDER BY n.category)"
            "   FILTER (WHERE n.state = 'active'), '{}') AS codes,"
            "   min(n.review_on) FILTER (WHERE n.state = 'active') AS review"
            "  FROM directory_key_person AS q"
            "  LEFT JOIN directory_key_entry AS n ON n.key_person_id = q.id"
            "  WHERE q.id = ANY(CAST(:ids AS uuid[])) GROUP BY q.id) AS g"
            " WHERE p.id = g.id AND (p.categories IS DISTINCT FROM g.codes"
            "  OR p.review_on IS DISTINCT FROM g.review)"
        ),
        {"ids": list(keys)},
    )


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a bulk entry works out of a record."""

    id: UUID
    risk: str
    reasons: Sequence[str]
    every_days: int | None
    next_visit_on: date | None


async def set_fresh(connection: AsyncConnection, fresh: Sequence[Fresh]) -> None:
    """Write risk, plan and due day of many records."""
    if not fresh:
        return
    await connection.execute(
        text(
            "UPDATE directory_key_person AS p SET"
            " risk = CASE WHEN p.risk_by_hand THEN p.risk ELSE f.risk END,"
            " risk_reasons = CASE WHEN p.risk_by_hand THEN p.risk_reasons"
            "  ELSE string_to_array(f.reasons, chr(10)) END,"
            " every_days = f.every_days, next_visit_on = f.next_visit_on"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:risks AS text[]), CAST(:reasons AS text[]),"
            "  CAST(:days AS integer[]), CAST(:next AS date[]))"
            "  AS f(id, risk, reasons, every_days, next_visit_on) WHERE p.id = f.id"
        ),
        {
            "ids": [one.id for one in fresh],
            "risks": [one.risk for one in fresh],
            "reasons": ["\n".join(one.reasons) for one in fresh],
            "days": [one.every_days for one in fresh],
            "next": [one.next_visit_on for one in fresh],
        },
    )


async def keys_of(connection: AsyncConnection, people: Collection[UUID]) -> Sequence[KeyPerson]:
    rows = await connection.execute(select(key_person_table).where(among(k.person_id, people)))
    return [_key_person(row) for row in rows]


# ── what is sealed ──


async def secrets(
    connection: AsyncConnection, cipher: Cipher, key_id: UUID, *, medical: bool
) -> Secrets:
    row = (
        await connection.execute(select(k.door_sealed, k.carers_sealed).where(k.id == key_id))
    ).one()
    words = await connection.scalar(
        select(medical_table.c.words_sealed).where(medical_table.c.key_person_id == key_id)
    )
    notes = cipher.open(words, binding=MEDICAL) if words else ""
    return Secrets(
        carers=_carers(cipher, row.carers_sealed),
        door=cipher.open(row.door_sealed, binding=DOOR) if row.door_sealed else "",
        medical=notes if medical else None,
    )


async def carers_of(
    connection: AsyncConnection, cipher: Cipher, keys: Collection[UUID]
) -> Mapping[UUID, Sequence[Carer]]:
    """Who looks after the people of these records, as written down."""
    rows = await connection.execute(select(k.id, k.carers_sealed).where(among(k.id, keys)))
    return {row.id: _carers(cipher, row.carers_sealed) for row in rows}


def _carers(cipher: Cipher, sealed: bytes | None) -> tuple[Carer, ...]:
    if not sealed:
        return ()
    return msgspec.json.decode(cipher.open(sealed, binding=CARERS), type=tuple[Carer, ...])


def sealed_carers(cipher: Cipher, carers: Sequence[Carer]) -> bytes | None:
    if not carers:
        return None
    return cipher.seal(msgspec.json.encode(list(carers)).decode(), binding=CARERS)


def sealed_door(cipher: Cipher, words: str) -> bytes | None:
    return cipher.seal(words, binding=DOOR) if words else None


async def note_medical(
    connection: AsyncConnection, cipher: Cipher, words: str, row: Mapping[str, object]
) -> None:
    """Note medical words; what stood there before is gone."""
    statement = upsert(medical_table).values(
        **dict(row), words_sealed=cipher.seal(words, binding=MEDICAL)
    )
    kept = ("words_sealed", "consent_words", "noted_by", "noted_at")
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["key_person_id"],
            set_={name: statement.excluded[name] for name in kept},
        )
    )


# ── visits ──


async def add_visit(connection: AsyncConnection, cipher: Cipher, visit: Visit) -> bool:
    """Note a visit; False when it is there already."""
    stood = visit.position
    added = await connection.execute(
        upsert(visit_table)
        .values(
            id=visit.id,
            key_person_id=visit.key_person_id,
            estate_id=visit.estate_id,
            visitor_id=visit.visitor_id,
            visitor_name=visit.visitor_name,
            visited_at=visit.visited_at,
            received_at=visit.received_at,
            outcome=visit.outcome.value,
            findings=[one.value for one in visit.findings],
            words_sealed=cipher.seal(visit.words, binding=VISIT_WORDS) if visit.words else None,
            file_ids=list(visit.file_ids),
            latitude=stood.latitude if stood else None,
            longitude=stood.longitude if stood else None,
            accuracy=stood.accuracy if stood else None,
            problem=visit.problem,
            problem_words=visit.words if visit.problem else "",
        )
        .on_conflict_do_nothing()
        .returning(v.id)
    )
    return added.first() is not None


async def visit(connection: AsyncConnection, cipher: Cipher, visit_id: UUID) -> Visit | None:
    row = (await connection.execute(select(visit_table).where(v.id == visit_id))).first()
    return _visit(row, cipher) if row else None


async def take_problem(
    connection: AsyncConnection, visit_id: UUID, now: datetime
) -> Problem | None:
    """The problem of a visit, to the first who asks; None afterwards."""
    row = (
        await connection.execute(
            update(visit_table)
            .where(
                v.id == visit_id,
                v.problem,
                v.problem_taken_at.is_(None),
                k.id == v.key_person_id,
            )
            .values(problem_taken_at=now)
            .returning(
                v.estate_id, k.home_id, v.problem_words, v.file_ids, v.visitor_id, v.visitor_name
            )
        )
    ).first()
    if row is None:
        return None
    return Problem(
        estate_id=row.estate_id,
        home_id=row.home_id,
        words=row.problem_words,
        file_ids=tuple(row.file_ids),
        visitor_id=row.visitor_id,
        visitor_name=row.visitor_name,
    )


async def visits_of(
    connection: AsyncConnection, cipher: Cipher, key_id: UUID, *, most: int
) -> Sequence[Visit]:
    rows = await connection.execute(
        select(visit_table)
        .where(v.key_person_id == key_id)
        .order_by(v.visited_at.desc(), v.id.desc())
        .limit(most)
    )
    return [_visit(row, cipher) for row in rows]


async def visit_lines(
    connection: AsyncConnection, search: VisitSearch, *, most: int, skip: int
) -> tuple[Sequence[VisitLine], int]:
    """Visits of that time, newest first, and how many there are."""
    conditions = [
        on_in(v.estate_id, Module.KEY_PEOPLE),
        v.visited_at >= search.since,
        v.visited_at < search.until,
    ]
    if search.estate_id is not None:
        conditions.append(v.estate_id == search.estate_id)
    if search.visitor_id is not None:
        conditions.append(v.visitor_id == search.visitor_id)
    if search.outcome is not None:
        conditions.append(v.outcome == search.outcome.value)
    if search.problem:
        conditions.append(v.problem)
    total = await connection.scalar(
        select(func.count()).select_from(visit_table).where(*conditions)
    )
    rows = await connection.execute(
        select(
            *(v.id, v.key_person_id, k.person_id, v.visitor_name, v.visited_at, v.received_at),
            *(v.outcome, v.findings, v.problem),
            func.cardinality(v.file_ids).label("photos"),
        )
        .join(key_person_table, k.id == v.key_person_id)
        .where(*conditions)
        .order_by(v.visited_at.desc(), v.id.desc())
        .limit(most)
        .offset(skip)
    )
    lines = [
        VisitLine(
            id=row.id,
            key_person_id=row.key_person_id,
            person_id=row.person_id,
            visitor_name=row.visitor_name,
            visited_at=row.visited_at,
            received_at=row.received_at,
            outcome=Outcome(row.outcome),
            findings=tuple(Finding(one) for one in row.findings),
            photos=row.photos,
            problem=row.problem,
        )
        for row in rows
    ]
    return lines, int(total or 0)


async def last_outcomes(
    connection: AsyncConnection, key_id: UUID, *, most: int
) -> Sequence[Outcome]:
    """How the last visits went, newest first."""
    rows = await connection.scalars(
        select(v.outcome)
        .where(v.key_person_id == key_id)
        .order_by(v.visited_at.desc(), v.id.desc())
        .limit(most)
    )
    return [Outcome(one) for one in rows]


async def last_counting(
    connection: AsyncConnection, key_id: UUID, outcomes: Collection[Outcome]
) -> datetime | None:
    """When somebody was last reached in one of these ways."""
    moment: datetime | None = await connection.scalar(
        select(func.max(v.visited_at)).where(
            v.key_person_id == key_id, v.outcome.in_([one.value for one in outcomes])
        )
    )
    return moment


# ── absences ──


async def add_absence(connection: AsyncConnection, row: Mapping[str, object]) -> None:
    await connection.execute(insert(absence_table).values(dict(row)))


async def end_absence(
    connection: AsyncConnection, key_id: UUID, absence_id: UUID, now: datetime
) -> bool:
    ended = await connection.execute(
        update(absence_table)
        .where(a.id == absence_id, a.key_person_id == key_id, a.ended_at.is_(None))
        .values(ended_at=now)
        .returning(a.id)
    )
    return ended.first() is not None


async def absences_of(connection: AsyncConnection, key_id: UUID) -> Sequence[Absence]:
    rows = await connection.execute(
        select(absence_table)
        .where(a.key_person_id == key_id)
        .order_by(a.ended_at.is_not(None), a.since.desc(), a.id)
        .limit(50)
    )
    return [_absence(row) for row in rows]


async def away_until(connection: AsyncConnection, key_id: UUID, today: date) -> date | None:
    day: date | None = await connection.scalar(
        select(func.max(a.until)).where(
            a.key_person_id == key_id, a.ended_at.is_(None), a.since <= today, a.until >= today
        )
    )
    return day


async def absences_begun(connection: AsyncConnection, today: date) -> Sequence[UUID]:
    """Records whose `away_until` is not what their absences say today."""
    runs = and_(a.ended_at.is_(None), a.since <= today, a.until >= today)
    until = (
        select(func.max(a.until)).where(a.key_person_id == k.id, runs).correlate(key_person_table)
    ).scalar_subquery()
    touched = select(a.key_person_id).where(a.until >= today - timedelta(days=7))
    rows = await connection.scalars(
        select(k.id).where(k.id.in_(touched), k.away_until.is_distinct_from(until))
    )
    return rows.all()


async def away_homes(
    connection: AsyncConnection, homes: Collection[UUID], start: datetime, today: date
) -> Mapping[UUID, date]:
    """Homes in which every key person was away at some time from `start` to today."""
    gone = and_(
        a.key_person_id == k.id,
        a.since <= today,
        a.until >= start.astimezone(SHANGHAI).date(),
        or_(a.ended_at.is_(None), a.ended_at > start),
    )
    rows = await connection.execute(
        select(k.home_id, func.min(a.until).label("until"))
        .select_from(key_person_table.outerjoin(absence_table, gone))
        .where(among(k.home_id, homes), ACTIVE)
        .group_by(k.home_id)
        .having(func.count().filter(a.id.is_(None)) == 0)
    )
    return {row.home_id: row.until for row in rows}


# ── story, time ──


async def tell(connection: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        await connection.execute(insert(story_table), [dict(row) for row in rows])


async def story_of(connection: AsyncConnection, key_id: UUID, *, most: int) -> Sequence[Step]:
    t = story_table.c
    rows = await connection.execute(
        select(t.at, t.by, t.change, t.words)
        .where(t.key_person_id == key_id)
        .order_by(t.at.desc(), t.id.desc())
        .limit(most)
    )
    return [Step(row.at, row.by, row.change, row.words) for row in rows]


async def expired(
    connection: AsyncConnection, today: date, *, most: int
) -> Sequence[tuple[UUID, UUID, UUID, str]]:
    """Categories whose time is over, as (entry, record, estate, category); they end now."""
    due = (
        select(e.id)
        .where(e.state == EntryState.ACTIVE.value, e.expires_on <= today)
        .order_by(e.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = await connection.execute(
        update(entry_table)
        .where(e.id.in_(due))
        .values(state=EntryState.EXPIRED.value, version=e.version + 1)
        .returning(e.id, e.key_person_id, e.estate_id, e.category)
    )
    return [(row.id, row.key_person_id, row.estate_id, row.category) for row in rows]


async def reviews_to_tell(connection: AsyncConnection, today: date) -> Mapping[UUID, int]:
    """By estate, how many records fell due for review and nobody was told; they count as told."""
    rows = await connection.execute(
        update(key_person_table)
        .where(
            ACTIVE,
            _IN_USE,
            k.review_on <= today,
            or_(k.review_told.is_(None), k.review_told < k.review_on),
        )
        .values(review_told=k.review_on)
        .returning(k.estate_id)
    )
    made: dict[UUID, int] = {}
    for row in rows:
        made[row.estate_id] = made.get(row.estate_id, 0) + 1
    return made


async def follow_moves(connection: AsyncConnection, now: datetime) -> int:
    """Bring the homes of records in line with where their people live now; how many moved."""
    lives = living_now(now).subquery("lives")
    newest = (
        select(lives.c.person_id, lives.c.home_id)
        .ext(distinct_on(lives.c.person_id))
        .where(lives.c.person_id.in_(select(k.person_id)))
        .order_by(lives.c.person_id, lives.c.home_id)
        .subquery("newest")
    )
    still = select(lives.c.person_id).where(
        lives.c.person_id == k.person_id, lives.c.home_id == k.home_id
    )
    moved = await connection.execute(
        update(key_person_table)
        .where(
            k.person_id == newest.c.person_id,
            k.home_id.is_distinct_from(newest.c.home_id),
            ~still.exists(),
        )
        .values(home_id=newest.c.home_id)
    )
    return moved.rowcount
