"""Deadlines: set, moved, taken back, claimed once, and put back after a failure."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.stage import NOON, Stage

from linli.kernel.database import transaction
from linli.kernel.deadlines import (
    Deadline,
    claim_due,
    clear_deadlines,
    next_due,
    put_back,
    set_deadline,
)
from linli.kernel.work import Work, Workshop

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
async def work(stage: Stage) -> Work:
    return await stage.machine()


async def test_a_deadline_is_claimed_when_due_and_only_once(work: Work) -> None:
    accept = Deadline("incident.accept", ONE, NOON, context={"level": "property"})
    await set_deadline(work, accept)
    before = NOON - timedelta(microseconds=1)
    assert await claim_due(work.connection, before) == []
    assert await claim_due(work.connection, NOON) == [accept]
    assert await claim_due(work.connection, NOON) == []


async def test_setting_it_again_moves_it_and_forgets_its_failures(work: Work) -> None:
    await set_deadline(work, Deadline("incident.accept", ONE, NOON))
    (failed,) = await claim_due(work.connection, NOON)
    await put_back(work.connection, failed, NOON + timedelta(minutes=1))
    later = Deadline("incident.accept", ONE, NOON + timedelta(hours=1), context={"n": 2})
    await set_deadline(work, later)
    assert await claim_due(work.connection, NOON + timedelta(minutes=30)) == []
    assert await claim_due(work.connection, NOON + timedelta(hours=1)) == [later]


async def test_a_failure_is_counted_each_time(work: Work) -> None:
    await set_deadline(work, Deadline("rule.absence", ONE, NOON, detail="water"))
    for attempt in range(3):
        (found,) = await claim_due(work.connection, NOON)
        assert found.attempts == attempt
        await put_back(work.connection, found, NOON)


async def test_taking_back_touches_one_subject_and_the_kinds_that_begin_so(work: Work) -> None:
    for kind in ("incident.accept", "incident.arrive", "incidental", "rule.absence"):
        for subject in (ONE, OTHER):
            await set_deadline(work, Deadline(kind, subject, NOON))
    await set_deadline(work, Deadline("rule.absence", ONE, NOON, detail="water"))
    await clear_deadlines(work, ONE, kind="incident.")
    await clear_deadlines(work, ONE, kind="rule.absence", detail="water")
    left = await claim_due(work.connection, NOON)
    assert sorted((d.kind, d.subject_id.int, d.detail) for d in left) == [
        ("incident.accept", 2, ""),
        ("incident.arrive", 2, ""),
        ("incidental", 1, ""),
        ("incidental", 2, ""),
        ("rule.absence", 1, ""),
        ("rule.absence", 2, ""),
    ]


@pytest.mark.parametrize("kind", ["%", "_ncident.accept", "incident_accept"])
async def test_signs_of_patterns_are_only_signs(work: Work, kind: str) -> None:
    await set_deadline(work, Deadline("incident.accept", ONE, NOON))
    await clear_deadlines(work, ONE, kind=kind)
    assert await next_due(work.connection) == NOON


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(-60, 60), max_size=12), st.integers(1, 5))
async def test_the_earliest_come_first_and_none_that_is_not_due(
    stage: Stage, minutes: list[int], most: int
) -> None:
    work = await stage.machine()
    async with work.connection.begin_nested() as trial:
        for number, minute in enumerate(minutes):
            due_at = NOON + timedelta(minutes=minute)
            await set_deadline(work, Deadline("trial", UUID(int=number), due_at))
        claimed: list[Deadline] = []
        while batch := await claim_due(work.connection, NOON, most=most):
            assert len(batch) <= most
            claimed.extend(batch)
        moments = [deadline.due_at for deadline in claimed]
        assert moments == sorted(NOON + timedelta(minutes=m) for m in minutes if m <= 0)
        waiting = [minute for minute in minutes if minute > 0]
        expected = NOON + timedelta(minutes=min(waiting)) if waiting else None
        assert await next_due(work.connection) == expected
        await trial.rollback()


async def test_two_workers_never_hold_the_same_deadline(machine: Workshop) -> None:
    async with machine.work() as work:
        for number in range(10):
            await set_deadline(work, Deadline("trial", UUID(int=number), NOON))
    async with transaction(machine.engine) as one, transaction(machine.engine) as other:
        first = await claim_due(one, NOON, most=6)
        second = await claim_due(other, NOON, most=6)
        assert (len(first), len(second)) == (6, 4)
        assert not {d.subject_id for d in first} & {d.subject_id for d in second}


async def test_a_worker_that_died_gives_its_deadlines_back(machine: Workshop) -> None:
    async with machine.work() as work:
        await set_deadline(work, Deadline("trial", ONE, NOON))
    async with machine.engine.connect() as dying:
        assert len(await claim_due(dying, NOON)) == 1
        await dying.invalidate()
    async with transaction(machine.engine) as connection:
        assert len(await claim_due(connection, NOON)) == 1
