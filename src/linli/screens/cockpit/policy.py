"""Where one stands in the tree, how numbers add up, and the safety index. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

from linli.directory.organisation.contracts import Organisation, OrganisationKind
from linli.directory.places.contracts import Estate, PlaceKind
from linli.screens.cockpit.contracts import Ground, Level, Node, Part, Totals

FULL = 100

LEVELS: Mapping[OrganisationKind, Level] = {
    OrganisationKind.COUNTY: Level.COUNTY,
    OrganisationKind.STREET: Level.STREET,
    OrganisationKind.COMMUNITY: Level.COMMUNITY,
}

EVERYTHING = Node(None, Level.ALL, "全部小区")


def level_of(kind: PlaceKind) -> Level:
    """Buildings and homes are levels of their own; all else is a part."""
    if kind is PlaceKind.BUILDING:
        return Level.BUILDING
    return Level.HOME if kind is PlaceKind.HOME else Level.PART


@dataclass(frozen=True, slots=True)
class Tree:
    """The organisations over the estates in sight, and those that the session answers for."""

    organisations: Mapping[UUID, Organisation]
    estates: Mapping[UUID, Estate]
    top: Node

    @classmethod
    def of(
        cls,
        organisations: Iterable[Organisation],
        estates: Iterable[Estate],
        covers: Collection[UUID],
    ) -> "Tree":
        """What of the tree somebody sees, from the highest level down that is theirs.

        An organisation belongs to it when an estate in sight lies in it, or when the session
        answers for it (a community may have no estate yet).
        """
        known = {one.id: one for one in organisations if one.kind in LEVELS}
        seen = {one.id: one for one in estates}
        over = {
            node
            for estate in seen.values()
            if estate.community_id in known
            for node in known[estate.community_id].path
        }
        mine = {one.id: one for one in known.values() if one.id in over or one.id in covers}
        return cls(mine, seen, _top(mine, seen, covers))

    def path(self, estate: Estate) -> tuple[UUID, ...]:
        """The organisations over an estate, the highest first."""
        community = self.organisations.get(estate.community_id)
        return community.path if community else ()

    def estates_in(self, organisation_id: UUID | None) -> tuple[Estate, ...]:
        """The estates in an organisation; all of them for None."""
        return tuple(
            estate
            for estate in self.estates.values()
            if organisation_id is None or organisation_id in self.path(estate)
        )

    def ground(self, node_id: UUID | None) -> Ground | None:
        """The ground of an organisation or an estate, of the top for None; None: not in sight."""
        wanted = self.top.id if node_id is None else node_id
        if wanted is None:
            return Ground(EVERYTHING, (), tuple(self.estates))
        if wanted in self.estates:
            estate = self.estates[wanted]
            node = Node(estate.id, Level.ESTATE, estate.title)
            return Ground(node, self._above(self.path(estate)), (estate.id,))
        organisation = self.organisations.get(wanted)
        if organisation is None or not self._reached(organisation):
            return None
        return Ground(
            _node(organisation),
            self._above(organisation.path[:-1]),
            tuple(estate.id for estate in self.estates_in(organisation.id)),
        )

    def below(self, node: Node) -> tuple[tuple[Node, tuple[UUID, ...]], ...]:
        """What lies directly in an organisation, each with its estates."""
        found = [
            (_node(one), tuple(estate.id for estate in self.estates_in(one.id)))
            for one in self.organisations.values()
            if (one.parent_id == node.id if node.id else len(one.path) == 1)
        ]
        found += [
            (Node(one.id, Level.ESTATE, one.title), (one.id,))
            for one in self.estates.values()
            if (one.community_id == node.id if node.id else not self.path(one))
        ]
        return tuple(found)

    def _reached(self, organisation: Organisation) -> bool:
        return self.top.id is None or self.top.id in organisation.path

    def _above(self, path: Sequence[UUID]) -> tuple[Node, ...]:
        if self.top.level is Level.ESTATE:
            return ()
        start = [EVERYTHING] if self.top.id is None else []
        return (
            *start,
            *(
                _node(self.organisations[one])
                for one in path
                if one in self.organisations and self._reached(self.organisations[one])
            ),
        )


def _node(organisation: Organisation) -> Node:
    return Node(organisation.id, LEVELS[organisation.kind], organisation.title)


def _top(
    organisations: Mapping[UUID, Organisation],
    estates: Mapping[UUID, Estate],
    covers: Collection[UUID],
) -> Node:
    """The highest level that is theirs and holds all; else the lowest that holds all."""
    paths = [
        organisations[estate.community_id].path if estate.community_id in organisations else ()
        for estate in estates.values()
    ]
    holds = [one for one in organisations.values() if all(one.id in path for path in paths)]
    own = [one for one in holds if one.id in covers]
    if own:
        return _node(min(own, key=lambda one: (len(one.path), one.id)))
    if len(estates) == 1:
        [only] = estates.values()
        return Node(only.id, Level.ESTATE, only.title)
    if holds and estates:
        return _node(max(holds, key=lambda one: (len(one.path), one.id)))
    return EVERYTHING


def added_up(some: Iterable[Totals]) -> dict[str, int]:
    """The numbers of several parts together."""
    together: dict[str, int] = {}
    for one in some:
        for code, total in one.items():
            together[code] = together.get(code, 0) + total
    return together


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the index that is a share: `good` of `of`, or all that is not `bad`."""

    code: str
    title: str
    weight: int
    words: str
    of: str
    good: str | None = None
    bad: str | None = None

    def reached(self, counts: Totals) -> Fraction | None:
        """Between 0 and 1; None when there is nothing it could be a share of."""
        of = counts.get(self.of, 0)
        if of <= 0:
            return None
        part = counts.get(self.good, 0) if self.good else of - counts.get(self.bad or "", 0)
        return min(Fraction(1), max(Fraction(0), Fraction(part, of)))

    @property
    def figures(self) -> tuple[str, ...]:
        return tuple(code for code in (self.of, self.good, self.bad) if code)


