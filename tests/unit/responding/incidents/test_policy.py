"""An incident is moved by the table, rises by the clock, and its story cannot be altered."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.responding.findings import AT, INCIDENT, ORDER, ZHANG

from linli.kernel.errors import BadInput, Forbidden, IllegalMove, StaleVersion
from linli.responding.alerts.contracts import Severity
from linli.responding.dispatch.contracts import Order, OrderState
from linli.responding.incidents import policy
from linli.responding.incidents.contracts import (
    Incident,
    IncidentMove,
    IncidentState,
    Level,
    Stage,
    StepDraft,
)

ALL = frozenset({"see_incidents", "handle_incidents", "dispatch_orders"})


def go(incident: Incident, move: IncidentMove, words: str = "情况属实") -> Incident:
    asked = policy.Asked(move, words, ALL, into=UUID(int=77))
    return policy.moved(incident, asked, AT, expected_version=incident.version)


def test_from_alarm_to_archive() -> None:
    incident = go(INCIDENT, IncidentMove.TAKE)
    incident = go(incident, IncidentMove.RESOLVE, "已劝离")
    assert not incident.ringing
    incident = go(go(incident, IncidentMove.CONFIRM), IncidentMove.CLOSE)
    assert (incident.state, incident.ended_at) == (IncidentState.CLOSED, AT)


def test_nothing_ends_without_a_reason() -> None:
    for move in (IncidentMove.RESOLVE, IncidentMove.MARK_FALSE_ALARM):
        with pytest.raises(BadInput) as bare:
            go(INCIDENT, move, " ")
        assert bare.value.field == "words"


def test_a_verified_order_speaks_for_itself() -> None:
    asked = policy.Asked(IncidentMove.RESOLVE, "", ALL, proved=True)
    resolved = policy.moved(INCIDENT, asked, AT, expected_version=None)
    assert resolved.state is IncidentState.RESOLVED


def test_what_is_closed_is_reopened_and_its_time_starts_anew() -> None:
    closed = go(INCIDENT, IncidentMove.MARK_FALSE_ALARM)
    later = AT + timedelta(hours=3)
    asked = policy.Asked(IncidentMove.REOPEN, "确有其事", ALL)
    reopened = policy.moved(closed, asked, later, expected_version=closed.version)
    assert (reopened.state, reopened.reopened_times) == (IncidentState.HANDLING, 1)
    assert (reopened.received_at, reopened.ended_at) == (later, None)


def test_rights_and_versions_are_asked_for() -> None:
    nobody = policy.Asked(IncidentMove.TAKE, "", frozenset({"see_incidents"}))
    with pytest.raises(Forbidden):
        policy.moved(INCIDENT, nobody, AT, expected_version=None)
    asked = policy.Asked(IncidentMove.TAKE, "", ALL)
    with pytest.raises(StaleVersion):
        policy.moved(INCIDENT, asked, AT, expected_version=99)


@given(st.lists(st.sampled_from(IncidentMove), max_size=12))
def test_shown_moves_are_those_that_work(moves: list[IncidentMove]) -> None:
    incident = INCIDENT
    for move in moves:
        shown = move in policy.allowed(incident, ALL)
        try:
            moved = go(incident, move)
        except IllegalMove:
            assert not shown
            continue
        assert shown or move is IncidentMove.RAISE_LEVEL
        assert (moved.ended_at is not None) == (moved.state in policy.ENDED)
        incident = moved


def test_each_stage_has_its_deadline_from_the_moment_of_receipt() -> None:
    due = policy.DUE[Severity.DANGER]
    offered = replace(ORDER, state=OrderState.OFFERED)
    accepted = replace(ORDER, state=OrderState.ACCEPTED)
    arrived = replace(ORDER, state=OrderState.ARRIVED)
    fixed = replace(ORDER, state=OrderState.FIXED)
    stages: tuple[tuple[list[Order], Stage], ...] = (
        ([], Stage.ACCEPT),
        ([offered], Stage.ACCEPT),
        ([accepted], Stage.ARRIVE),
        ([offered, arrived], Stage.FIX),
        ([fixed], Stage.VERIFY),
    )
    for orders, stage in stages:
        timed = policy.timed(INCIDENT, orders)
        assert (timed.stage, timed.due_at) == (stage, AT + due[stage])
    followed = replace(INCIDENT, taken_by_id=ZHANG)
    assert policy.timed(followed, ()).stage is Stage.FIX


def test_a_raised_deadline_is_not_forgotten_by_the_next_change() -> None:
    raised = replace(policy.timed(INCIDENT, ()), due_at=AT + timedelta(minutes=9), overdue=True)
    assert policy.timed(raised, ()) == raised
    moved_on = policy.timed(raised, (replace(ORDER, state=OrderState.ACCEPTED),))
    assert (moved_on.stage, moved_on.overdue) == (Stage.ARRIVE, False)


def test_the_ladder_ends_at_the_county() -> None:
    climbed = [Level.PROPERTY]
    while (above := policy.next_level(climbed[-1])) is not None:
        climbed.append(above)
    assert climbed == [Level.PROPERTY, Level.COMMUNITY, Level.STREET, Level.COUNTY]


def test_the_worse_the_sooner() -> None:
    ranked = sorted(Severity, key=lambda severity: -severity.rank)
    for stage in Stage:
        spans = [policy.DUE[severity][stage] for severity in ranked]
        assert spans == sorted(spans)
        assert len(set(spans)) == len(spans)


steps = st.builds(
    StepDraft,
    kind=st.sampled_from(["note", "alert"]),
    title=st.text(max_size=20),
    words=st.text(max_size=50),
    evidence=st.lists(st.uuids(), max_size=2).map(tuple),
    detail=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
    actor_name=st.text(max_size=8),
)


@given(steps)
def test_anybody_can_work_the_hash_of_a_step_out_with_their_own_json(step: StepDraft) -> None:
    said = {
        "before": "beginning",
        "incident": str(INCIDENT.id),
        "seq": 3,
        "at": AT.isoformat(),
        "actor": step.actor_name,
        "actor_kind": step.actor_kind,
        "kind": step.kind,
        "title": step.title,
        "words": step.words,
        "evidence": [str(one) for one in step.evidence],
        "detail": step.detail,
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert policy.step_hash("beginning", INCIDENT.id, 3, step, AT) == expected


@given(st.lists(steps, min_size=1, max_size=6), st.data())
def test_a_story_altered_anywhere_no_longer_fits(
    story: list[StepDraft], data: st.DataObject
) -> None:
    def chain(told: list[StepDraft]) -> str:
        before = ""
        for number, step in enumerate(told, start=1):
            before = policy.step_hash(before, INCIDENT.id, number, step, AT)
        return before

    place = data.draw(st.integers(0, len(story) - 1))
    altered = [*story]
    altered[place] = replace(altered[place], words=altered[place].words + "。")
    assert chain(altered) != chain(story)


def test_the_line_of_the_desk() -> None:
    line = policy.line_of("阳光花园", "3号楼 3号电梯", "发现电动自行车进入", "请及时处置")
    assert line == "阳光花园 3号楼 3号电梯 发现电动自行车进入，请及时处置"
