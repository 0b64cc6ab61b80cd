"""Verbs on rosters, inside the caller's transaction."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from linli.directory.identity.contracts import Staff
from linli.directory.identity.public import account_of, holders
from linli.directory.organisation.contracts import Organisation
from linli.directory.organisation.public import organisations_named
from linli.kernel.deadlines import Deadline, clear_deadlines, set_deadline
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound, NotSignedIn
from linli.kernel.scope import MACHINE
from linli.kernel.time import on_wall
from linli.kernel.work import Work
from linli.responding.rosters import policy, store
from linli.responding.rosters.contracts import (
    Handover,
    Pattern,
    Shift,
    ShiftState,
    Swap,
    SwapMove,
    SwapState,
)
from linli.responding.rosters.events import RosterChanged
from linli.responding.rosters.ports import OpenMatters
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.messaging.contracts import About, Channel, Message
from linli.support.messaging.public import send

SEE = "see_rosters"
PLAN = "manage_rosters"
LATE = "roster.late"
OVER = "roster.over"


def _me(work: Work) -> UUID:
    if work.scope.account_id is None:
        raise NotSignedIn
    return work.scope.account_id


def _plans(work: Work, organisation_id: UUID) -> bool:
    return organisation_id in work.scope.organisations_for(PLAN)


def _require_planner(work: Work, organisation_id: UUID) -> None:
    if work.actor.kind == MACHINE.kind:
        return
    if organisation_id not in work.scope.organisations_for(SEE):
        raise NotFound
    if not _plans(work, organisation_id):
        raise Forbidden


def asking_of(work: Work, organisation_id: UUID) -> policy.Asking:
    """What the signed-in person may do with swaps of this organisation."""
    return policy.Asking(work.scope.account_id, plans=_plans(work, organisation_id))


async def crew(work: Work, organisation_id: UUID) -> tuple[Staff, ...]:
    """Who can be put on the organisation's roster: its own people, each once."""
    found = await holders(work, organisation_id, SEE)
    return tuple({person.account_id: person for person in found}.values())


async def organisations_seen(work: Work) -> tuple[UUID | None, tuple[Organisation, ...]]:
    """One's own organisation, and all whose rosters one may see."""
    account = await account_of(work, _me(work))
    found = await organisations_named(work, work.scope.organisations_for(SEE))
    return account.organisation_id, tuple(found.values())


# ── patterns and planning ──


async def add_pattern(work: Work, wanted: Pattern) -> Pattern:
    """A new kind of shift. Raises NotFound, Forbidden, BadInput."""
    _require_planner(work, wanted.organisation_id)
    pattern = policy.pattern_given(wanted)
    for known in await store.patterns(work.connection, pattern.organisation_id):
        if known.title == pattern.title:
            raise BadInput("已有同名班次", field="title", remedy="换一个名称")
    await store.add_pattern(work.connection, pattern)
    return pattern


async def end_pattern(work: Work, pattern_id: UUID) -> None:
    """Planned shifts stay; the pattern is offered no more. Raises NotFound, Forbidden."""
    pattern = await store.pattern_named(work.connection, pattern_id)
    if pattern is None:
        raise NotFound
    _require_planner(work, pattern.organisation_id)
    await store.end_pattern(work.connection, pattern_id, work.now)


