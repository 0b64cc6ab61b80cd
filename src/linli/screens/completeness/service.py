"""Verbs of completeness."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from linli.directory.organisation.public import all_organisations
from linli.directory.places.public import all_estates
from linli.kernel.errors import Forbidden, NotFound
from linli.kernel.measures import Measure
from linli.kernel.work import Work
from linli.screens.completeness import policy
from linli.screens.completeness.contracts import Count, Gap, Standing
from linli.screens.completeness.models import figure_table

f = figure_table.c


async def count(work: Work, measures: Sequence[Measure], estate_id: UUID | None = None) -> int:
    """Count every measure of every estate in sight, or of one; answers how many figures.

    Estates without such records have no figure of it.
    """
    rows: list[dict[str, object]] = []
    for measure in measures:
        found = await work.connection.execute(
            select(measure.counted(work.now, estate_id).subquery("counted"))
        )
        rows.extend(
            {
                "estate_id": row.estate_id,
                "measure": measure.code,
                "total": row.total,
                "have": row.have,
                "counted_at": work.now,
            }
            for row in found
        )
    if rows:
        new = insert(figure_table)
        await work.connection.execute(
            new.on_conflict_do_update(
                index_elements=[f.estate_id, f.measure],
                set_={
                    "total": new.excluded.total,
                    "have": new.excluded.have,
                    "counted_at": new.excluded.counted_at,
                },
            ),
            rows,
        )
    # What has no records any more keeps no figure of before.
    stale = figure_table.update().values(total=0, have=0, counted_at=work.now)
    stale = stale.where(f.counted_at < work.now, f.total > 0)
    if estate_id is not None:
        stale = stale.where(f.estate_id == estate_id)
    await work.connection.execute(stale)
    return len(rows)


async def standings(work: Work, measures: Sequence[Measure]) -> tuple[Standing, ...]:
    """How complete every estate in sight is, and the organisations over them, added up."""
    figures: dict[UUID, dict[str, Count]] = {}
    ages: dict[UUID, datetime] = {}
    for row in await work.connection.execute(
        select(f.estate_id, f.measure, f.total, f.have, f.counted_at)
    ):
        figures.setdefault(row.estate_id, {})[row.measure] = Count(row.total, row.have)
        ages[row.estate_id] = min(row.counted_at, ages.get(row.estate_id, row.counted_at))
    estates = await all_estates(work)
    organisations = {one.id: one for one in await all_organisations(work)}
    above = {
        estate.id: organisations[estate.community_id].path
        for estate in estates
        if estate.community_id in organisations
    }
    levels = policy.by_level({estate.id: figures.get(estate.id, {}) for estate in estates}, above)
    made = [
        _standing(
            measures,
            (organisation.id, organisation.parent_id, organisation.kind.value, organisation.title),
            levels[organisation.id],
            min(
                (ages[e] for e, path in above.items() if organisation.id in path and e in ages),
                default=None,
            ),
        )
        for organisation in organisations.values()
        if organisation.id in levels
    ]
    made += [
        _standing(
            measures,
            (estate.id, estate.community_id, "estate", estate.title),
            figures.get(estate.id, {}),
            ages.get(estate.id),
        )
        for estate in estates
    ]
    return tuple(made)


def _standing(
    measures: Sequence[Measure],
    who: tuple[UUID, UUID | None, str, str],
    counts: Mapping[str, Count],
    counted_at: datetime | None,
) -> Standing:
    return Standing(
        *who, policy.score(measures, counts), policy.lines(measures, counts), counted_at
    )


async def gaps(
    work: Work,
    measures: Sequence[Measure],
    code: str,
    estate_id: UUID,
    *,
    most: int = 50,
    skip: int = 0,
) -> tuple[tuple[Gap, ...], int]:
    """The records of an estate that lack what a measure asks for, as they are now.

    Raises:
        NotFound: no such measure.
        Forbidden: the session may not see such records there.
    """
    measure = next((one for one in measures if one.code == code), None)
    if measure is None:
        raise NotFound
    if not work.scope.may(measure.needs, estate_id):
        raise Forbidden
    wanted = measure.lacking(work.now, estate_id).order_by(None).subquery("lacking")
    total = await work.connection.scalar(select(func.count()).select_from(wanted))
    rows = await work.connection.execute(
        select(wanted).order_by(wanted.c.title, wanted.c.id).limit(most).offset(skip)
    )
    return tuple(Gap(row.id, row.title) for row in rows), int(total or 0)
