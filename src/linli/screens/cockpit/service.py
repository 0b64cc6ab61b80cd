"""Verbs of the cockpit. Reading needs `see_places`; each number also the right it names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

from linli.directory.organisation.public import all_organisations
from linli.directory.places.contracts import Place, PlaceKind
from linli.directory.places.public import (
    all_estates,
    place_of,
    places_in,
    places_inside,
    places_named,
)
from linli.kernel.errors import Forbidden, NotFound
from linli.kernel.figures import Figure, Flow, Span
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.screens.cockpit import policy, store
from linli.screens.cockpit.contracts import (
    Child,
    Day,
    Ground,
    Index,
    Level,
    Node,
    Pace,
    Record,
    Total,
    View,
)

LOOKED_BACK = timedelta(days=30)


async def ground_of(work: Work, node_id: UUID | None) -> Ground:
    """Where one stands: an organisation, an estate, a place in it, or the highest level in sight.

    Raises:
        NotFound: absent, or out of sight.
    """
    tree = await _tree(work)
    return await _ground(work, tree, node_id)


async def view(work: Work, figures: Sequence[Figure], node_id: UUID | None) -> View:
    """A ground with its numbers and those of its parts.

    Every number of the ground is the sum of its parts'. Only figures are told whose right the
    session holds.

    Raises:
        NotFound: absent, or out of sight.
    """
    tree = await _tree(work)
    ground = await _ground(work, tree, node_id)
    told = tuple(one for one in figures if work.scope.may_anywhere(one.needs))
    if ground.estate_id is None:
        return await _of_estates(work, tree, told, ground)
    return await _of_places(work, told, ground)


async def records(
    work: Work, figure: Figure, node_id: UUID | None, *, most: int = 50, skip: int = 0
) -> tuple[Sequence[Record], int]:
    """The records behind a number, the newest first, and how many there are.

    Above an estate what is steady goes estate by estate, and is as many as were counted last: so
    the list of a county's residents costs no more than an estate's.

    Raises:
        NotFound: the node is absent, or out of sight.
        Forbidden: the session may not see such records anywhere.
    """
    if not work.scope.may_anywhere(figure.needs):
        raise Forbidden
    ground = await ground_of(work, node_id)
    if figure.steady and ground.estate_id is None:
        return await _estate_by_estate(work, figure, ground, most, skip)
    found = await store.records(work.connection, figure, ground, work.now, most=most, skip=skip)
    return found, await store.count_records(work.connection, figure, ground, work.now)


async def pace(
    work: Work, spans: Sequence[Span], flows: Sequence[Flow], node_id: UUID | None
) -> Pace:
    """How fast things went in the last thirty days, and how often they happened on each day.

    Raises:
        NotFound: the node is absent, or out of sight.
    """
    ground = await ground_of(work, node_id)
    today = _day(work.now)
    first = today - LOOKED_BACK + timedelta(days=1)
    since = datetime(first.year, first.month, first.day, tzinfo=SHANGHAI)
    timings = await store.timings(
        work.connection,
        [one for one in spans if work.scope.may_anywhere(one.needs)],
        ground,
        work.now - LOOKED_BACK,
        work.now,
    )
    told = [one for one in flows if work.scope.may_anywhere(one.needs)]
    counted = await store.days(work.connection, told, ground, since, work.now)
    calendar = [first + timedelta(days=at) for at in range(LOOKED_BACK.days)]
    return Pace(
        timings,
        {
            one.code: tuple(Day(day, counted.get(one.code, {}).get(day, 0)) for day in calendar)
            for one in told
        },
    )


async def count(work: Work, figures: Sequence[Figure]) -> int:
    """Count what is steady in every estate in sight; answers how many numbers."""
    steady = [one for one in figures if one.steady]
    estates = [one.id for one in await all_estates(work)]
    counted = await store.by_estate(work.connection, steady, estates, work.now)
    return await store.keep(
        work.connection, steady, {one: counted.get(one, {}) for one in estates}, work.now
    )


async def index_all(work: Work, figures: Sequence[Figure]) -> int:
    """Make today's safety index of every estate in sight anew; answers how many."""
    day = _day(work.now)
    formula = policy.formula_on(day)
    wanted = {code for part in formula.parts for code in part.figures}
    asked = [one for one in figures if one.code in wanted]
    estates = [one.id for one in await all_estates(work)]
    counted = await store.by_estate(work.connection, asked, estates, work.now)
    rows: list[dict[str, object]] = []
    for estate_id in estates:
        counts = counted.get(estate_id, {})
        score, _ = policy.index(formula, counts)
        rows.append(
            {
                "estate_id": estate_id,
                "day": day,
                "formula": formula.name,
                "counts": {code: counts.get(code, 0) for code in sorted(wanted)},
                "score": policy.thousandths(score),
                "made_at": work.now,
            }
        )
    await store.keep_indexes(work.connection, rows)
    return len(rows)


async def index_history(work: Work, estate_id: UUID, *, days: int = 30) -> tuple[Index, ...]:
    """The safety index of an estate day by day, the newest first, each by its day's formula."""
    found: list[Index] = []
    for row in await store.indexes(work.connection, estate_id, _day(work.now), most=days):
        formula = policy.formula_named(row.formula)
        if formula is None:
            continue
        counts: dict[str, int] = row.counts
        _, parts = policy.index(formula, counts)
        score = Fraction(row.score, 1000)
        found.append(Index(estate_id, row.day, row.formula, score, parts, row.made_at))
    return tuple(found)


