"""Two records, one person: look for them, make them one, and take that back.

Nothing is merged by itself. A merge moves every row that names the one person to the other and
fills in what was missing; what it did is kept, sealed, so that undoing it leaves everything as if
it had never been.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Table, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from linli.directory.people import policy, store
from linli.directory.people.contracts import (
    Merge,
    Person,
    Twin,
    TwinReason,
    TwinState,
)
from linli.directory.people.models import (
    merge_table,
    person_table,
    search_table,
    twin_table,
)
from linli.directory.people.service import MANAGE, people_named
from linli.directory.sources.contracts import CLERK, Source
from linli.directory.sources.public import told_by
from linli.kernel.database import among, metadata
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.kernel.scope import MACHINE
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.looks.contracts import reason_given
from linli.support.sealing.ports import Cipher

UNDO = "directory_person_merge.undo"
MOVED_ELSEWHERE = frozenset({person_table.name, search_table.name, twin_table.name})
"""Tables that name people and are brought right in other ways than by moving their rows."""

t = twin_table.c
m = merge_table.c
n = person_table.c

FILLED = ("phone_sealed", "phone_hash", "phone_tail_hash", "id_number_sealed", "id_number_hash")
FIND = """
WITH mine AS (
    SELECT id, estate_id, name, pinyin, birth_date, phone_tail_hash, id_number_hash
    FROM directory_person
    WHERE merged_into IS NULL AND (CAST(:estate AS uuid) IS NULL OR estate_id = :estate)
), pairs AS (
    SELECT a.id AS one, b.id AS other, 'id_number' AS reason
    FROM mine AS a JOIN mine AS b ON a.id_number_hash = b.id_number_hash AND a.id < b.id
    UNION ALL
    SELECT a.id, b.id, 'name_birth_phone'
    FROM mine AS a JOIN mine AS b
      ON a.name = b.name AND a.birth_date = b.birth_date
     AND a.phone_tail_hash = b.phone_tail_hash AND a.id < b.id
    UNION ALL
    SELECT a.id, b.id, CASE WHEN a.name = b.name THEN 'name_home' ELSE 'sound_home' END
    FROM directory_residence AS r
    JOIN directory_residence AS q ON q.home_id = r.home_id AND r.person_id < q.person_id
    JOIN mine AS a ON a.id = r.person_id
    JOIN mine AS b ON b.id = q.person_id AND a.pinyin = b.pinyin
)
SELECT p.one, p.other, a.estate_id, array_agg(DISTINCT p.reason) AS reasons
FROM pairs AS p JOIN mine AS a ON a.id = p.one JOIN mine AS b ON b.id = p.other
WHERE NOT EXISTS (
    SELECT FROM directory_person_twin AS known
    WHERE known.left_id = p.one AND known.right_id = p.other
)
-- Two different identity numbers are two people, whatever else is alike.
AND (a.id_number_hash = b.id_number_hash) IS NOT FALSE
GROUP BY p.one, p.other, a.estate_id
LIMIT :most
"""


class SamePerson(BadInput):
    code = "same_person"
    text = "请选择两条不同的人员记录"


class TwoNumbers(BadInput):
    code = "two_numbers"
    text = "两条记录的身份证号不同，不能合并"


class MovedOn(IllegalMove):
    code = "moved_on"
    text = "合并之后又有别的合并动过这两条记录，请先撤销后来的合并"


Wired = str | list[str] | None
"""A column's value as it is kept for undoing."""


class Undo(msgspec.Struct, frozen=True):
    """What a merge did: rows moved (table, column, id), columns as they were and became."""

    moved: list[tuple[str, str, UUID]]
    filled: dict[str, Wired]
    became: dict[str, Wired]


@dataclass(frozen=True, slots=True)
class TwinPage:
    """Some pairs; `total` counts all of that state."""

    rows: tuple[Twin, ...]
    total: int


