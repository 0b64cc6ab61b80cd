"""Facilities of a place, and those that do not work."""

from datetime import datetime

from sqlalchemy import ColumnElement, GenerativeSelect, select

from linli.directory.facilities.contracts import FacilityState
from linli.directory.facilities.models import facility_table
from linli.kernel.figures import Figure, Tone

f = facility_table.c
ALIVE = f.state != FacilityState.SCRAPPED.value
STOPPED = f.state.in_((FacilityState.OUT_OF_ORDER.value, FacilityState.REPAIR.value))


def _figure(code: str, title: str, which: ColumnElement[bool], tone: Tone) -> Figure:
    def records(now: datetime) -> GenerativeSelect:
        del now
        return select(
            f.id,
            f.estate_id,
            f.place_id,
            f.title,
            f.state_words.label("words"),
            f.entered_at.label("at"),
        ).where(which)

    return Figure(
        code=f"facilities.{code}",
        title=title,
        unit="处",
        group="places",
        needs="see_places",
        opens="facility",
        records=records,
        tone=tone,
    )


FIGURES = (
    _figure("all", "设施", ALIVE, Tone.PLAIN),
    _figure("stopped", "停用或维修", STOPPED, Tone.WARNING),
)
