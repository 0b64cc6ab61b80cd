"""What there is in a place."""

from datetime import datetime

from sqlalchemy import GenerativeSelect, literal, select

from linli.directory.places.contracts import PlaceKind
from linli.directory.places.models import place_table
from linli.kernel.figures import Figure

p = place_table.c


def _of(kind: PlaceKind, now: datetime) -> GenerativeSelect:
    del now
    return select(
        p.id,
        p.estate_id,
        p.id.label("place_id"),
        p.path.label("title"),
        literal("").label("words"),
        p.created_at.label("at"),
    ).where(p.kind == kind.value)


FIGURES = (
    Figure(
        code="places.buildings",
        title="楼栋",
        unit="栋",
        group="places",
        needs="see_places",
        opens="place",
        records=lambda now: _of(PlaceKind.BUILDING, now),
        steady=True,
    ),
    Figure(
        code="places.homes",
        title="住户",
        unit="户",
        group="places",
        needs="see_places",
        opens="place",
        records=lambda now: _of(PlaceKind.HOME, now),
        steady=True,
    ),
)
