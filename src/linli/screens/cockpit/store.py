"""SQL of the cockpit: it counts what contexts declared, and knows none of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    GenerativeSelect,
    any_,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import paths
from linli.kernel.database import Id, among
from linli.kernel.figures import Figure, Flow, Span
from linli.kernel.time import SHANGHAI
from linli.screens.cockpit.contracts import Ground, Level, Record, Timing, Total
from linli.screens.cockpit.models import count_table, index_table

ZONE = SHANGHAI.key

c = count_table.c
x = index_table.c


async def by_estate(
    connection: AsyncConnection, figures: Sequence[Figure], estates: Sequence[UUID], now: datetime
) -> dict[UUID, dict[str, int]]:
    """How many records each estate has of each figure; those without any are left out."""
    parts: list[GenerativeSelect] = []
    for figure in figures:
        each = figure.records(now).subquery("each")
        parts.append(
            select(
                literal(figure.code).label("figure"),
                each.c.estate_id,
                func.count().label("total"),
            )
            .where(among(each.c.estate_id, estates))
            .group_by(each.c.estate_id)
        )
    found: dict[UUID, dict[str, int]] = {}
    if parts:
        for row in await connection.execute(union_all(*parts)):
            found.setdefault(row.estate_id, {})[row.figure] = row.total
    return found


async def kept(
    connection: AsyncConnection, estates: Sequence[UUID]
) -> dict[UUID, dict[str, Total]]:
    """The numbers of estates that were counted before."""
    rows = await connection.execute(
        select(c.estate_id, c.figure, c.total, c.counted_at).where(among(c.estate_id, estates))
    )
    found: dict[UUID, dict[str, Total]] = {}
    for row in rows:
        found.setdefault(row.estate_id, {})[row.figure] = Total(row.total, row.counted_at)
    return found


async def keep(
    connection: AsyncConnection,
    figures: Sequence[Figure],
    counts: Mapping[UUID, Mapping[str, int]],
    now: datetime,
) -> int:
    """Keep the numbers of these estates; a number that is not given is zero."""
    rows = [
        {
            "estate_id": estate_id,
            "figure": figure.code,
            "needs": figure.needs,
            "total": totals.get(figure.code, 0),
            "counted_at": now,
        }
        for estate_id, totals in counts.items()
        for figure in figures
    ]
    if rows:
        new = insert(count_table)
        await connection.execute(
            new.on_conflict_do_update(
                index_elements=[c.estate_id, c.figure],
                set_={
                    "needs": new.excluded.needs,
                    "total": new.excluded.total,
                    "counted_at": new.excluded.counted_at,
                },
            ),
            rows,
        )
    return len(rows)


async def by_part(
    connection: AsyncConnection, figures: Sequence[Figure], ground: Ground, now: datetime
) -> dict[UUID | None, dict[str, int]]:
    """How many records lie in each part of a ground inside an estate; None: in none of them."""
    parts: list[GenerativeSelect] = []
    for figure in figures:
        each = figure.records(now).subquery("each")
        lies = paths().subquery("lies")
        part: Any = lies.c.path_ids[ground.depth + 1]
        if ground.depth == 1:
            # In a building homes stand beside each other, whatever entrance and floor they have.
            home = lies.c.kind == PlaceKind.HOME.value
            part = case((home, lies.c.id), else_=part)
        wanted = (
            select(
                literal(figure.code).label("figure"),
                part.label("part"),
                func.count().label("total"),
            )
            .join_from(each, lies, lies.c.id == each.c.place_id, isouter=True)
            .where(each.c.estate_id == ground.estates[0])
            .group_by(part)
        )
        parts.append(wanted.where(*_inside(lies, ground)))
    found: dict[UUID | None, dict[str, int]] = {}
    if parts:
        for row in await connection.execute(union_all(*parts)):
            found.setdefault(row.part, {})[row.figure] = row.total
    return found


def _inside(lies: FromClause, ground: Ground) -> list[ColumnElement[bool]]:
    if ground.place_id is None:
        return []
    found: list[ColumnElement[bool]] = [literal(ground.place_id, Id) == any_(lies.c.path_ids)]
    if ground.node.level is Level.PART:
        # A 单元 beside its homes: what is in them is counted there.
        found.append(lies.c.kind != PlaceKind.HOME.value)
    return found


def _within(each: FromClause, lies: FromClause, ground: Ground) -> list[ColumnElement[bool]]:
    return [among(each.c.estate_id, ground.estates), *_inside(lies, ground)]


def _placed(each: FromClause, lies: FromClause, ground: Ground) -> FromClause:
    """The records with their places; where a whole estate is meant, the place is not needed."""
    if ground.place_id is None:
        return each
    return each.outerjoin(lies, lies.c.id == each.c.place_id)


async def records(
    connection: AsyncConnection,
    figure: Figure,
    ground: Ground,
    now: datetime,
    *,
    most: int,
    skip: int,
) -> Sequence[Record]:
    """The records behind a number, the newest first."""
    each = figure.records(now).subquery("each")
    lies = paths().subquery("lies")
    wanted = (
        select(
            each.c.id,
            each.c.title,
            each.c.words,
            each.c.estate_id,
            each.c.at,
            func.coalesce(lies.c.path, "").label("place"),
        )
        .join_from(each, lies, lies.c.id == each.c.place_id, isouter=True)
        .where(*_within(each, lies, ground))
        .order_by(each.c.at.desc().nulls_last(), each.c.id, each.c.place_id)
        .limit(most)
        .offset(skip)
    )
    rows = await connection.execute(wanted)
    return [Record(row.id, row.title, row.words, row.place, row.estate_id, row.at) for row in rows]


async def count_records(
    connection: AsyncConnection, figure: Figure, ground: Ground, now: datetime
) -> int:
    """How many records there are behind a number."""
    each = figure.records(now).subquery("each")
    lies = paths().subquery("lies")
    total = (
        select(func.count())
        .select_from(_placed(each, lies, ground))
        .where(*_within(each, lies, ground))
    )
    return await connection.scalar(total) or 0


async def timings(
    connection: AsyncConnection,
    spans: Sequence[Span],
    ground: Ground,
    since: datetime,
    now: datetime,
) -> tuple[Timing, ...]:
    """Median and ninth tenth of how long things took."""
    parts: list[GenerativeSelect] = []
    for span in spans:
        each = span.spans(since, now).subquery("each")
        lies = paths().subquery("lies")
        seconds = func.greatest(each.c.seconds, 0)
        parts.append(
            select(
                literal(span.code).label("code"),
                func.count().label("times"),
                func.percentile_cont(0.5).within_group(seconds).label("median"),
                func.percentile_cont(0.9).within_group(seconds).label("ninth"),
            )
            .select_from(_placed(each, lies, ground))
            .where(*_within(each, lies, ground))
        )
    if not parts:
        return ()
    return tuple(
        Timing(row.code, row.times, float(row.median), float(row.ninth))
        for row in await connection.execute(union_all(*parts))
        if row.times
    )


async def days(
    connection: AsyncConnection,
    flows: Sequence[Flow],
    ground: Ground,
    since: datetime,
    now: datetime,
) -> dict[str, dict[date, int]]:
    """How often each thing happened on each day, by the calendar of Shanghai."""
    parts: list[GenerativeSelect] = []
    for flow in flows:
        each = flow.moments(since, now).subquery("each")
        lies = paths().subquery("lies")
        day = cast(func.timezone(ZONE, each.c.at), Date)
        parts.append(
            select(literal(flow.code).label("code"), day.label("day"), func.count().label("times"))
            .select_from(_placed(each, lies, ground))
            .where(*_within(each, lies, ground))
            .group_by(day)
        )
    found: dict[str, dict[date, int]] = {}
    if parts:
        for row in await connection.execute(union_all(*parts)):
            found.setdefault(row.code, {})[row.day] = row.times
    return found


async def keep_indexes(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the day's indexes; a later one of the same day takes the place of the earlier."""
    if not rows:
        return
    new = insert(index_table)
    await connection.execute(
        new.on_conflict_do_update(
            index_elements=[x.estate_id, x.day],
            set_={name: new.excluded[name] for name in ("formula", "counts", "score", "made_at")},
        ),
        list(rows),
    )


async def newest_scores(
    connection: AsyncConnection, estates: Iterable[UUID], day: date
) -> dict[UUID, Fraction]:
    """The day's index of each estate that has one."""
    rows = await connection.execute(
        select(x.estate_id, x.score).where(among(x.estate_id, estates), x.day == day)
    )
    return {row.estate_id: Fraction(row.score, 1000) for row in rows}


async def indexes(
    connection: AsyncConnection, estate_id: UUID, until: date, *, most: int
) -> Sequence[Any]:
    """The stored indexes of an estate, the newest first."""
    rows = await connection.execute(
        select(x.day, x.formula, x.counts, x.score, x.made_at)
        .where(x.estate_id == estate_id, x.day > until - timedelta(days=most), x.day <= until)
        .order_by(x.day.desc())
    )
    return rows.all()
