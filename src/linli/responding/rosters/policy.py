"""Decisions about rosters. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from linli.kernel.errors import BadInput, Forbidden, IllegalMove, StaleVersion
from linli.kernel.time import SHANGHAI, on_wall
from linli.responding.rosters.contracts import (
    Handover,
    Pattern,
    Shift,
    ShiftState,
    Swap,
    SwapMove,
    SwapState,
)

MIDNIGHT = 24 * 60
SHORTEST = timedelta(minutes=30)
LONGEST = timedelta(hours=24)
MOST_AT_ONCE = 400
FARTHEST = timedelta(days=370)
# From so long before its beginning a shift can be begun.
EARLY = timedelta(minutes=30)
# Who has not come by then is missed, and who plans is told.
LATE = timedelta(minutes=15)
# Nobody checked out and nobody took over: the shift ends by itself.
FORGOTTEN = timedelta(hours=2)

# These take a person's time; cancelled and missed ones do not.
BUSY = frozenset({ShiftState.PLANNED, ShiftState.WORKING, ShiftState.DONE})

SWAPS: Mapping[tuple[SwapState, SwapMove], SwapState] = {
    (SwapState.ASKED, SwapMove.AGREE): SwapState.AGREED,
    (SwapState.ASKED, SwapMove.DECLINE): SwapState.DECLINED,
    (SwapState.ASKED, SwapMove.WITHDRAW): SwapState.WITHDRAWN,
    (SwapState.ASKED, SwapMove.LAPSE): SwapState.LAPSED,
    (SwapState.AGREED, SwapMove.APPROVE): SwapState.APPROVED,
    (SwapState.AGREED, SwapMove.REJECT): SwapState.REJECTED,
    (SwapState.AGREED, SwapMove.WITHDRAW): SwapState.WITHDRAWN,
    (SwapState.AGREED, SwapMove.LAPSE): SwapState.LAPSED,
}
OPEN_SWAPS = frozenset({SwapState.ASKED, SwapState.AGREED})


class Overlap(BadInput):
    code = "shift_overlap"
    text = "这段时间已经排了班"


class TooEarly(IllegalMove):
    code = "shift_too_early"
    text = "还没到上岗时间"


class NotYourShift(Forbidden):
    code = "shift_not_yours"
    text = "这是别人的班次"


@dataclass(frozen=True, slots=True)
class Draft:
    """A shift somebody wants to plan."""

    account_id: UUID
    name: str
    title: str
    post: str
    starts_at: datetime
    ends_at: datetime


def pattern_given(pattern: Pattern) -> Pattern:
    """The pattern, if it can be planned by. Raises BadInput naming the field."""
    if not pattern.title.strip():
        raise BadInput("请填写班次名称", field="title", remedy="例如“白班”")
    if not pattern.post.strip():
        raise BadInput("请填写岗位", field="post", remedy="例如“治理大厅值班席”")
    if not 0 <= pattern.starts_at < MIDNIGHT:
        raise BadInput("开始时间应在 00:00 到 23:59 之间", field="starts_at")
    if not SHORTEST <= timedelta(minutes=pattern.minutes) <= LONGEST:
        raise BadInput("一个班次应为半小时到 24 小时", field="minutes")
    return replace(pattern, title=pattern.title.strip(), post=pattern.post.strip())


def on_day(pattern: Pattern, day: date) -> tuple[datetime, datetime]:
    """When the pattern's shift of this day begins and ends; a night shift ends the day after."""
    start = datetime.combine(day, time(), SHANGHAI) + timedelta(minutes=pattern.starts_at)
    return start.astimezone(UTC), (start + timedelta(minutes=pattern.minutes)).astimezone(UTC)


def in_turns(
    pattern: Pattern,
    people: Sequence[tuple[UUID, str]],
    days: Sequence[date],
    *,
    at_once: int = 1,
) -> tuple[Draft, ...]:
    """Plan the days in turns: `at_once` people each day, the next ones on the next day.

    Raises:
        BadInput: nobody or no day chosen, more at once than there are people, too many shifts.
    """
    if not people:
        raise BadInput("请选择排班人员", field="account_ids")
    if not days:
        raise BadInput("请选择日期", field="days")
    if not 1 <= at_once <= len(people):
        raise BadInput("每班人数不能超过所选人数", field="at_once")
    if len(days) * at_once > MOST_AT_ONCE:
        raise BadInput(f"一次最多排 {MOST_AT_ONCE} 个班次", field="days", remedy="请分几次排")
    planned: list[Draft] = []
    turn = 0
    for day in sorted(set(days)):
        starts_at, ends_at = on_day(pattern, day)
        for _ in range(at_once):
            account_id, name = people[turn % len(people)]
            planned.append(Draft(account_id, name, pattern.title, pattern.post, starts_at, ends_at))
            turn += 1
    return tuple(planned)


def may_plan(draft: Draft, now: datetime) -> None:
    """Refuse times nobody can mean. Raises BadInput naming the field."""
    if not SHORTEST <= draft.ends_at - draft.starts_at <= LONGEST:
        raise BadInput("一个班次应为半小时到 24 小时", field="ends_at")
    if draft.ends_at <= now:
        raise BadInput("不能排已经过去的班", field="starts_at")
    if draft.starts_at - now > FARTHEST:
        raise BadInput("最多提前一年排班", field="starts_at")