async def plan_turns(
    work: Work,
    pattern_id: UUID,
    account_ids: Sequence[UUID],
    days: Sequence[date],
    *,
    at_once: int,
) -> tuple[Shift, ...]:
    """Plan people by turns over days; all of it or nothing.

    Raises NotFound, Forbidden, BadInput (who is not of the organisation; times that are past),
    Overlap (somebody has a shift then).
    """
    pattern = await store.pattern_named(work.connection, pattern_id)
    if pattern is None:
        raise NotFound
    _require_planner(work, pattern.organisation_id)
    names = {
        person.account_id: person.display_name
        for person in await crew(work, pattern.organisation_id)
    }
    for account_id in account_ids:
        if account_id not in names:
            raise BadInput("所选人员不属于本单位", field="account_ids", remedy="请重新选择")
    people = [(account_id, names[account_id]) for account_id in dict.fromkeys(account_ids)]
    drafts = policy.in_turns(pattern, people, days, at_once=at_once)
    for draft in drafts:
        policy.may_plan(draft, work.now)
    await store.take_turns(work.connection, names)
    busy = list(
        await store.shifts_between(
            work.connection,
            min(draft.starts_at for draft in drafts),
            max(draft.ends_at for draft in drafts),
            account_ids=[account_id for account_id, _ in people],
        )
    )
    planned: list[Shift] = []
    for draft in drafts:
        policy.check_free(draft.account_id, draft.starts_at, draft.ends_at, busy)
        shift = Shift(
            id=work.new_id(),
            organisation_id=pattern.organisation_id,
            account_id=draft.account_id,
            name=draft.name,
            title=draft.title,
            post=draft.post,
            starts_at=draft.starts_at,
            ends_at=draft.ends_at,
            state=ShiftState.PLANNED,
            version=1,
        )
        busy.append(shift)
        planned.append(shift)
    await store.add_shifts(work.connection, planned)
    for shift in planned:
        await _watch(work, shift)
    _tell(work, pattern.organisation_id, "planned", {shift.account_id for shift in planned})
    await record(
        work,
        action=Action.ROSTER_PLANNED,
        subject_kind="organisation",
        subject_id=pattern.organisation_id,
        subject_title=f"排班 {pattern.title} {len(planned)} 班",
    )
    return tuple(planned)


async def cancel_shift(work: Work, shift_id: UUID) -> Shift:
    """Take a shift off the roster. Raises NotFound, Forbidden, IllegalMove."""
    shift = await _locked(work, shift_id)
    _require_planner(work, shift.organisation_id)
    cancelled = policy.cancel(shift)
    await _keep(work, cancelled, "cancelled")
    await _lapse_swaps(work, shift_id)
    words = f"{on_wall(shift.starts_at)[:16]} {shift.title}"
    await _message(work, shift.account_id, cancelled, "班次已取消", words)
    return cancelled


async def _watch(work: Work, shift: Shift) -> None:
    await set_deadline(work, Deadline(LATE, shift.id, shift.starts_at + policy.LATE))


# ── the working day ──


async def check_in(work: Work, shift_id: UUID) -> Shift:
    """Begin one's own shift. Raises NotFound and what `policy.check_in` refuses."""
    shift = policy.check_in(await _locked(work, shift_id), _me(work), work.now)
    await clear_deadlines(work, shift_id, kind=LATE)
    await set_deadline(work, Deadline(OVER, shift.id, shift.ends_at + policy.FORGOTTEN))
    await _lapse_swaps(work, shift_id)
    await _keep(work, shift, "checked_in")
    return shift


async def check_out(work: Work, shift_id: UUID) -> Shift:
    """End one's own shift without a hand-over. Raises NotFound, NotYourShift, IllegalMove."""
    shift = await _locked(work, shift_id)
    if shift.account_id != _me(work):
        raise policy.NotYourShift
    done = policy.check_out(shift, work.now)
    await clear_deadlines(work, shift_id, kind=OVER)
    await _keep(work, done, "checked_out")
    return done


async def shift_late(work: Work, shift_id: UUID) -> None:
    """Nobody checked in: the shift is missed and who plans is told."""
    shift = await store.shift_locked(work.connection, shift_id)
    missed = policy.miss(shift) if shift else None
    if missed is None:
        return
    await _keep(work, missed, "missed")
    words = f"{on_wall(missed.starts_at)[11:16]} {missed.post} {missed.name} 没有签到"
    for planner in await holders(work, missed.organisation_id, PLAN):
        await _message(work, planner.account_id, missed, "有人未到岗", words)
    await _message(work, missed.account_id, missed, "您的班次已经开始", "请尽快签到")


async def shift_over(work: Work, shift_id: UUID) -> None:
    """Forgotten: a shift that nobody ended ends by itself, at its planned end."""
    shift = await store.shift_locked(work.connection, shift_id)
    if shift is not None and shift.state is ShiftState.WORKING:
        await _keep(work, policy.check_out(shift, shift.ends_at), "forgotten")


