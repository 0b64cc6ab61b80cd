"""The cockpit over HTTP."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.kernel.errors import NotFound
from linli.kernel.figures import Figure, Flow, Span
from linli.kernel.web import CurrentWork, require, router
from linli.screens.cockpit import policy, service
from linli.screens.cockpit.contracts import LEVEL_TITLES, Child, Index, Level, Node, Part, View

api = router("/api/cockpit", tag="cockpit")

SEE = "see_places"
SEE_INDEX = "see_incidents"


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class NodeView(Shape):
    """A place in the tree. Without an id: all in sight, or what nobody put anywhere."""

    id: UUID | None
    level: Level
    level_title: str
    title: str


class FigureView(Shape):
    """A number: what it counts, how much, and the moment for which it is true."""

    code: str
    title: str
    unit: str
    group: str
    tone: str
    opens: str
    total: int
    at: AwareDatetime


class ChildView(Shape):
    """A part with its own numbers, by the figures' codes; absent is nought."""

    node: NodeView
    totals: Mapping[str, int]
    index: str | None


class CockpitView(Shape):
    """A ground with its numbers and its parts; `above` leads back up, the highest first."""

    node: NodeView
    above: tuple[NodeView, ...]
    estate_id: UUID | None
    estates: int
    figures: tuple[FigureView, ...]
    children: tuple[ChildView, ...]
    at: AwareDatetime


class RecordView(Shape):
    """One of the records behind a number; `opens` says what it is."""

    id: UUID
    opens: str
    title: str
    words: str
    place: str
    estate_id: UUID
    at: AwareDatetime | None


class RecordPage(Shape):
    """Records behind a number; `total` counts all of them as they are now."""

    items: tuple[RecordView, ...]
    next_cursor: str | None
    total: int


class TimingView(Shape):
    """How long something took, in seconds: of `count` times half and nine of ten were shorter."""

    code: str
    title: str
    count: int
    median: float
    ninth: float


class DayView(Shape):
    """How often something happened on a day."""

    day: date
    count: int


class FlowView(Shape):
    """How often something happened, day by day."""

    code: str
    title: str
    days: tuple[DayView, ...]


class PaceView(Shape):
    """How fast things went in the last thirty days, and how often they happened."""

    timings: tuple[TimingView, ...]
    flows: tuple[FlowView, ...]
    at: AwareDatetime


class PartView(Shape):
    """One part of an index; `counts` is None where the session may not see those numbers."""

    code: str
    title: str
    weight: int
    reached: str
    words: str
    counts: Mapping[str, int] | None


class IndexView(Shape):
    """The index of a day by the formula of that day; points of 100 with one decimal."""

    day: date
    formula: str
    score: str
    parts: tuple[PartView, ...]
    made_at: AwareDatetime


class FormulaView(Shape):
    """How the index is made, from a day on."""

    name: str
    since: date
    words: str


class IndexHistory(Shape):
    """The safety index of an estate, the newest day first, and how it is made."""

    formula: FormulaView
    titles: Mapping[str, str]
    days: tuple[IndexView, ...]


def _figures_of(request: Request) -> Sequence[Figure]:
    return cast("Sequence[Figure]", request.app.state.figures)


def _spans_of(request: Request) -> Sequence[Span]:
    return cast("Sequence[Span]", request.app.state.spans)


def _flows_of(request: Request) -> Sequence[Flow]:
    return cast("Sequence[Flow]", request.app.state.flows)


Figures = Annotated[Sequence[Figure], Depends(_figures_of)]
Spans = Annotated[Sequence[Span], Depends(_spans_of)]
Flows = Annotated[Sequence[Flow], Depends(_flows_of)]


@api.get("")
async def read_cockpit(
    work: CurrentWork, figures: Figures, node_id: UUID | None = None
) -> CockpitView:
    """The numbers of an organisation, estate or place and of its parts; of all without a node.

    404 the node is absent or out of sight.
    """
    require(work, SEE)
    return _view(await service.view(work, figures, node_id), figures)


