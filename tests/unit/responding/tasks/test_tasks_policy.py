"""Who may do what with a task, and who is named first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.directory.grids.contracts import Grid, GridDraft
from linli.directory.grids.policy import given as grid_given
from linli.directory.grids.policy import grid_of
from linli.kernel.errors import BadInput, Forbidden, IllegalMove
from linli.responding.tasks import policy
from linli.responding.tasks.contracts import Candidate, Task, TaskDraft, TaskMove, TaskState

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CHIEF, LIU, OTHER = (UUID(int=n) for n in (1, 2, 3))
TASK = Task(
    id=UUID(int=9), organisation_id=UUID(int=8), estate_id=None, place_id=None, place_path="",
    title="检查消防通道", words="", giver_id=CHIEF, giver_name="陈", assignee_id=LIU,
    assignee_name="刘", given_at=NOON, due_at=NOON + timedelta(hours=4), state=TaskState.GIVEN,
    version=1,
)  # fmt: skip


@given(
    state=st.sampled_from(TaskState),
    move=st.sampled_from(TaskMove),
    who=st.sampled_from((CHIEF, LIU, OTHER, None)),
    leads=st.booleans(),
    giver=st.sampled_from((CHIEF, LIU, None)),
)
def test_a_task_moves_only_as_the_table_and_the_rights_say(
    state: TaskState, move: TaskMove, who: UUID | None, *, leads: bool, giver: UUID | None
) -> None:
    task = replace(TASK, state=state, giver_id=giver)
    mover = policy.Mover(who, leads)
    step = policy.Step(move, "办好了", (uuid4(),), NOON)
    shown = move in policy.allowed(task, mover)
    try:
        after = policy.move(task, step, mover, expected_version=1)
    except IllegalMove:
        assert (state, move) not in policy.MOVES
        assert not shown
    except Forbidden:
        assert not shown
    else:
        assert shown
        assert (after.state, after.version) == (policy.MOVES[state, move], 2)
        assert (after.ended_at is None) == (after.state in policy.OPEN)
        if move is TaskMove.DO:
            assert who == LIU
        else:
            assert leads or who == giver
            assert who != LIU or giver == LIU


@pytest.mark.parametrize(
    ("words", "evidence", "field"), [(" ", (uuid4(),), "words"), ("好", (), "evidence")]
)
def test_what_is_done_is_told_and_shown(words: str, evidence: tuple[UUID, ...], field: str) -> None:
    step = policy.Step(TaskMove.DO, words, evidence, NOON)
    with pytest.raises(BadInput) as refused:
        policy.move(TASK, step, policy.Mover(LIU, leads=False), expected_version=None)
    assert refused.value.field == field


def test_a_task_has_a_name_and_a_time_ahead() -> None:
    draft = TaskDraft(UUID(int=8), None, " 巡楼 ", "", LIU, NOON + timedelta(hours=1))
    assert policy.given(draft, NOON).title == "巡楼"
    for wrong, field in (
        (replace(draft, title=" "), "title"),
        (replace(draft, due_at=NOON), "due_at"),
        (replace(draft, due_at=NOON + timedelta(days=400)), "due_at"),
    ):
        with pytest.raises(BadInput) as refused:
            policy.given(wrong, NOON)
        assert refused.value.field == field


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 9)), max_size=12))
def test_who_knows_the_grid_is_named_first(people: list[tuple[bool, bool, int]]) -> None:
    found = policy.most_fitting_first(
        [
            Candidate(UUID(int=n), "", "", on_duty=on, of_grid=at_home, load=load, reason="")
            for n, (at_home, on, load) in enumerate(people, 1)
        ]
    )
    keys = [(not one.of_grid, not one.on_duty, one.load) for one in found]
    assert keys == sorted(keys)
    assert len(found) == len(people)


PLACES = [UUID(int=100 + n) for n in range(6)]


@given(
    taken=st.lists(st.sampled_from(PLACES), unique=True, max_size=6),
    wanted=st.lists(st.sampled_from([*PLACES, uuid4()]), max_size=8),
)
def test_a_building_lies_in_one_grid_only(taken: list[UUID], wanted: list[UUID]) -> None:
    community = UUID(int=50)
    other = Grid(UUID(int=60), community, "第一网格", (), tuple(taken))
    mine = Grid(UUID(int=61), community, "第二网格", (), ())

    def ask() -> GridDraft:
        return grid_given(
            GridDraft(" 第二网格 ", (LIU, LIU), tuple(wanted)),
            known=[other, mine],
            own=mine.id,
            crew={LIU},
            buildings=PLACES,
            names={},
        )

    if set(wanted) & set(taken) or set(wanted) - set(PLACES):
        with pytest.raises(BadInput) as refused:
            ask()
        assert refused.value.field == "buildings"
        return
    made = ask()
    assert (made.title, made.workers) == ("第二网格", (LIU,))
    drawn = replace(mine, buildings=made.buildings)
    for place in PLACES:
        home = grid_of([place, uuid4()], [other, drawn])
        assert home == (other if place in taken else drawn if place in wanted else None)


def test_a_grid_has_its_own_name_and_its_own_people() -> None:
    community = UUID(int=50)
    known = [Grid(UUID(int=60), community, "第一网格", (), ())]
    for draft, field in (
        (GridDraft("", (), ()), "title"),
        (GridDraft("第一网格", (), ()), "title"),
        (GridDraft("第三网格", (OTHER,), ()), "workers"),
    ):
        with pytest.raises(BadInput) as refused:
            grid_given(draft, known=known, own=None, crew={LIU}, buildings=(), names={})
        assert refused.value.field == field