async def look_for_twins(work: Work, estate_id: UUID | None = None, *, most: int = 5_000) -> int:
    """Find records that look like one person and note them; answers how many pairs are new."""
    found = (await work.connection.execute(text(FIND), {"estate": estate_id, "most": most})).all()
    if found:
        await work.connection.execute(
            insert(twin_table),
            [
                {
                    "id": work.new_id(),
                    "estate_id": row.estate_id,
                    "left_id": row.one,
                    "right_id": row.other,
                    "reasons": sorted(row.reasons),
                    "state": TwinState.OPEN.value,
                    "found_at": work.now,
                }
                for row in found
            ],
        )
    return len(found)


async def list_twins(
    work: Work,
    cipher: Cipher,
    *,
    state: TwinState = TwinState.OPEN,
    estate_id: UUID | None = None,
    most: int = 50,
    skip: int = 0,
) -> TwinPage:
    """Pairs of a state, the newest first, masked, with the reasons."""
    wanted = select(twin_table).where(t.state == state.value)
    if estate_id is not None:
        wanted = wanted.where(t.estate_id == estate_id)
    total = await work.connection.scalar(select(func.count()).select_from(wanted.subquery()))
    rows = (
        await work.connection.execute(
            wanted.order_by(t.found_at.desc(), t.id).limit(most).offset(skip)
        )
    ).all()
    people = await people_named(
        work, cipher, [one for row in rows for one in (row.left_id, row.right_id)]
    )
    merges = await _merges_of(work, [row.left_id for row in rows] + [row.right_id for row in rows])
    return TwinPage(
        rows=tuple(
            Twin(
                id=row.id,
                left=people[row.left_id],
                right=people[row.right_id],
                reasons=tuple(TwinReason(reason) for reason in row.reasons),
                state=TwinState(row.state),
                found_at=row.found_at,
                decided_at=row.decided_at,
                decided_by=row.decided_by,
                merge_id=merges.get(frozenset({row.left_id, row.right_id})),
            )
            for row in rows
            if row.left_id in people and row.right_id in people
        ),
        total=int(total or 0),
    )


async def _merges_of(work: Work, ids: Sequence[UUID]) -> Mapping[frozenset[UUID], UUID]:
    rows = await work.connection.execute(
        select(m.id, m.kept_id, m.gone_id).where(among(m.gone_id, ids), m.undone_at.is_(None))
    )
    return {frozenset({row.kept_id, row.gone_id}): row.id for row in rows}


async def tell_apart(work: Work, cipher: Cipher, twin_id: UUID) -> None:
    """Note that a pair is two people; it is not shown again.

    Raises:
        NotFound: no such pair in sight.
        IllegalMove: it was decided already.
    """
    row = (
        await work.connection.execute(select(twin_table).where(t.id == twin_id).with_for_update())
    ).first()
    if row is None:
        raise NotFound
    if row.state != TwinState.OPEN.value:
        raise IllegalMove("这一对已经处理过了")
    left, right = await _two(work, cipher, row.left_id, row.right_id)
    _may_manage(work, {left.estate_id, right.estate_id})
    await _decide(work, {row.left_id, row.right_id}, TwinState.DIFFERENT)
    await _audited(work, Action.TWINS_DIFFER, left, right)