@api.get("/records")
async def list_records(
    work: CurrentWork,
    figures: Figures,
    figure: Annotated[str, Query(max_length=60)],
    node_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> RecordPage:
    """The records behind a number, the newest first.

    403 the session sees no such records, 404 no such figure, or the node is out of sight.
    """
    require(work, SEE)
    wanted = next((one for one in figures if one.code == figure), None)
    if wanted is None:
        raise NotFound
    found, total = await service.records(work, wanted, node_id, most=limit, skip=cursor)
    return RecordPage(
        items=tuple(
            RecordView(
                id=one.id,
                opens=wanted.opens,
                title=one.title,
                words=one.words,
                place=one.place,
                estate_id=one.estate_id,
                at=one.at,
            )
            for one in found
        ),
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


@api.get("/pace")
async def read_pace(
    work: CurrentWork, spans: Spans, flows: Flows, node_id: UUID | None = None
) -> PaceView:
    """How fast incidents were accepted, reached and ended in thirty days, and how many there were.

    404 the node is absent or out of sight.
    """
    require(work, SEE)
    pace = await service.pace(work, spans, flows, node_id)
    titles = {one.code: one.title for one in (*spans, *flows)}
    return PaceView(
        timings=tuple(
            TimingView(
                code=one.code,
                title=titles[one.code],
                count=one.count,
                median=one.median,
                ninth=one.ninth,
            )
            for one in pace.timings
        ),
        flows=tuple(
            FlowView(
                code=code,
                title=titles[code],
                days=tuple(DayView(day=one.day, count=one.count) for one in days),
            )
            for code, days in pace.flows.items()
        ),
        at=work.now,
    )


@api.get("/index")
async def read_index(
    work: CurrentWork,
    figures: Figures,
    estate_id: UUID,
    days: Annotated[int, Query(ge=1, le=366)] = 30,
) -> IndexHistory:
    """The safety index of an estate day by day, with the parts it is made of and the formula.

    403 the session does not see the estate's incidents.
    """
    require(work, SEE_INDEX, estate_id)
    history = await service.index_history(work, estate_id, days=days)
    formula = (
        policy.formula_named(history[0].formula) if history else policy.formula_on(work.now.date())
    )
    if formula is None:
        raise NotFound
    hidden = {one.code for one in figures if not work.scope.may(one.needs, estate_id)}
    return IndexHistory(
        formula=FormulaView(name=formula.name, since=formula.since, words=policy.WHOLE),
        titles={one.code: one.title for one in figures},
        days=tuple(_index(one, hidden) for one in history),
    )


def _node(node: Node) -> NodeView:
    return NodeView(
        id=node.id, level=node.level, level_title=LEVEL_TITLES[node.level], title=node.title
    )


def _view(view: View, figures: Sequence[Figure]) -> CockpitView:
    return CockpitView(
        node=_node(view.ground.node),
        above=tuple(_node(one) for one in view.ground.above),
        estate_id=view.ground.estate_id,
        estates=len(view.ground.estates),
        figures=tuple(
            FigureView(
                code=one.code,
                title=one.title,
                unit=one.unit,
                group=one.group,
                tone=one.tone,
                opens=one.opens,
                total=view.totals[one.code].total,
                at=view.totals[one.code].at,
            )
            for one in figures
            if one.code in view.totals
        ),
        children=tuple(_child(one) for one in view.children),
        at=view.at,
    )


def _child(child: Child) -> ChildView:
    return ChildView(
        node=_node(child.node),
        totals=child.totals,
        index=None if child.index is None else policy.rounded(child.index),
    )


def _index(one: Index, hidden: set[str]) -> IndexView:
    words = {part.code: part.words for part in _parts(one.formula)}
    return IndexView(
        day=one.day,
        formula=one.formula,
        score=policy.rounded(one.score),
        parts=tuple(_part(part, words[part.code], hidden) for part in one.parts),
        made_at=one.made_at,
    )


def _parts(formula: str) -> Sequence[policy.Share | policy.Deduction]:
    found = policy.formula_named(formula)
    return found.parts if found else ()


def _part(part: Part, words: str, hidden: set[str]) -> PartView:
    return PartView(
        code=part.code,
        title=part.title,
        weight=part.weight,
        reached=policy.rounded(part.reached),
        words=words,
        counts=None if hidden & set(part.counts) else part.counts,
    )
