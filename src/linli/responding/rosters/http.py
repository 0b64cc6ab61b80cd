"""Rosters over HTTP: patterns, shifts, swaps and hand-overs."""

from datetime import date, datetime, timedelta
from typing import Annotated, cast
from uuid import UUID

from fastapi import Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.kernel.errors import BadInput, NotFound, NotSignedIn
from linli.kernel.time import SHANGHAI
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.responding.rosters import policy, service, store
from linli.responding.rosters.contracts import (
    Handover,
    Pattern,
    Shift,
    ShiftState,
    Swap,
    SwapMove,
    SwapState,
)
from linli.responding.rosters.ports import NothingOpen, OpenMatters
from linli.support.sheets.public import Column, as_file

api = router("/api/rosters", tag="rosters")

LONGEST_LOOK = timedelta(days=62)
MOST = 100


class Wire(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class OrganisationShape(Wire):
    """An organisation whose roster one may see."""

    id: UUID
    title: str
    mine: bool


class PatternShape(Wire):
    """A kind of shift; `starts_at` in minutes after midnight here."""

    id: UUID
    title: str
    post: str
    starts_at: int
    minutes: int


class CrewShape(Wire):
    """Somebody who can be put on the roster."""

    account_id: UUID
    name: str
    role_title: str


class ShiftShape(Wire):
    """One person's turn; `mine` and what this person may do with it now."""

    id: UUID
    organisation_id: UUID
    account_id: UUID
    name: str
    title: str
    post: str
    starts_at: datetime
    ends_at: datetime
    state: ShiftState
    state_title: str
    version: int
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    mine: bool
    may_check_in: bool
    may_check_out: bool
    may_swap: bool
    may_cancel: bool


class RosterShape(Wire):
    """An organisation's roster over some days, with what one plans it by."""

    organisation_id: UUID
    may_plan: bool
    patterns: list[PatternShape]
    crew: list[CrewShape]
    shifts: list[ShiftShape]


class SwapMoveShape(Wire):
    """A move this person may make with a swap."""

    move: SwapMove
    title: str
    needs_words: bool


class SwapShape(Wire):
    """A wish to change shifts. `shift` or `in_return` is None when it is out of sight."""

    id: UUID
    organisation_id: UUID
    shift: ShiftShape | None
    in_return: ShiftShape | None
    asker_name: str
    colleague_name: str
    reason: str
    answer: str
    state: SwapState
    state_title: str
    version: int
    asked_at: datetime
    ended_at: datetime | None
    moves: list[SwapMoveShape]


class MatterShape(Wire):
    """Something that was open at the hand-over."""

    id: UUID
    code: str
    line: str
    severity: str
    state: str


class HandoverShape(Wire):
    """What one shift left to the next."""

    id: UUID
    organisation_id: UUID
    shift_id: UUID
    from_name: str
    note: str
    matters: list[MatterShape]
    given_at: datetime
    to_name: str
    taken_at: datetime | None
    remark: str
    may_take: bool


class PatternRequest(Wire):
    """A new kind of shift."""

    organisation_id: UUID
    title: Annotated[str, Field(max_length=40)]
    post: Annotated[str, Field(max_length=40)]
    starts_at: int
    minutes: int


class PlanRequest(Wire):
    """People by turns over days: `at_once` of them each day."""

    pattern_id: UUID
    account_ids: Annotated[list[UUID], Field(max_length=100)]
    days: Annotated[list[date], Field(max_length=400)]
    at_once: int = 1


class SwapRequest(Wire):
    """Ask a colleague to take a shift, perhaps against one of theirs."""

    shift_id: UUID
    colleague_id: UUID
    in_return: UUID | None = None
    reason: Annotated[str, Field(max_length=200)] = ""


class SwapMoveRequest(Wire):
    """A move of a swap."""

    move: SwapMove
    answer: Annotated[str, Field(max_length=200)] = ""
    expected_version: int | None = None


class HandoverRequest(Wire):
    """Words for the next one."""

    note: Annotated[str, Field(max_length=4000)]


class TakeRequest(Wire):
    """A remark on what was found."""

    remark: Annotated[str, Field(max_length=500)] = ""


def _open_matters(request: Request) -> OpenMatters:
    return cast("OpenMatters", getattr(request.app.state, "open_matters", NothingOpen()))


def shift_shape(shift: Shift, work: Work) -> ShiftShape:
    """The wire shape of a shift for the signed-in person."""
    mine = shift.account_id == work.scope.account_id
    waiting = shift.state in {ShiftState.PLANNED, ShiftState.MISSED}
    plans = service.asking_of(work, shift.organisation_id).plans
    return ShiftShape(
        id=shift.id,
        organisation_id=shift.organisation_id,
        account_id=shift.account_id,
        name=shift.name,
        title=shift.title,
        post=shift.post,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        state=shift.state,
        state_title=shift.state.words,
        version=shift.version,
        checked_in_at=shift.checked_in_at,
        checked_out_at=shift.checked_out_at,
        mine=mine,
        may_check_in=mine
        and waiting
        and shift.starts_at - policy.EARLY <= work.now < shift.ends_at,
        may_check_out=mine and shift.state is ShiftState.WORKING,
        may_swap=mine and shift.state is ShiftState.PLANNED,
        may_cancel=plans and waiting,
    )


async def _swap_shapes(work: Work, swaps: list[Swap]) -> list[SwapShape]:
    ids = {one for swap in swaps for one in (swap.shift_id, swap.in_return) if one is not None}
    shifts = await store.shifts_named(work.connection, ids)

    def seen(shift_id: UUID | None) -> ShiftShape | None:
        shift = shifts.get(shift_id) if shift_id else None
        return shift_shape(shift, work) if shift else None

    return [
        SwapShape(
            id=swap.id,
            organisation_id=swap.organisation_id,
            shift=seen(swap.shift_id),
            in_return=seen(swap.in_return),
            asker_name=swap.asker_name,
            colleague_name=swap.colleague_name,
            reason=swap.reason,
            answer=swap.answer,
            state=swap.state,
            state_title=swap.state.words,
            version=swap.version,
            asked_at=swap.asked_at,
            ended_at=swap.ended_at,
            moves=[
                SwapMoveShape(
                    move=move,
                    title=move.words,
                    needs_words=move in {SwapMove.DECLINE, SwapMove.REJECT},
                )
                for move in policy.allowed(swap, service.asking_of(work, swap.organisation_id))
            ],
        )
        for swap in swaps
    ]


def _handover_shape(handover: Handover, work: Work) -> HandoverShape:
    return HandoverShape(
        id=handover.id,
        organisation_id=handover.organisation_id,
        shift_id=handover.shift_id,
        from_name=handover.from_name,
        note=handover.note,
        matters=[
            MatterShape(
                id=matter.id,
                code=matter.code,
                line=matter.line,
                severity=matter.severity,
                state=matter.state,
            )
            for matter in handover.matters
        ],
        given_at=handover.given_at,
        to_name=handover.to_name,
        taken_at=handover.taken_at,
        remark=handover.remark,
        may_take=handover.taken_at is None and handover.from_account != work.scope.account_id,
    )


def _pattern_shape(pattern: Pattern) -> PatternShape:
    return PatternShape(
        id=pattern.id,
        title=pattern.title,
        post=pattern.post,
        starts_at=pattern.starts_at,
        minutes=pattern.minutes,
    )


def _span(since: datetime, until: datetime) -> None:
    if not timedelta() < until - since <= LONGEST_LOOK:
        raise BadInput("一次最多看两个月的排班", field="until", remedy="把日期范围缩小")


@api.get("")
async def show_roster(
    work: CurrentWork,
    organisation_id: UUID,
    since: Annotated[AwareDatetime, Query()],
    until: Annotated[AwareDatetime, Query()],
) -> RosterShape:
    """An organisation's shifts that touch the time, its patterns and its people.

    404 when the organisation is out of reach, 422 for more than two months.
    """
    require(work, service.SEE)
    _span(since, until)
    shifts = await service.shifts_seen(work, since, until, organisation_id)
    people = await service.crew(work, organisation_id)
    return RosterShape(
        organisation_id=organisation_id,
        may_plan=service.asking_of(work, organisation_id).plans,
        patterns=[
            _pattern_shape(one) for one in await store.patterns(work.connection, organisation_id)
        ],
        crew=[
            CrewShape(account_id=one.account_id, name=one.display_name, role_title=one.role_title)
            for one in people
        ],
        shifts=[shift_shape(shift, work) for shift in shifts],
    )


@api.get("/shifts")
async def list_shifts(
    work: CurrentWork,
    organisation_id: UUID,
    since: Annotated[AwareDatetime, Query()],
    until: Annotated[AwareDatetime, Query()],
) -> list[ShiftShape]:
    """An organisation's shifts that touch the time, those called off too, by their beginning.

    404 when the organisation is out of reach, 422 for more than two months.
    """
    require(work, service.SEE)
    _span(since, until)
    shifts = await service.shifts_seen(work, since, until, organisation_id)
    return [shift_shape(shift, work) for shift in shifts]


as_file(
    api,
    list_shifts,
    "排班",
    (
        Column("日期", lambda row: row.starts_at.astimezone(SHANGHAI).date()),
        Column("班次", lambda row: row.title),
        Column("岗位", lambda row: row.post),
        Column("人员", lambda row: row.name),
        Column("开始", lambda row: row.starts_at),
        Column("结束", lambda row: row.ends_at),
        Column("状态", lambda row: row.state_title),
        Column("签到", lambda row: row.checked_in_at),
        Column("签退", lambda row: row.checked_out_at),
    ),
    path="/shifts",
)


@api.get("/organisations")
async def list_organisations(work: CurrentWork) -> list[OrganisationShape]:
    """Whose rosters one may see, one's own first."""
    require(work, service.SEE)
    own, found = await service.organisations_seen(work)
    return [
        OrganisationShape(id=one.id, title=one.title, mine=one.id == own)
        for one in sorted(found, key=lambda one: (one.id != own, one.path))
    ]


@api.get("/mine")
async def list_my_shifts(work: CurrentWork) -> list[ShiftShape]:
    """One's own shifts from yesterday to five weeks ahead."""
    if work.scope.account_id is None:
        raise NotSignedIn
    shifts = await store.shifts_between(
        work.connection,
        work.now - timedelta(days=1),
        work.now + timedelta(days=35),
        account_ids=[work.scope.account_id],
    )
    return [shift_shape(shift, work) for shift in shifts]


@api.post("/patterns", status_code=201)
async def add_pattern(work: CurrentWork, asked: PatternRequest) -> PatternShape:
    """A new kind of shift for an organisation. 404 out of reach, 403 without the right, 422."""
    pattern = await service.add_pattern(
        work,
        Pattern(
            id=work.new_id(),
            organisation_id=asked.organisation_id,
            title=asked.title,
            post=asked.post,
            starts_at=asked.starts_at,
            minutes=asked.minutes,
        ),
    )
    return _pattern_shape(pattern)


@api.post("/patterns/{pattern_id}/end", status_code=204)
async def end_pattern(work: CurrentWork, pattern_id: UUID) -> None:
    """Offer a kind of shift no more; planned shifts stay."""
    await service.end_pattern(work, pattern_id)


@api.post("/plan", status_code=201)
async def plan_turns(work: CurrentWork, asked: PlanRequest) -> list[ShiftShape]:
    """Plan people by turns, all of it or nothing.

    422 names the field and who is busy when; 403 without the right; 404 out of reach.
    """
    planned = await service.plan_turns(
        work, asked.pattern_id, asked.account_ids, asked.days, at_once=asked.at_once
    )
    return [shift_shape(shift, work) for shift in planned]


@api.post("/shifts/{shift_id}/check-in")
async def check_in(work: CurrentWork, shift_id: UUID) -> ShiftShape:
    """Begin one's own shift, from half an hour before its time. 409 too early or too late."""
    return shift_shape(await service.check_in(work, shift_id), work)


@api.post("/shifts/{shift_id}/check-out")
async def check_out(work: CurrentWork, shift_id: UUID) -> ShiftShape:
    """End one's own shift."""
    return shift_shape(await service.check_out(work, shift_id), work)


@api.post("/shifts/{shift_id}/cancel")
async def cancel_shift(work: CurrentWork, shift_id: UUID) -> ShiftShape:
    """Take a shift that has not begun off the roster; its person is told."""
    return shift_shape(await service.cancel_shift(work, shift_id), work)


@api.post("/shifts/{shift_id}/hand-over", status_code=201)
async def hand_over(
    work: CurrentWork, shift_id: UUID, asked: HandoverRequest, request: Request
) -> HandoverShape:
    """Leave the post: words and all that is open now. It goes on until somebody takes over."""
    handover = await service.hand_over(work, shift_id, asked.note, _open_matters(request))
    return _handover_shape(handover, work)


@api.get("/hand-overs")
async def list_handovers(
    work: CurrentWork, organisation_id: UUID, limit: Annotated[int, Query(ge=1, le=MOST)] = 20
) -> list[HandoverShape]:
    """The newest hand-overs of an organisation."""
    require(work, service.SEE)
    if organisation_id not in work.scope.organisations_for(service.SEE):
        raise NotFound
    found = await store.handovers_of(work.connection, organisation_id, limit)
    return [_handover_shape(handover, work) for handover in found]


@api.post("/hand-overs/{handover_id}/take")
async def take_over(work: CurrentWork, handover_id: UUID, asked: TakeRequest) -> HandoverShape:
    """Sign for a hand-over; the outgoing shift ends. 409 when somebody was faster."""
    return _handover_shape(await service.take_over(work, handover_id, asked.remark), work)


@api.get("/swaps")
async def list_swaps(
    work: CurrentWork,
    organisation_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> list[SwapShape]:
    """Swaps of an organisation, open ones first; without one those that concern oneself."""
    require(work, service.SEE)
    found = await store.swaps_of(
        work.connection,
        organisation_id=organisation_id,
        account_id=work.scope.account_id if organisation_id is None else None,
        most=limit,
    )
    return await _swap_shapes(work, list(found))


@api.post("/swaps", status_code=201)
async def ask_swap(work: CurrentWork, asked: SwapRequest) -> SwapShape:
    """Ask a colleague to take one's shift. 403 not one's own, 409 begun or asked already, 422."""
    swap = await service.ask_swap(
        work,
        asked.shift_id,
        colleague_id=asked.colleague_id,
        in_return=asked.in_return,
        reason=asked.reason,
    )
    return (await _swap_shapes(work, [swap]))[0]


@api.post("/swaps/{swap_id}/moves")
async def move_swap(work: CurrentWork, swap_id: UUID, asked: SwapMoveRequest) -> SwapShape:
    """Agree, decline, approve, reject or withdraw. 409 when the state does not allow it."""
    swap = await service.move_swap(
        work, swap_id, asked.move, answer=asked.answer, expected_version=asked.expected_version
    )
    return (await _swap_shapes(work, [swap]))[0]