async def merge_people(
    work: Work,
    cipher: Cipher,
    *,
    kept_id: UUID,
    gone_id: UUID,
    reason: str,
    source: Source = CLERK,
) -> Merge:
    """Make two records one: everything that names the one names the other from now on.

    What the kept record lacks (phone, identity number, birth, tags) is taken from the other.

    Raises:
        NotFound: one of them is out of sight.
        SamePerson: it is the same record, or one was merged away before.
        TwoNumbers: they have different identity numbers.
        Forbidden: the actor does not manage people in all their estates.
        ReasonNeeded: no reason was given.
    """
    given = reason_given(reason)
    if kept_id == gone_id:
        raise SamePerson(field="gone_id")
    kept, gone = await _two(work, cipher, kept_id, gone_id)
    if kept.merged_into or gone.merged_into:
        raise SamePerson("其中一条已经合并过了", field="gone_id")
    before = await _columns(work, kept_id)
    other = await _columns(work, gone_id)
    # Of both all estates: what lies out of reach could not be moved along.
    _may_manage(work, {*before["estate_ids"], *other["estate_ids"]})
    if kept.id_number and gone.id_number and kept.id_number != gone.id_number:
        raise TwoNumbers(field="gone_id")
    moved = await _moved(work, gone_id, kept_id)
    filled: dict[str, object] = {
        name: other[name] for name in FILLED if before[name] is None and other[name] is not None
    }
    if before["birth_date"] is None and other["birth_date"] is not None:
        filled["birth_date"] = other["birth_date"]
    tags = sorted({*before["tags"], *other["tags"]})
    if tags != sorted(before["tags"]):
        filled["tags"] = tags
    estates = sorted({*before["estate_ids"], *other["estate_ids"]}, key=str)
    if estates != sorted(before["estate_ids"], key=str):
        filled["estate_ids"] = estates
    told = told_by(work, source)
    await store.change(work.connection, kept_id, filled, told)
    await store.change(work.connection, gone_id, {"merged_into": kept_id}, told)
    merge = Merge(work.new_id(), kept_id, gone_id, given, work.now, work.actor.name, None, None)
    undo = Undo(
        moved=moved,
        filled={name: _wired(before[name]) for name in filled},
        became={name: _wired(value) for name, value in filled.items()},
    )
    await work.connection.execute(
        insert(merge_table).values(
            id=merge.id,
            estate_id=kept.estate_id,
            kept_id=kept_id,
            gone_id=gone_id,
            reason=given,
            merged_at=merge.merged_at,
            merged_by=merge.merged_by,
            undo_sealed=cipher.seal(msgspec.json.encode(undo).decode(), binding=UNDO),
        )
    )
    await _decide(work, {kept_id, gone_id}, TwinState.MERGED)
    await store.reindex(work.connection, [kept_id, gone_id], work.now)
    await _audited(work, Action.PEOPLE_MERGED, kept, gone, reason=given)
    return merge


async def undo_merge(work: Work, cipher: Cipher, merge_id: UUID, source: Source = CLERK) -> Merge:
    """Take a merge back: the two records are again what they were.

    What was changed of the kept record since then stays; only what the merge itself filled in and
    nobody touched is emptied again.

    Raises:
        NotFound: no such merge in sight.
        IllegalMove: it was taken back already.
        MovedOn: one of the two was merged again since.
    """
    row = (
        await work.connection.execute(select(merge_table).where(m.id == merge_id).with_for_update())
    ).first()
    if row is None:
        raise NotFound
    if row.undone_at is not None:
        raise IllegalMove("这次合并已经撤销了")
    kept, gone = await _two(work, cipher, row.kept_id, row.gone_id)
    _may_manage(work, (await _columns(work, kept.id))["estate_ids"])
    if kept.merged_into is not None or gone.merged_into != kept.id:
        raise MovedOn
    undo = msgspec.json.decode(cipher.open(row.undo_sealed, binding=UNDO), type=Undo)
    for table, column, row_id in undo.moved:
        moved = metadata.tables[table]
        await work.connection.execute(
            update(moved)
            .where(moved.c.id == row_id, moved.c[column] == kept.id)
            .values({column: gone.id})
        )
    now = await _columns(work, kept.id)
    emptied = {
        name: _unwired(name, was)
        for name, was in undo.filled.items()
        if _wired(now[name]) == undo.became[name]
    }
    told = told_by(work, source)
    await store.change(work.connection, kept.id, emptied, told)
    await store.change(work.connection, gone.id, {"merged_into": None}, told)
    await work.connection.execute(
        update(merge_table)
        .where(m.id == merge_id)
        .values(undone_at=work.now, undone_by=work.actor.name)
    )
    await _decide(work, {kept.id, gone.id}, TwinState.OPEN)
    await store.reindex(work.connection, [kept.id, gone.id], work.now)
    await _audited(work, Action.MERGE_UNDONE, kept, gone)
    return _merge(row, undone_at=work.now, undone_by=work.actor.name)


async def merges_of(work: Work, person_id: UUID) -> tuple[Merge, ...]:
    """The merges a person took part in, the newest first."""
    rows = await work.connection.execute(
        select(merge_table)
        .where((m.kept_id == person_id) | (m.gone_id == person_id))
        .order_by(m.merged_at.desc())
    )
    return tuple(_merge(row, undone_at=row.undone_at, undone_by=row.undone_by) for row in rows)


