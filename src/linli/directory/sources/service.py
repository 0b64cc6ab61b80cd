"""Verbs of sources."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Table, select

from linli.directory.sources import policy, store
from linli.directory.sources.contracts import Entered, Source, Version
from linli.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Register:
    """A table of facts, and what makes two entries the same one.

    `key` makes of a row's values what people call it; it is told in refusals.
    """

    table: Table
    natural: tuple[str, ...]
    key: Callable[[Mapping[str, object]], str]


def told_by(work: Work, source: Source) -> dict[str, object]:
    """The columns that say where a row came from."""
    return {
        "source_kind": source.kind.value,
        "source_title": source.title,
        "source_id": source.id,
        "entered_by": work.actor.name,
        "entered_at": work.now,
    }


async def enter_rows(
    work: Work, register: Register, rows: Sequence[Mapping[str, object]], source: Source
) -> Entered:
    """Enter facts by their natural keys: new ones are added, others brought up to date.

    The same rows again change nothing. Every row carries the same columns; ids are made here
    unless given. What was replaced stays among the former versions.

    Raises:
        TwiceInList: a natural key stands twice among the rows.
    """
    if not rows:
        return Entered()
    keys = [register.key(row) for row in rows]
    policy.once_each((repr([row[name] for name in register.natural]) for row in rows), keys[0])
    told = told_by(work, source)
    made = [{"id": work.new_id(), **row, **told} for row in rows]
    changed = await store.enter(work.connection, register.table, made, register.natural)
    created = sum(1 for _, version in changed if version == 1)
    return Entered(
        created=created,
        updated=len(changed) - created,
        unchanged=len(rows) - len(changed),
        ids=await _ids(work, register, made),
    )


async def _ids(
    work: Work, register: Register, rows: Sequence[Mapping[str, object]]
) -> Mapping[str, UUID]:
    """The ids under which the rows lie now, by what people call them."""
    table, natural = register.table, register.natural
    first = natural[0]
    wanted = {row[first] for row in rows}
    found = await work.connection.execute(
        select(table.c.id, *(table.c[name] for name in natural)).where(
            table.c[first].in_(list(wanted))
        )
    )
    by_key: dict[tuple[object, ...], UUID] = {tuple(row[1:]): row[0] for row in found}
    return {
        register.key(row): by_key[key]
        for row in rows
        if (key := tuple(row[name] for name in natural)) in by_key
    }


async def fresh_codes(work: Work, estate_code: str, letter: str, many: int) -> tuple[str, ...]:
    """That many stable codes nobody has yet (`YG-R000123`)."""
    made = await store.numbers(work.connection, many)
    return tuple(policy.code_for(estate_code, letter, number) for number in made)


async def versions_of(work: Work, table: Table, row_id: UUID) -> tuple[Version, ...]:
    """Every version of a fact, newest first; nothing when it is out of sight."""
    now = await store.present(work.connection, table.name, row_id)
    if now is None:
        return ()
    return policy.versions((*await store.former(work.connection, table.name, row_id), now))
