"""The work-place over HTTP."""

from collections.abc import Sequence
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.directory.places.public import estates_named
from linli.kernel.tallies import Tally, TallyKind
from linli.kernel.web import CurrentWork, router
from linli.screens.workplace import service
from linli.screens.workplace.contracts import LEVEL_TITLES, Ground, Level

api = router("/api/workplace", tag="workplace")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class GroundView(Shape):
    """An organisation or an estate."""

    id: UUID
    level: Level
    level_title: str
    title: str


class LineView(Shape):
    """One number. `listed`: `/api/workplace/lists/{code}` answers its rows, else `opens` does."""

    code: str
    title: str
    kind: TallyKind
    opens: str
    listed: bool
    good: bool | None
    total: int


class PartView(Shape):
    """A part of the ground, with its figures by the code of the line."""

    ground: GroundView
    totals: dict[str, int]


class WorkplaceView(Shape):
    """What waits, the figures, and the same figures part by part."""

    ground: GroundView
    above: tuple[GroundView, ...]
    waits: tuple[LineView, ...]
    figures: tuple[LineView, ...]
    parts: tuple[PartView, ...]
    counted_at: AwareDatetime


class RowView(Shape):
    """One of the things counted; `opens` is its page."""

    id: UUID
    title: str
    detail: str
    at: AwareDatetime | None
    estate_id: UUID | None
    estate_title: str
    opens: str


class RowPage(Shape):
    """The rows behind a number."""

    title: str
    items: tuple[RowView, ...]
    next_cursor: str | None
    total: int


def _tallies_of(request: Request) -> Sequence[Tally]:
    return cast("Sequence[Tally]", request.app.state.tallies)


Tallies = Annotated[Sequence[Tally], Depends(_tallies_of)]


@api.get("")
async def read_workplace(
    work: CurrentWork, tallies: Tallies, at: UUID | None = None
) -> WorkplaceView:
    """The work-place of whoever is signed in, or its numbers `at` an organisation or estate below.

    404 when `at` is out of sight.
    """
    found = await service.workplace(work, tallies, at)
    lines = [
        LineView(
            code=one.code,
            title=one.title,
            kind=one.kind,
            opens=one.opens,
            listed=one.listed,
            good=one.good,
            total=one.total,
        )
        for one in found.lines
    ]
    return WorkplaceView(
        ground=_ground(found.ground),
        above=tuple(_ground(one) for one in found.above),
        waits=tuple(one for one in lines if one.kind is TallyKind.WAITS),
        figures=tuple(one for one in lines if one.kind is TallyKind.FIGURE),
        parts=tuple(
            PartView(ground=_ground(one.ground), totals=dict(one.totals)) for one in found.parts
        ),
        counted_at=found.counted_at,
    )


@api.get("/lists/{code}")
async def list_counted(
    work: CurrentWork,
    tallies: Tallies,
    code: str,
    at: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> RowPage:
    """What stands behind a number, the most urgent first. 404 for a number without a list here."""
    rows, total = await service.listed(work, tallies, code, at, most=limit, skip=cursor)
    named = await estates_named(work, {one.estate_id for one in rows if one.estate_id})
    titles: dict[UUID | None, str] = {id_: estate.title for id_, estate in named.items()}
    return RowPage(
        title=next(one.title for one in tallies if one.code == code),
        items=tuple(
            RowView(
                id=one.id,
                title=one.title,
                detail=one.detail,
                at=one.at,
                estate_id=one.estate_id,
                estate_title=titles.get(one.estate_id, ""),
                opens=one.opens,
            )
            for one in rows
        ),
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


def _ground(one: Ground) -> GroundView:
    return GroundView(
        id=one.id, level=one.level, level_title=LEVEL_TITLES[one.level], title=one.title
    )