# ── swaps ──


async def ask_swap(
    work: Work, shift_id: UUID, *, colleague_id: UUID, in_return: UUID | None, reason: str
) -> Swap:
    """Ask a colleague to take one's shift, perhaps against one of theirs.

    Raises NotFound, BadInput, IllegalMove, NotYourShift.
    """
    shift = await _locked(work, shift_id)
    given_back = await _locked(work, in_return) if in_return else None
    policy.may_ask(shift, given_back, colleague_id, _me(work))
    people = {person.account_id: person for person in await crew(work, shift.organisation_id)}
    colleague = people.get(colleague_id)
    if colleague is None:
        raise BadInput("请选择本单位的同事", field="colleague_id")
    concerned = [one.id for one in (shift, given_back) if one is not None]
    if await store.open_swap_of(work.connection, concerned):
        raise IllegalMove("这个班次已经有一个换班申请，请先撤回")
    swap = Swap(
        id=work.new_id(),
        organisation_id=shift.organisation_id,
        shift_id=shift.id,
        in_return=in_return,
        asker_id=shift.account_id,
        asker_name=shift.name,
        colleague_id=colleague_id,
        colleague_name=colleague.display_name,
        reason=reason.strip(),
        state=SwapState.ASKED,
        version=1,
        asked_at=work.now,
    )
    await store.add_swap(work.connection, swap)
    when = on_wall(shift.starts_at)[:16]
    words = f"{shift.name}想请您上 {when} {shift.title}"
    await _message(work, colleague_id, swap, "换班申请", words)
    _tell(work, shift.organisation_id, "swap", {swap.asker_id, colleague_id})
    return swap


async def move_swap(
    work: Work, swap_id: UUID, move: SwapMove, *, answer: str, expected_version: int | None
) -> Swap:
    """Move a swap; approving it gives the shifts to their new people.

    Raises NotFound, IllegalMove, StaleVersion, Forbidden, BadInput, Overlap.
    """
    swap = await store.swap_locked(work.connection, swap_id)
    if swap is None:
        raise NotFound
    moved = policy.move_swap(
        swap,
        move,
        asking_of(work, swap.organisation_id),
        now=work.now,
        answer=answer,
        expected_version=expected_version,
    )
    if moved.state is SwapState.APPROVED:
        await _exchange(work, moved)
    await store.overwrite_swap(work.connection, moved)
    await _tell_of_swap(work, moved)
    return moved


async def _exchange(work: Work, swap: Swap) -> None:
    await store.take_turns(work.connection, (swap.asker_id, swap.colleague_id))
    shift = await _locked(work, swap.shift_id)
    given_back = await _locked(work, swap.in_return) if swap.in_return else None
    policy.may_ask(shift, given_back, swap.colleague_id, swap.asker_id)
    after = [policy.handed_to(shift, swap.colleague_id, swap.colleague_name)]
    if given_back is not None:
        after.append(policy.handed_to(given_back, swap.asker_id, swap.asker_name))
    for changed in after:
        others = await store.shifts_between(
            work.connection,
            changed.starts_at,
            changed.ends_at,
            account_ids=[changed.account_id],
        )
        staying = [one for one in others if one.id not in {shift.id, swap.in_return}]
        policy.check_free(changed.account_id, changed.starts_at, changed.ends_at, staying)
    for changed in after:
        await store.overwrite_shift(work.connection, changed)


async def _tell_of_swap(work: Work, swap: Swap) -> None:
    title = f"换班申请：{swap.state.words}"
    people = f"{swap.asker_name} ↔ {swap.colleague_name}"
    words = f"{people}，{swap.answer}" if swap.answer else people
    receivers = {swap.asker_id, swap.colleague_id}
    if swap.state is SwapState.AGREED:
        planners = await holders(work, swap.organisation_id, PLAN)
        receivers |= {planner.account_id for planner in planners}
    for account_id in sorted(receivers - {_me(work)}):
        await _message(work, account_id, swap, title, words)
    _tell(work, swap.organisation_id, "swap", {swap.asker_id, swap.colleague_id})


