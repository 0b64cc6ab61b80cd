"""The score, and how figures add up from estates to the county. Pure."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from uuid import UUID

from linli.kernel.measures import Measure
from linli.screens.completeness.contracts import Count, Line

FULL = 100

FORMULA = "完整度 = Σ（权重 × 已有 ÷ 应有）÷ Σ 权重 × 100；没有这类记录的项目不计入。"
"""What people read beside the score; `score` computes exactly this."""

Counts = Mapping[str, Count]


def score(measures: Sequence[Measure], counts: Counts) -> Fraction | None:
    """The score of 100; None when there is nothing that could be complete."""
    told = [(one.weight, counts[one.code]) for one in measures if _there(counts, one.code)]
    weights = sum(weight for weight, _ in told)
    if not weights:
        return None
    reached = sum((weight * Fraction(c.have, c.total) for weight, c in told), Fraction(0))
    return FULL * reached / weights


def lines(measures: Sequence[Measure], counts: Counts) -> tuple[Line, ...]:
    """Every measure with what it takes from the full score, the worst first.

    What is lost in all lines and the score together are exactly 100.
    """
    weights = sum(one.weight for one in measures if _there(counts, one.code))
    made = [
        Line(
            code=one.code,
            title=one.title,
            group=one.group,
            weight=one.weight,
            opens=one.opens,
            count=counts[one.code],
            lost=FULL
            * one.weight
            * Fraction(counts[one.code].missing, counts[one.code].total)
            / weights,
        )
        for one in measures
        if _there(counts, one.code)
    ]
    return tuple(sorted(made, key=lambda line: (-line.lost, line.code)))


def added_up(counts: Sequence[Counts]) -> dict[str, Count]:
    """The figures of several places together: records are added, never percentages."""
    together: dict[str, Count] = {}
    for one in counts:
        for code, count in one.items():
            together[code] = together.get(code, Count(0, 0)) + count
    return together


def by_level(
    estates: Mapping[UUID, Counts], above: Mapping[UUID, Sequence[UUID]]
) -> dict[UUID, dict[str, Count]]:
    """The figures of every organisation, from those of the estates in it.

    `above` names for each estate the organisations over it (community, street, county).
    """
    gathered: dict[UUID, list[Counts]] = {}
    for estate_id, counts in estates.items():
        for organisation_id in above.get(estate_id, ()):
            gathered.setdefault(organisation_id, []).append(counts)
    return {organisation_id: added_up(some) for organisation_id, some in gathered.items()}


def rounded(value: Fraction) -> str:
    """To one decimal, never rounded up: 99.96 is not yet complete."""
    tenths = value.numerator * 10 // value.denominator
    return f"{tenths // 10}.{tenths % 10}"


def _there(counts: Counts, code: str) -> bool:
    return code in counts and counts[code].total > 0
