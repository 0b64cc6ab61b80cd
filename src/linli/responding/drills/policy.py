"""Decisions about drills: what may be played, and what handling is worth. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from linli.kernel.errors import BadInput, IllegalMove
from linli.responding.dispatch.contracts import Order, OrderState
from linli.responding.drills.contracts import (
    PASSING,
    SCENARIOS,
    Drill,
    DrillState,
    Mark,
    Scenario,
    Score,
)
from linli.responding.incidents.contracts import Incident, IncidentState, Stage, Step
from linli.responding.incidents.public import due_times

S = DrillState

MOVES: Mapping[DrillState, frozenset[DrillState]] = {
    S.CALLED: frozenset({S.RUNNING, S.CANCELLED, S.FAILED}),
    S.RUNNING: frozenset({S.SCORED}),
    S.SCORED: frozenset(),
    S.CANCELLED: frozenset(),
    S.FAILED: frozenset(),
}

# Until then the alarm has come, or it will not; and who has not ended a drill has gone home.
HEARD_WITHIN = timedelta(minutes=3)
LONGEST = timedelta(hours=4)

ACCEPT, ARRIVE, FIX, PROOF, VERIFY, CLOSE = 25, 20, 20, 15, 10, 10
FOR_RISING = 5
FOR_REOPENING = 10
GRADES = ((90, "优秀"), (75, "良好"), (PASSING, "合格"), (0, "不合格"))
OVER = frozenset(
    {
        IncidentState.CONFIRMED,
        IncidentState.CLOSED,
        IncidentState.FALSE_ALARM,
        IncidentState.MERGED,
    }
)
DONE = frozenset({IncidentState.CONFIRMED, IncidentState.CLOSED})


class NotForTraining(BadInput):
    code = "not_for_training"
    text = "这里是真实的小区，演练只能在练习小区进行"


class NoSuchScenario(BadInput):
    code = "no_such_scenario"
    text = "没有这个演练科目"


class WrongDevice(BadInput):
    code = "wrong_device"
    text = "这台设备演不了这个科目"


def scenario_coded(code: str) -> Scenario:
    """The scenario of this code. Raises NoSuchScenario."""
    found = next((one for one in SCENARIOS if one.code == code), None)
    if found is None:
        known = "、".join(one.title for one in SCENARIOS)
        raise NoSuchScenario(field="scenario", remedy=f"可选：{known}")
    return found


def moved(before: DrillState, after: DrillState) -> DrillState:
    """The state after the move. Raises IllegalMove."""
    if after not in MOVES[before]:
        raise IllegalMove(f"演练{before.words}，不能再改为“{after.words}”")
    return after


@dataclass(frozen=True, slots=True)
class Handling:
    """What was done about the incident of a drill, and until when it had to be.

    Times are aware; None: it was not done. `risen` counts how often the clock sent it upwards.
    """

    received_at: datetime
    due: Mapping[Stage, datetime]
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    fixed_at: datetime | None = None
    proved: bool = False
    verified: bool = False
    closed: bool = False
    called_false: bool = False
    risen: int = 0
    reopened: int = 0


def handling_of(incident: Incident, orders: Sequence[Order], story: Sequence[Step]) -> Handling:
    """What an incident, its orders and its story tell about how it was handled.

    The first to take it counts as accepting it; who says it is solved without an order, as fixing.
    """
    began = story[0].at if story else incident.received_at
    taken = [step.at for step in story if step.kind == "take"]
    accepted = [one.accepted_at for one in orders if one.accepted_at is not None]
    arrived = [one.arrived_at for one in orders if one.arrived_at is not None]
    fixed = [one.fixed_at for one in orders if one.fixed_at is not None]
    resolved = [step for step in story if step.kind == "resolve"]
    return Handling(
        received_at=began,
        due=due_times(incident.severity, began),
        accepted_at=min((*taken, *accepted), default=None),
        arrived_at=min(arrived, default=None),
        fixed_at=max(fixed, default=None) or max((step.at for step in resolved), default=None),
        proved=any(one.fixed_at is not None and one.evidence for one in orders)
        or any(step.evidence for step in resolved),
        verified=any(one.state is OrderState.VERIFIED for one in orders),
        closed=incident.state in DONE,
        called_false=incident.state is IncidentState.FALSE_ALARM,
        risen=sum(
            step.kind in {"raised", "overdue"} and step.actor_kind == "clock" for step in story
        ),
        reopened=incident.reopened_times,
    )


def hands(orders: Sequence[Order], story: Sequence[Step]) -> tuple[UUID, ...]:
    """The accounts that did something in an incident, or to whom an order of it went."""
    did = [step.actor_id for step in story if step.actor_kind == "person"]
    sent = [who for order in orders for who in (order.offer.assignee_id, order.fixed_by)]
    return tuple(dict.fromkeys(who for who in (*did, *sent) if who is not None))


def result_said(drill: Drill, score: Score) -> str:
    """A drill's score for those who took part: what was not earned in full, and why."""
    lost = [
        f"{mark.title} {mark.points}/{mark.most}（{mark.words}）"
        for mark in score.marks
        if mark.points < mark.most
    ]
    said = f"{drill.title} · {drill.place_path or drill.device_title}。"
    said += "每一项都拿满了。" if not lost else f"没有拿满的：{'；'.join(lost)}。"
    return f"{said}评语：{drill.remark}" if drill.remark else said