@dataclass(frozen=True, slots=True)
class Deduction:
    """A part of the index that each record takes points from, until none is left."""

    code: str
    title: str
    weight: int
    words: str
    points: Mapping[str, int]

    def reached(self, counts: Totals) -> Fraction | None:
        """Between 0 and 1."""
        lost = sum(points * counts.get(code, 0) for code, points in self.points.items())
        return Fraction(max(0, self.weight - lost), self.weight)

    @property
    def figures(self) -> tuple[str, ...]:
        return tuple(self.points)


@dataclass(frozen=True, slots=True)
class Formula:
    """How the index is made from a day on. A change is a new formula with a name of its own."""

    name: str
    since: date
    parts: tuple[Share | Deduction, ...]


FORMULAS = (
    Formula(
        "2026-11",
        date(2026, 11, 1),
        (
            Deduction(
                "grave",
                "未办结的特急、紧急事件",
                30,
                "满分 30：每件特急扣 10 分，每件紧急扣 5 分，扣完为止",
                {"incidents.critical": 10, "incidents.danger": 5},
            ),
            Share(
                "in_time",
                "处置未超时",
                20,
                "20 ×（未办结 − 超过时限）÷ 未办结",
                of="incidents.open",
                bad="incidents.overdue",
            ),
            Share(
                "closed",
                "近 30 天办结率",
                10,
                "10 × 近 30 天发生且已办结 ÷ 近 30 天发生",
                of="incidents.lately",
                good="incidents.lately_ended",
            ),
            Share(
                "online",
                "设备在线率",
                20,
                "20 × 在线设备 ÷ 全部设备",
                of="devices.all",
                good="devices.online",
            ),
            Share(
                "sound",
                "设备完好率",
                10,
                "10 ×（全部设备 − 有故障）÷ 全部设备",
                of="devices.all",
                bad="devices.faulty",
            ),
            Share(
                "visited",
                "重点人员按期走访",
                10,
                "10 ×（重点人员 − 走访逾期）÷ 重点人员",
                of="key_people.all",
                bad="key_people.late",
            ),
        ),
    ),
)
WHOLE = "安全指数 = Σ 各项得分 ÷ Σ 各项满分 × 100；没有这类对象的项目不计入。"
"""What people read beside the index; `index` computes exactly this."""


def formula_on(day: date) -> Formula:
    """The formula in force on a day; before the first, the first."""
    return max(
        (one for one in FORMULAS if one.since <= day),
        key=lambda one: one.since,
        default=FORMULAS[0],
    )


def formula_named(name: str) -> Formula | None:
    """The formula of that name."""
    return next((one for one in FORMULAS if one.name == name), None)


def index(formula: Formula, counts: Totals) -> tuple[Fraction, tuple[Part, ...]]:
    """The index of 100 and the parts it is made of; parts of nothing are left out."""
    parts: list[Part] = []
    for one in formula.parts:
        share = one.reached(counts)
        if share is not None:
            told = {code: counts.get(code, 0) for code in one.figures}
            parts.append(Part(one.code, one.title, one.weight, share * one.weight, told))
    weights = sum(part.weight for part in parts)
    reached = sum((part.reached for part in parts), Fraction(0))
    return FULL * reached / weights, tuple(parts)


def thousandths(score: Fraction) -> int:
    """As it is kept; never rounded up."""
    return int(score * 1000)


def rounded(value: Fraction) -> str:
    """To one decimal, never rounded up: 99.96 is not yet a full score."""
    tenths = value.numerator * 10 // value.denominator
    return f"{tenths // 10}.{tenths % 10}"