def _merge(row: Any, *, undone_at: Any, undone_by: str | None) -> Merge:  # noqa: ANN401 - a row
    return Merge(
        row.id,
        row.kept_id,
        row.gone_id,
        row.reason,
        row.merged_at,
        row.merged_by,
        undone_at,
        undone_by,
    )


async def _moved(work: Work, gone_id: UUID, kept_id: UUID) -> list[tuple[str, str, UUID]]:
    """Point every row that names the one person to the other; answers what was moved.

    A row that the other has in its own right (the same home since the same day) stays where it is.
    """
    moved: list[tuple[str, str, UUID]] = []
    for table, column in naming_people():
        rows = await work.connection.scalars(select(table.c.id).where(table.c[column] == gone_id))
        for row_id in rows.all():
            try:
                async with work.connection.begin_nested():
                    await work.connection.execute(
                        update(table).where(table.c.id == row_id).values({column: kept_id})
                    )
            except IntegrityError:
                continue
            moved.append((str(table.name), column, row_id))
    return moved


def naming_people() -> list[tuple[Table, str]]:
    """Every column that refers to a person, of every context there is."""
    return [
        (table, str(key.parent.name))
        for table in metadata.sorted_tables
        if table.name not in MOVED_ELSEWHERE and "id" in table.c
        for key in sorted(table.foreign_keys, key=lambda one: one.parent.name)
        if key.column.table is person_table
    ]


async def _columns(work: Work, person_id: UUID) -> Mapping[str, Any]:
    row = (
        (await work.connection.execute(select(person_table).where(n.id == person_id)))
        .mappings()
        .one()
    )
    return dict(row)


def _wired(value: object) -> Wired:
    match value:
        case bytes():
            return value.hex()
        case list():
            items: list[object] = list(value)  # pyright: ignore[reportUnknownArgumentType] - of any kind
            return [str(one) for one in items]
        case None:
            return None
        case _:
            return str(value)


def _unwired(name: str, value: Wired) -> object:
    if not isinstance(value, str):
        return [UUID(one) for one in value] if value and name == "estate_ids" else value
    if name in FILLED:
        return bytes.fromhex(value)
    if name == "birth_date":
        return policy.day(value)
    return value


async def _two(work: Work, cipher: Cipher, one: UUID, other: UUID) -> tuple[Person, Person]:
    # Always in the same order: two who merge the same pair wait for one another.
    found = {
        each: await store.person(work.connection, cipher, each, lock=True)
        for each in sorted((one, other))
    }
    first, second = found[one], found[other]
    if first is None or second is None:
        raise NotFound
    if policy.TOMBSTONE in {first.name, second.name}:
        raise policy.Erased
    return first, second


def _may_manage(work: Work, estates: Collection[UUID]) -> None:
    if work.actor.kind != MACHINE.kind and not work.scope.estates_for(MANAGE).issuperset(estates):
        raise Forbidden


async def _decide(work: Work, pair: Collection[UUID], state: TwinState) -> None:
    left, right = sorted(pair)
    reopened = state is TwinState.OPEN
    await work.connection.execute(
        update(twin_table)
        .where(t.left_id == left, t.right_id == right)
        .values(
            state=state.value,
            decided_at=None if reopened else work.now,
            decided_by=None if reopened else work.actor.name,
        )
    )


async def _audited(
    work: Work, action: Action, kept: Person, gone: Person, *, reason: str | None = None
) -> None:
    await record(
        work,
        action=action,
        subject_kind="person",
        subject_id=kept.id,
        subject_title=f"{policy.masked_name(kept.name)} · {policy.masked_name(gone.name)}",
        reason=reason,
        estate_id=kept.estate_id,
    )


__all__ = [
    "MovedOn",
    "SamePerson",
    "TwinPage",
    "TwoNumbers",
    "list_twins",
    "look_for_twins",
    "merge_people",
    "merges_of",
    "naming_people",
    "tell_apart",
    "undo_merge",
]