async def _estate_by_estate(
    work: Work, figure: Figure, ground: Ground, most: int, skip: int
) -> tuple[Sequence[Record], int]:
    kept = await store.kept(work.connection, ground.estates)
    counts = {
        one: kept[one][figure.code].total
        for one in sorted(ground.estates)
        if figure.code in kept.get(one, {})
    }
    found: list[Record] = []
    left = skip
    for estate_id, total in counts.items():
        if left >= total:
            left -= total
            continue
        found += await store.records(
            work.connection,
            figure,
            replace(ground, estates=(estate_id,)),
            work.now,
            most=min(most - len(found), total - left),
            skip=left,
        )
        left = 0
        if len(found) >= most:
            break
    return found, sum(counts.values())


async def _tree(work: Work) -> policy.Tree:
    return policy.Tree.of(await all_organisations(work), await all_estates(work), work.scope.covers)


async def _ground(work: Work, tree: policy.Tree, node_id: UUID | None) -> Ground:
    found = tree.ground(node_id)
    if found is not None:
        return found
    if node_id is None:
        raise NotFound
    place = await place_of(work, node_id)
    estate = tree.ground(place.estate_id)
    if estate is None:
        raise NotFound
    around = await places_named(work, place.path_ids[:-1])
    return Ground(
        _node(place),
        (
            *estate.above,
            estate.node,
            # People think of a home as in its building; entrance and floor are said with it.
            *(
                _node(around[one])
                for one in place.path_ids[:-1]
                if one in around and (around[one].kind is PlaceKind.BUILDING)
            ),
        ),
        estate.estates,
        place.id,
        len(place.path_ids),
    )


async def _of_estates(
    work: Work, tree: policy.Tree, figures: Sequence[Figure], ground: Ground
) -> View:
    moving = [one for one in figures if not one.steady]
    steady = [one for one in figures if one.steady]
    counted = await store.by_estate(work.connection, moving, ground.estates, work.now)
    kept = await store.kept(work.connection, ground.estates)
    per_estate: dict[UUID, dict[str, int]] = {
        one: {
            **counted.get(one, {}),
            **{
                figure.code: kept[one][figure.code].total
                for figure in steady
                if figure.code in kept.get(one, {})
            },
        }
        for one in ground.estates
    }
    scores = await store.newest_scores(work.connection, ground.estates, _day(work.now))
    children = tuple(
        Child(
            node,
            policy.added_up(per_estate[one] for one in estates),
            index=scores.get(estates[0]) if node.level is Level.ESTATE else None,
        )
        for node, estates in tree.below(ground.node)
    )
    ages = {
        figure.code: min(
            (kept[one][figure.code].at for one in kept if figure.code in kept[one]), default=None
        )
        for figure in steady
    }
    sums = policy.added_up(child.totals for child in children)
    totals = {one.code: Total(sums.get(one.code, 0), work.now) for one in moving}
    # What was never counted is not nought: it is left out.
    totals |= {code: Total(sums.get(code, 0), at) for code, at in ages.items() if at is not None}
    return View(ground, totals, _walked(children), work.now)


async def _of_places(work: Work, figures: Sequence[Figure], ground: Ground) -> View:
    # Rights may differ from estate to estate: what may not be told here is no nought.
    told = [one for one in figures if work.scope.may(one.needs, ground.estates[0])]
    counted = await store.by_part(work.connection, told, ground, work.now)
    places = await _parts(work, ground, [one for one in counted if one is not None])
    children = [
        Child(_node(place), counted.get(place.id, {}))
        for place in sorted(places.values(), key=lambda one: (one.kind, one.path))
    ]
    rest = policy.added_up(
        totals for one, totals in counted.items() if one is None or one not in places
    )
    if rest and ground.node.level is not Level.HOME:
        title = "未标明位置" if ground.place_id is None else "本处，未细分"
        children.append(Child(Node(None, Level.PART, title), rest))
    sums = policy.added_up(counted.values())
    totals = {one.code: Total(sums.get(one.code, 0), work.now) for one in told}
    shown = () if ground.node.level is Level.HOME else tuple(children)
    return View(ground, totals, shown, work.now)


async def _parts(work: Work, ground: Ground, counted: Iterable[UUID]) -> Mapping[UUID, Place]:
    """What lies directly in the ground: all buildings or homes, of the rest what has a number."""
    wanted = set(counted)
    if ground.place_id is None:
        wanted |= {one.id for one in await places_in(work, ground.estates[0], PlaceKind.BUILDING)}
    elif ground.node.level is Level.BUILDING:
        inside = await places_named(work, await places_inside(work, ground.place_id))
        homes = {one.id for one in inside.values() if one.kind is PlaceKind.HOME}
        return {one: inside[one] for one in inside if one in homes or one in wanted}
    return await places_named(work, wanted)


def _node(place: Place) -> Node:
    title = place.title
    if place.kind is PlaceKind.ENTRANCE:
        title = f"{place.title}公共部位"
    elif place.kind is PlaceKind.HOME:
        title = place.path.partition(" ")[2] or place.title
    return Node(place.id, policy.level_of(place.kind), title)


def _walked(children: Iterable[Child]) -> tuple[Child, ...]:
    return tuple(sorted(children, key=lambda child: (child.node.title, str(child.node.id))))


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()
