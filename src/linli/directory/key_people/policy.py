"""Decisions about key people: who is at risk, when a visit is due, what a state allows. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from linli.directory.key_people.contracts import (
    RISK_TITLES,
    Carer,
    Category,
    EntryMove,
    EntryState,
    Outcome,
    Risk,
)
from linli.directory.people.public import masked_name
from linli.kernel.errors import BadInput, IllegalMove
from linli.support.sealing.public import masked_phone

# In force since 2026-11-22; what changes gets an `until` and a successor.
_BEGIN = date(2026, 11, 22)
CATEGORIES: tuple[Category, ...] = (
    Category(
        code="elder_alone",
        title="独居老人",
        risk=Risk.MEDIUM,
        every_days=7,
        review_days=365,
        since=_BEGIN,
    ),
    Category(
        code="elder_80",
        title="80岁以上老人",
        risk=Risk.LOW,
        every_days=30,
        review_days=365,
        since=_BEGIN,
    ),
    Category(
        code="bedridden", title="卧床", risk=Risk.HIGH, every_days=7, review_days=180, since=_BEGIN
    ),
    Category(
        code="disabled",
        title="残疾人",
        risk=Risk.LOW,
        every_days=30,
        review_days=365,
        since=_BEGIN,
    ),
    Category(
        code="dementia",
        title="认知障碍",
        risk=Risk.HIGH,
        every_days=7,
        review_days=180,
        since=_BEGIN,
    ),
    Category(
        code="mental",
        title="精神障碍",
        risk=Risk.HIGH,
        every_days=14,
        review_days=180,
        since=_BEGIN,
    ),
    Category(
        code="child_alone",
        title="留守儿童",
        risk=Risk.MEDIUM,
        every_days=14,
        review_days=180,
        since=_BEGIN,
    ),
    Category(
        code="special_support",
        title="特困人员",
        risk=Risk.MEDIUM,
        every_days=14,
        review_days=365,
        since=_BEGIN,
    ),
    Category(
        code="low_income",
        title="低保家庭",
        risk=Risk.LOW,
        every_days=90,
        review_days=365,
        since=_BEGIN,
    ),
)

_LEVELS: Mapping[Risk, int] = {Risk.LOW: 0, Risk.MEDIUM: 1, Risk.HIGH: 2}
_BY_LEVEL = {level: risk for risk, level in _LEVELS.items()}
UNMET_IN_A_ROW = 2
SHORTEST_REASON = 4

ENTRY_MOVES: Mapping[tuple[EntryState, EntryMove], EntryState] = {
    (EntryState.ACTIVE, EntryMove.EXPIRE): EntryState.EXPIRED,
    (EntryState.ACTIVE, EntryMove.END): EntryState.ENDED,
    (EntryState.ACTIVE, EntryMove.RENEW): EntryState.ACTIVE,
    (EntryState.EXPIRED, EntryMove.RENEW): EntryState.ACTIVE,
    (EntryState.EXPIRED, EntryMove.END): EntryState.ENDED,
    (EntryState.ENDED, EntryMove.RENEW): EntryState.ACTIVE,
}


class NoSuchCategory(BadInput):
    code = "no_such_category"
    text = "没有这个类别，或者它现在不再使用"


class WordsNeeded(BadInput):
    code = "words_needed"
    text = "请写明原因（至少 4 个字）"


def titles() -> Mapping[str, str]:
    """Every category there ever was, in words."""
    return {one.code: one.title for one in CATEGORIES}


def in_force(
    day: date, county: UUID | None = None, known: Sequence[Category] = CATEGORIES
) -> tuple[Category, ...]:
    """The categories that may be entered on a day in a county."""
    return tuple(
        one
        for one in known
        if one.since <= day
        and (one.until is None or day < one.until)
        and (not one.counties or county in one.counties)
    )


def category_of(code: str, day: date) -> Category:
    """The category with a code.

    Raises:
        NoSuchCategory: there is none on that day.
    """
    for one in in_force(day):
        if one.code == code:
            return one
    raise NoSuchCategory(field="category")


def moved(state: EntryState, move: EntryMove) -> EntryState:
    """The state after a move.

    Raises:
        IllegalMove: the state does not allow it.
    """
    after = ENTRY_MOVES.get((state, move))
    if after is None:
        raise IllegalMove("这个类别已经退出或到期，不能再这样操作")
    return after


@dataclass(frozen=True, slots=True)
class Judged:
    """A level of risk, and why, in words."""

    risk: Risk
    reasons: tuple[str, ...]


def judged(codes: Iterable[str], outcomes: Sequence[Outcome] = ()) -> Judged:
    """How much is at risk: the worst category, one level more for two together or unmet visits.

    `outcomes` are those of the last visits, newest first.
    """
    held = [one for one in CATEGORIES if one.code in set(codes)]
    if not held:
        return Judged(Risk.LOW, ())
    worst = max(_LEVELS[one.risk] for one in held)
    reasons = [f"{one.title}：{RISK_TITLES[one.risk]}风险" for one in held]
    level = worst
    if sum(_LEVELS[one.risk] >= _LEVELS[Risk.LOW] for one in held) > 1:
        level += 1
        reasons.append("同时属于多个类别，上调一级")
    last = outcomes[:UNMET_IN_A_ROW]
    if len(last) == UNMET_IN_A_ROW and all(one is Outcome.NOT_HOME for one in last):
        level += 1
        reasons.append(f"连续 {UNMET_IN_A_ROW} 次上门无人，上调一级")
    return Judged(_BY_LEVEL[min(level, _LEVELS[Risk.HIGH])], tuple(reasons))


def next_visit(
    *, last: date | None, since: date, every_days: int | None, away_until: date | None
) -> date | None:
    """The day on which somebody should go; None without a plan.

    Who was never visited is due on the day of entering. While somebody is away nobody need go.
    """
    if every_days is None:
        return None
    due = since if last is None else last + timedelta(days=every_days)
    return due if away_until is None else max(due, away_until + timedelta(days=1))


def counts_as_visit(outcome: Outcome) -> bool:
    """Whether the plan is met: somebody was met or spoken to."""
    return outcome in {Outcome.MET, Outcome.PHONED, Outcome.DECLINED}


def usual_days(codes: Iterable[str]) -> int | None:
    """How often somebody of these categories is visited when nobody decided otherwise."""
    held = [one.every_days for one in CATEGORIES if one.code in set(codes)]
    return min(held, default=None)


def words_given(text: str, field: str = "reason") -> str:
    """Words that say why, trimmed.

    Raises:
        WordsNeeded: there are none worth the name.
    """
    given = text.strip()
    if len(given) < SHORTEST_REASON:
        raise WordsNeeded(field=field)
    return given


def masked_carers(carers: Iterable[Carer]) -> tuple[Carer, ...]:
    """Carers as those see them who gave no reason."""
    return tuple(
        Carer(masked_name(one.name), one.relation, masked_phone(one.phone)) for one in carers
    )
