"""Completeness over HTTP."""

from collections.abc import Sequence
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.kernel.measures import Measure
from linli.kernel.web import CurrentWork, require, router
from linli.screens.completeness import policy, service
from linli.screens.completeness.contracts import Line, Standing
from linli.support.sheets.public import Column, as_file

api = router("/api/completeness", tag="completeness")

SEE = "see_places"


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class LineView(Shape):
    """One measure: how many records hold what they should, and how many points are lost by it."""

    code: str
    title: str
    group: str
    weight: int
    opens: str
    total: int
    have: int
    missing: int
    lost: str


class StandingView(Shape):
    """How complete an estate or an organisation is; `score` of 100 with one decimal."""

    id: UUID
    parent_id: UUID | None
    kind: str
    title: str
    score: str | None
    lines: tuple[LineView, ...]
    counted_at: AwareDatetime | None


class CompletenessView(Shape):
    """All standings in sight, and the formula behind the scores."""

    formula: str
    standings: tuple[StandingView, ...]


class GapView(Shape):
    """A record that lacks something; `opens` says what it is, `lacks` what it should have."""

    id: UUID
    title: str
    opens: str
    lacks: str


class GapPage(Shape):
    """Records that lack something; `total` counts all of them as they are now."""

    items: tuple[GapView, ...]
    next_cursor: str | None
    total: int


class CountBody(Shape):
    """The estate to be counted anew."""

    estate_id: UUID


def _measures_of(request: Request) -> Sequence[Measure]:
    return cast("Sequence[Measure]", request.app.state.measures)


Measures = Annotated[Sequence[Measure], Depends(_measures_of)]


@api.get("")
async def read_completeness(work: CurrentWork, measures: Measures) -> CompletenessView:
    """How complete every estate in sight is, and the organisations over them, added up."""
    require(work, SEE)
    return await _view(work, measures)


@api.post("/count")
async def count_anew(work: CurrentWork, measures: Measures, body: CountBody) -> CompletenessView:
    """Count one estate anew, now."""
    require(work, "manage_places", body.estate_id)
    await service.count(work, measures, body.estate_id)
    return await _view(work, measures)


@api.get("/gaps")
async def list_gaps(
    work: CurrentWork,
    measures: Measures,
    measure: str,
    estate_id: UUID,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> GapPage:
    """The records of an estate that lack what a measure asks for."""
    require(work, SEE, estate_id)
    rows, total = await service.gaps(work, measures, measure, estate_id, most=limit, skip=cursor)
    asked = next(one for one in measures if one.code == measure)
    return GapPage(
        items=tuple(
            GapView(id=one.id, title=one.title, opens=asked.opens, lacks=asked.title)
            for one in rows
        ),
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


as_file(
    api,
    list_gaps,
    "待补资料",
    (Column("编号或名称", lambda row: row.title), Column("应当有", lambda row: row.lacks)),
    path="/gaps",
)


async def _view(work: CurrentWork, measures: Sequence[Measure]) -> CompletenessView:
    standings = await service.standings(work, measures)
    return CompletenessView(
        formula=policy.FORMULA, standings=tuple(_standing(one) for one in standings)
    )


def _standing(one: Standing) -> StandingView:
    return StandingView(
        id=one.id,
        parent_id=one.parent_id,
        kind=one.kind,
        title=one.title,
        score=None if one.score is None else policy.rounded(one.score),
        lines=tuple(_line(line) for line in one.lines),
        counted_at=one.counted_at,
    )


def _line(line: Line) -> LineView:
    return LineView(
        code=line.code,
        title=line.title,
        group=line.group,
        weight=line.weight,
        opens=line.opens,
        total=line.count.total,
        have=line.count.have,
        missing=line.count.missing,
        lost=policy.rounded(line.lost),
    )
