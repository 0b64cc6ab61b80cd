"""Fills the port `PlaceFigures`: what lies in estates and places, counted within the scope."""

from collections import Counter
from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, func, or_, select, true

from linli.directory.people.models import residence_table
from linli.directory.places.models import place_table
from linli.directory.places.ports import Figures
from linli.kernel.work import Work
from linli.responding.incidents.models import incident_table
from linli.sensing.devices.models import device_table

OPEN = incident_table.c.ended_at.is_(None)


class CountedFigures:
    """Counts devices, incidents that are not ended, and people who live there."""

    async def of_estates(self, work: Work, estate_ids: Collection[UUID]) -> Mapping[UUID, Figures]:
        devices = await _counted(work, _per_estate(device_table, estate_ids))
        incidents = await _counted(work, _per_estate(incident_table, estate_ids).where(OPEN))
        people = await _counted(work, _per_estate(residence_table, estate_ids).where(_now(work)))
        return _together(estate_ids, devices, incidents, people)

    async def of_places(self, work: Work, place_ids: Collection[UUID]) -> Mapping[UUID, Figures]:
        devices = await _counted(work, _inside(device_table, "place_id", place_ids))
        incidents = await _counted(work, _inside(incident_table, "place_id", place_ids).where(OPEN))
        people = await _counted(
            work, _inside(residence_table, "home_id", place_ids).where(_now(work))
        )
        return _together(place_ids, devices, incidents, people)


def _now(work: Work) -> ColumnElement[bool]:
    r = residence_table.c
    return (r.valid_from <= work.now) & or_(r.valid_to.is_(None), r.valid_to > work.now)


def _per_estate(table: Table, estate_ids: Collection[UUID]) -> Select[UUID, int]:
    return (
        select(table.c.estate_id, func.count())
        .where(table.c.estate_id.in_(estate_ids))
        .group_by(table.c.estate_id)
    )


def _inside(table: Table, column: str, place_ids: Collection[UUID]) -> Select[UUID, int]:
    """Rows at each place and at all that lies in it: `path_ids` names a place and all above it."""
    p = place_table.c
    above = func.unnest(p.path_ids).table_valued("id", name="above").render_derived()
    return (
        select(above.c.id, func.count())
        .select_from(table.join(place_table, table.c[column] == p.id).join(above, true()))
        .where(p.path_ids.overlap(list(place_ids)), above.c.id.in_(place_ids))
        .group_by(above.c.id)
    )


async def _counted(work: Work, statement: Select[UUID, int]) -> Counter[UUID]:
    rows = await work.connection.execute(statement)
    counts: Counter[UUID] = Counter()
    for one, count in rows:
        counts[one] = count
    return counts


def _together(
    ids: Collection[UUID], devices: Counter[UUID], incidents: Counter[UUID], people: Counter[UUID]
) -> Mapping[UUID, Figures]:
    return {
        one: Figures(devices=devices[one], open_incidents=incidents[one], people=people[one])
        for one in ids
    }
