"""Verbs of opening balances. Rights to enter are checked by who calls."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from linli.directory.balances import policy, store
from linli.directory.balances.contracts import BalanceSearch, OpeningBalance, OpeningEntry, Sums
from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import place_of, places_named
from linli.directory.sources.contracts import CLERK, Entered, Source
from linli.directory.sources.public import LaterWork, told_by
from linli.kernel.errors import BadInput, FieldFault, Forbidden, NotFound
from linli.kernel.money import yuan_said
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

SEE = "see_arrears"
MANAGE = "manage_arrears"


async def enter(
    work: Work, estate_id: UUID, entries: Sequence[OpeningEntry], source: Source
) -> Entered:
    """Enter lines: all of them or none. One that is there with the same amount is left as it is.

    Raises:
        BadInput: names the lines (`0.amount`) that are wrong, or there with another amount.
    """
    await _alone(work, estate_id)
    today = work.now.astimezone(SHANGHAI).date()
    homes = await places_named(work, [one.home_id for one in entries])
    known = {
        policy.key_of(_entry(one)): (one.fen, one.comes_to)
        for one in await store.of_homes(work.connection, {one.home_id for one in entries})
        if one.corrects is None
    }
    faults: list[FieldFault] = []
    rows: list[dict[str, object]] = []
    for at, entry in enumerate(entries):
        home = homes.get(entry.home_id)
        if home is None or home.estate_id != estate_id or home.kind is not PlaceKind.HOME:
            words = "没有这套房屋，或者它不在这个小区"
            faults.append(FieldFault(f"{at}.home_id", words))
            continue
        try:
            policy.check_entry(entry, today)
        except BadInput as wrong:
            faults.append(FieldFault(f"{at}.{wrong.field}", wrong.message))
            continue
        before = known.get(policy.key_of(entry))
        if before is None:
            known[policy.key_of(entry)] = (entry.fen, entry.fen)
            rows.append(_row(work, estate_id, entry, None, source))
        elif entry.fen not in before:
            said = f"这一项已经登记为 {yuan_said(before[1])}；要改请在“期初欠费”里更正"
            faults.append(FieldFault(f"{at}.amount", said))
    if faults:
        raise BadInput("有些行不能登记", field="entries", faults=tuple(faults))
    await store.add(work.connection, rows)
    return Entered(created=len(rows), unchanged=len(entries) - len(rows))


async def correct(work: Work, balance_id: UUID, right: int, reason: str) -> OpeningBalance:
    """Let a line come to the right amount by one more line; the line itself stays as it is.

    Raises:
        NotFound: out of sight.
        Forbidden: the actor does not manage opening balances there.
        BadInput: see `policy.correction`.
    """
    line = await store.find(work.connection, balance_id)
    if line is None:
        raise NotFound
    if not work.scope.may(MANAGE, line.estate_id):
        raise Forbidden
    await _alone(work, line.estate_id)
    line = await _still(work, balance_id)
    fen = policy.correction(line, right, reason)
    home = await place_of(work, line.home_id)
    entry = OpeningEntry(
        line.home_id, line.item, line.since, line.until, fen, line.as_of, reason.strip()
    )
    await store.add(work.connection, [_row(work, line.estate_id, entry, line.id, CLERK)])
    await record(
        work,
        action=Action.BASE_CHANGED,
        subject_kind="home",
        subject_id=line.home_id,
        subject_title=f"{home.path} 期初{line.item} 更正为 {yuan_said(right)}",
        reason=reason.strip(),
        estate_id=line.estate_id,
    )
    return await _still(work, balance_id)


async def find(
    work: Work, search: BalanceSearch, *, most: int, skip: int
) -> tuple[Sequence[OpeningBalance], Sums]:
    """Lines in sight, and what all that match come to."""
    lines = await store.page(work.connection, search, most=most, skip=skip)
    return lines, await store.sums(work.connection, search)


async def items(work: Work, estate_id: UUID | None) -> Sequence[str]:
    """What the lines in sight are for."""
    return await store.items(work.connection, estate_id)


async def withdraw(work: Work, source_id: UUID) -> int:
    """Take back what an import entered; answers how many lines.

    Raises:
        LaterWork: some were corrected since.
    """
    found = await store.of_source(work.connection, source_id)
    later = [one for one in found if one.comes_to != one.fen]
    if later:
        words = f"有 {len(later)} 行期初欠费在导入以后更正过，不能整批撤销"
        raise LaterWork(words)
    return await store.remove(work.connection, [one.id for one in found])


async def _still(work: Work, balance_id: UUID) -> OpeningBalance:
    line = await store.find(work.connection, balance_id)
    if line is None:
        raise NotFound
    return line


async def _alone(work: Work, estate_id: UUID) -> None:
    """Whoever enters or corrects in an estate waits for whoever does so already."""
    await work.connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"balances {estate_id}", 0)))
    )


def _entry(line: OpeningBalance) -> OpeningEntry:
    return OpeningEntry(line.home_id, line.item, line.since, line.until, line.fen, line.as_of)


def _row(
    work: Work, estate_id: UUID, entry: OpeningEntry, corrects: UUID | None, source: Source
) -> dict[str, object]:
    return {
        "id": work.new_id(),
        "estate_id": estate_id,
        "home_id": entry.home_id,
        "item": entry.item.strip(),
        "since": entry.since,
        "until": entry.until,
        "fen": entry.fen,
        "as_of": entry.as_of,
        "note": entry.note.strip(),
        "corrects": corrects,
        **told_by(work, source),
    }