async def _lapse_swaps(work: Work, shift_id: UUID) -> None:
    for found in await store.open_swap_of(work.connection, [shift_id]):
        swap = await store.swap_locked(work.connection, found.id)
        if swap is None or swap.ended_at is not None:
            continue
        lapsed = policy.move_swap(
            swap, SwapMove.LAPSE, policy.Asking(None, plans=False), now=work.now
        )
        await store.overwrite_swap(work.connection, lapsed)


# ── hand-over ──


async def hand_over(work: Work, shift_id: UUID, note: str, open_matters: OpenMatters) -> Handover:
    """Leave one's post to the next person: words, and everything that is open right now.

    The shift goes on until somebody takes over. Raises NotFound, NotYourShift, IllegalMove.
    """
    shift = await _locked(work, shift_id)
    if shift.account_id != _me(work):
        raise policy.NotYourShift
    if shift.state is not ShiftState.WORKING:
        raise IllegalMove(f"班次{shift.state.words}，不能交班")
    if await store.handover_of_shift(work.connection, shift_id):
        raise IllegalMove("已经交过班，等接班的人确认")
    handover = Handover(
        id=work.new_id(),
        organisation_id=shift.organisation_id,
        shift_id=shift_id,
        from_account=shift.account_id,
        from_name=shift.name,
        note=note.strip(),
        matters=await open_matters.of_organisation(work, shift.organisation_id),
        given_at=work.now,
    )
    await store.add_handover(work.connection, handover)
    _tell(work, shift.organisation_id, "handed_over", {shift.account_id})
    return handover


async def take_over(work: Work, handover_id: UUID, remark: str) -> Handover:
    """Sign for what was left; the outgoing shift ends. Raises NotFound, IllegalMove, Forbidden."""
    handover = await store.handover_locked(work.connection, handover_id)
    if handover is None:
        raise NotFound
    policy.may_take(handover, _me(work))
    taken = replace(
        handover,
        to_account=_me(work),
        to_name=work.actor.name,
        taken_at=work.now,
        remark=remark.strip(),
    )
    await store.overwrite_handover(work.connection, taken)
    shift = await store.shift_locked(work.connection, handover.shift_id)
    if shift is not None and shift.state is ShiftState.WORKING:
        await clear_deadlines(work, shift.id, kind=OVER)
        await store.overwrite_shift(work.connection, policy.check_out(shift, work.now))
    _tell(work, handover.organisation_id, "taken_over", {handover.from_account, _me(work)})
    return taken


# ── what others ask ──


async def on_duty(work: Work, account_ids: Collection[UUID]) -> frozenset[UUID]:
    """Which of these people are on duty at this moment."""
    return await store.on_duty(work.connection, account_ids, work.now)


async def shifts_seen(
    work: Work, since: datetime, until: datetime, organisation_id: UUID
) -> Sequence[Shift]:
    """The organisation's shifts that touch the time. Raises NotFound out of reach."""
    if organisation_id not in work.scope.organisations_for(SEE):
        raise NotFound
    return await store.shifts_between(
        work.connection, since, until, organisation_id=organisation_id
    )


# ── inside ──


async def _locked(work: Work, shift_id: UUID) -> Shift:
    shift = await store.shift_locked(work.connection, shift_id)
    if shift is None:
        raise NotFound
    return shift


async def _keep(work: Work, shift: Shift, change: str) -> None:
    await store.overwrite_shift(work.connection, shift)
    _tell(work, shift.organisation_id, change, {shift.account_id})


def _tell(work: Work, organisation_id: UUID, change: str, people: Collection[UUID]) -> None:
    work.outbox.add(
        RosterChanged(
            estate_id=None,
            happened_at=work.now,
            organisation_id=organisation_id,
            change=change,
            people=tuple(sorted(people)),
        )
    )


async def _message(
    work: Work, account_id: UUID, about: Shift | Swap, title: str, words: str
) -> None:
    await send(
        work,
        Message(
            channel=Channel.IN_APP,
            template="roster",
            title=title,
            words=words,
            about=About(subject_id=about.id, version=about.version),
            account_id=account_id,
        ),
    )