def score(done: Handling) -> Score:
    """What the handling is worth, of 100, with a reason for every mark.

    In time gives all points; then they melt evenly, and at twice the time there are none left.
    """
    marks = [
        _timed("accept", "接警", ACCEPT, done, done.accepted_at, Stage.ACCEPT),
        _timed("arrive", "到场", ARRIVE, done, done.arrived_at, Stage.ARRIVE),
        _timed("fix", "处置", FIX, done, done.fixed_at, Stage.FIX),
        _yes("proof", "留证", PROOF, done.proved, "处理结果附了照片", "处理结果还没有照片"),
        _yes("verify", "核实", VERIFY, done.verified, "另一个人核实过", "处理结果还没有人核实"),
        _yes("close", "办结", CLOSE, done.closed, "已确认解决", "还没有确认解决"),
    ]
    if done.called_false:
        words = "把演练的险情当作误报办结了"
        marks = [
            mark if mark.code == "accept" else Mark(mark.code, mark.title, 0, mark.most, words)
            for mark in marks
        ]
    if done.risen:
        words = f"超过时限，被逐级上报{done.risen}次，每次扣{FOR_RISING}分"
        marks.append(Mark("risen", "超时上报", -FOR_RISING * done.risen, 0, words))
    if done.reopened:
        words = f"办结后又重新打开{done.reopened}次，每次扣{FOR_REOPENING}分"
        marks.append(Mark("reopened", "返工", -FOR_REOPENING * done.reopened, 0, words))
    points = max(0, sum(mark.points for mark in marks))
    return Score(tuple(marks), points, grade_of(points))


def grade_of(points: int) -> str:
    """优秀 from 90, 良好 from 75, 合格 from 60."""
    return next(words for least, words in GRADES if points >= least)


def _timed(
    code: str, title: str, most: int, done: Handling, at: datetime | None, stage: Stage
) -> Mark:
    allowed = done.due[stage] - done.received_at
    limit = f"{span_said(allowed)}内满分，到{span_said(2 * allowed)}减为零"
    if at is None:
        return Mark(code, title, 0, most, f"还没做（{limit}）")
    took = max(at - done.received_at, timedelta())
    late = (took - allowed) / allowed
    points = most if late <= 0 else max(0, round(most * (1 - late)))
    return Mark(code, title, points, most, f"用时{span_said(took)}（{limit}）")


def _yes(code: str, title: str, most: int, yes: bool, good: str, bad: str) -> Mark:
    return Mark(code, title, most if yes else 0, most, good if yes else bad)


def span_said(span: timedelta) -> str:
    """A span as people say it: 42秒, 3分20秒, 2小时5分."""
    seconds = round(span.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
    if minutes:
        return f"{minutes}分{left}秒" if left else f"{minutes}分钟"
    return f"{left}秒"