def check_free(
    account_id: UUID, starts_at: datetime, ends_at: datetime, others: Iterable[Shift]
) -> None:
    """Refuse a time in which the person already has a shift. Raises Overlap."""
    for other in others:
        if (
            other.account_id == account_id
            and other.state in BUSY
            and other.starts_at < ends_at
            and starts_at < other.ends_at
        ):
            raise Overlap(
                f"{other.name} {on_wall(other.starts_at)[:16]} 已经排了“{other.title}”",
                field="account_ids",
                remedy="换一个人，或先取消原来的班次",
            )


def check_in(shift: Shift, account_id: UUID, now: datetime) -> Shift:
    """The shift begun by its own person. Raises NotYourShift, TooEarly, IllegalMove."""
    if shift.account_id != account_id:
        raise NotYourShift
    if shift.state not in {ShiftState.PLANNED, ShiftState.MISSED}:
        raise IllegalMove(f"班次{shift.state.words}，不能上岗")
    if now < shift.starts_at - EARLY:
        raise TooEarly(f"还没到上岗时间，{on_wall(shift.starts_at - EARLY)[11:16]} 起可以签到")
    if now >= shift.ends_at:
        raise IllegalMove("这个班次已经结束")
    return _moved(replace(shift, checked_in_at=now), ShiftState.WORKING)


def check_out(shift: Shift, now: datetime) -> Shift:
    """The shift ended. Raises IllegalMove."""
    if shift.state is not ShiftState.WORKING:
        raise IllegalMove(f"班次{shift.state.words}，不能下岗")
    return _moved(replace(shift, checked_out_at=now), ShiftState.DONE)


def cancel(shift: Shift) -> Shift:
    """The shift taken off the roster. Raises IllegalMove when it has begun."""
    if shift.state not in {ShiftState.PLANNED, ShiftState.MISSED}:
        raise IllegalMove(f"班次{shift.state.words}，不能取消")
    return _moved(shift, ShiftState.CANCELLED)


def miss(shift: Shift) -> Shift | None:
    """The shift nobody came to, or None when somebody did or it is off."""
    return _moved(shift, ShiftState.MISSED) if shift.state is ShiftState.PLANNED else None


def handed_to(shift: Shift, account_id: UUID, name: str) -> Shift:
    """The planned shift, now another's."""
    return replace(shift, account_id=account_id, name=name, version=shift.version + 1)


def _moved(shift: Shift, state: ShiftState) -> Shift:
    return replace(shift, state=state, version=shift.version + 1)


# ── swaps ──


@dataclass(frozen=True, slots=True)
class Asking:
    """Who moves a swap, and whether they plan the organisation's roster."""

    account_id: UUID | None
    plans: bool


def may_ask(shift: Shift, in_return: Shift | None, colleague_id: UUID, asker: UUID) -> None:
    """Refuse a swap that cannot come true. Raises NotYourShift, BadInput, IllegalMove."""
    if shift.account_id != asker:
        raise NotYourShift
    if colleague_id == asker:
        raise BadInput("请选择另一位同事", field="colleague_id")
    if in_return is not None and (
        in_return.account_id != colleague_id or in_return.organisation_id != shift.organisation_id
    ):
        raise BadInput("换回的班次不是这位同事的", field="in_return")
    for one in (shift, in_return):
        if one is not None and one.state is not ShiftState.PLANNED:
            raise IllegalMove(f"班次{one.state.words}，不能调换")


def allowed(swap: Swap, asking: Asking) -> tuple[SwapMove, ...]:
    """The moves this person may make now."""
    return tuple(
        move
        for (state, move) in SWAPS
        if state is swap.state and move is not SwapMove.LAPSE and _may(swap, move, asking)
    )


def _may(swap: Swap, move: SwapMove, asking: Asking) -> bool:
    if asking.account_id is None:
        return False
    match move:
        case SwapMove.AGREE | SwapMove.DECLINE:
            return asking.account_id == swap.colleague_id
        case SwapMove.APPROVE | SwapMove.REJECT:
            concerned = {swap.asker_id, swap.colleague_id}
            return asking.plans and asking.account_id not in concerned
        case SwapMove.WITHDRAW:
            return asking.account_id == swap.asker_id
        case SwapMove.LAPSE:
            return False


def move_swap(
    swap: Swap,
    move: SwapMove,
    asking: Asking,
    *,
    now: datetime,
    answer: str = "",
    expected_version: int | None = None,
) -> Swap:
    """The swap after the move. Raises IllegalMove, StaleVersion, Forbidden, BadInput."""
    target = SWAPS.get((swap.state, move))
    if target is None:
        raise IllegalMove(f"换班申请{swap.state.words}，不能再“{move.words}”")
    if expected_version is not None and expected_version != swap.version:
        raise StaleVersion
    if move is not SwapMove.LAPSE and not _may(swap, move, asking):
        raise Forbidden
    if move in {SwapMove.DECLINE, SwapMove.REJECT} and not answer.strip():
        raise BadInput("请说明原因", field="answer")
    return replace(
        swap,
        state=target,
        version=swap.version + 1,
        answer=answer.strip() or swap.answer,
        ended_at=None if target in OPEN_SWAPS else now,
    )


# ── hand-over ──


def may_take(handover: Handover, account_id: UUID) -> None:
    """Refuse a hand-over taken twice or by who gave it. Raises IllegalMove, Forbidden."""
    if handover.taken_at is not None:
        raise IllegalMove(f"{handover.to_name}已经接班")
    if handover.from_account == account_id:
        raise Forbidden("要由接班的人确认")
