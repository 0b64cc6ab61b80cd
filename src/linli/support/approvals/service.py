"""Verbs of approvals, inside the caller's transaction."""

from datetime import datetime
from uuid import UUID

from linli.kernel.deadlines import Deadline, clear_deadlines, set_deadline
from linli.kernel.errors import BadInput, NotAtTerminal, NotFound, NotSignedIn
from linli.kernel.work import Work
from linli.support.approvals import policy, store
from linli.support.approvals.contracts import (
    STATE_TITLES,
    Approval,
    ApprovalState,
    Frozen,
    Purpose,
    View,
    Wanted,
)
from linli.support.approvals.events import ApprovalAsked, ApprovalMoved
from linli.support.approvals.policy import Move, Mover
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.messaging.contracts import About, Channel, Message
from linli.support.messaging.public import send

LAPSES = "approval.lapses"
LONGEST_TITLE = 200


def _me(work: Work) -> UUID:
    if work.scope.account_id is None:
        raise NotSignedIn
    return work.scope.account_id


def mover_of(work: Work, approval: Approval) -> Mover:
    """Who acts, and whether they hold what deciding on this request needs."""
    wanted = approval.wanted
    holds = bool(wanted.needs) and all(
        frozenset(wanted.estate_ids) <= work.scope.estates_for(need) for need in wanted.needs
    )
    return Mover(work.scope.account_id, work.actor.name, holds=holds)


async def ask(work: Work, wanted: Wanted) -> Approval:
    """Ask for a second pair of eyes; who asked for exactly this already gets that request.

    Raises:
        BadInput: no reason, or it concerns no estate.
    """
    me = _me(work)
    policy.reason_given(wanted.reason)
    if not wanted.estate_ids or not wanted.needs:
        raise BadInput("没有可以申请的范围")
    await store.take_turns(work.connection, me)
    request_hash = policy.hash_of(wanted.purpose, wanted.request)
    known = await store.open_one(work.connection, me, request_hash)
    if known is not None and work.now < known.expires_at:
        return known
    if known is not None:
        await _lapse(work, known)
    approval = Approval(
        id=work.new_id(),
        wanted=wanted,
        request_hash=request_hash,
        asker_id=me,
        asker_name=work.actor.name,
        asked_at=work.now,
        state=ApprovalState.ASKED,
        version=1,
        expires_at=work.now + policy.UNDECIDED_FOR,
    )
    await store.add(work.connection, approval)
    await set_deadline(work, Deadline(LAPSES, approval.id, approval.expires_at))
    work.outbox.add(
        ApprovalAsked(
            estate_id=None,
            happened_at=work.now,
            approval_id=approval.id,
            asker_id=me,
            needs=wanted.needs,
            estate_ids=wanted.estate_ids,
        )
    )
    await _record(work, Action.APPROVAL_ASKED, approval, wanted.reason)
    return approval


async def use(work: Work, purpose: Purpose, request: Frozen) -> Approval:
    """Use up the asker's approval of exactly this request, in the transaction of the act itself.

    Raises:
        NotAtTerminal: what leaves or ends in bulk does not do so at a shared terminal.
        SecondPairNeeded: nobody has agreed to this, or its time is over.
    """
    if work.actor.terminal is not None:
        raise NotAtTerminal
    approval = await store.open_one(work.connection, _me(work), policy.hash_of(purpose, request))
    if (
        approval is None
        or approval.state is not ApprovalState.APPROVED
        or work.now >= approval.expires_at
    ):
        raise policy.SecondPairNeeded
    used = policy.moved(approval, Move.USE, mover_of(work, approval), now=work.now)
    await _keep(work, used)
    await _record(work, Action.APPROVAL_USED, used, used.wanted.reason)
    return used


async def decide(
    work: Work, approval_id: UUID, *, approve: bool, answer: str, expected_version: int
) -> Approval:
    """Agree or not, as the second pair of eyes.

    Raises:
        NotAtTerminal: the asker may stand beside; a second pair of eyes has its own screen.
        NotFound, OwnRequest, Forbidden, IllegalMove, StaleVersion, BadInput.
    """
    if work.actor.terminal is not None:
        raise NotAtTerminal
    approval = await _found(work, approval_id)
    decided = policy.moved(
        approval,
        Move.APPROVE if approve else Move.REFUSE,
        mover_of(work, approval),
        now=work.now,
        answer=answer,
        expected_version=expected_version,
    )
    await _keep(work, decided)
    action = Action.APPROVAL_GIVEN if approve else Action.APPROVAL_REFUSED
    await _record(work, action, decided, decided.answer or None)
    await _tell_asker(work, decided)
    return decided


async def withdraw(work: Work, approval_id: UUID, *, expected_version: int) -> Approval:
    """Take one's own request back.

    Raises:
        NotFound, Forbidden, IllegalMove, StaleVersion.
    """
    approval = await _found(work, approval_id)
    back = policy.moved(
        approval,
        Move.WITHDRAW,
        mover_of(work, approval),
        now=work.now,
        expected_version=expected_version,
    )
    await _keep(work, back)
    await _record(work, Action.APPROVAL_WITHDRAWN, back, None)
    return back


async def lapse(work: Work, approval_id: UUID) -> None:
    """Its time has come: what nobody decided or used is over."""
    approval = await store.find(work.connection, approval_id, lock=True)
    if approval is None or approval.ended_at is not None or work.now < approval.expires_at:
        return
    await _tell_asker(work, await _lapse(work, approval))


async def list_approvals(
    work: Work, view: View, *, most: int, skip: int
) -> tuple[tuple[Approval, ...], int]:
    """Requests in sight, the newest first, and how many there are."""
    return await store.page(work.connection, view, _me(work), most=most, skip=skip)


async def approval_of(work: Work, approval_id: UUID) -> Approval:
    """Raises NotFound: absent, or neither one's own nor one's to decide."""
    found = await store.find(work.connection, approval_id, lock=False)
    if found is None:
        raise NotFound
    return found


async def tell_decider(work: Work, approval: Approval, account_id: UUID) -> None:
    """Tell somebody who may decide that a request waits."""
    wanted = approval.wanted
    words = f"{approval.asker_name}申请：{wanted.title}。原因：{wanted.reason}"
    await _message(work, account_id, approval, "有一项申请等您审批", words)


async def forget_before(work: Work, before: datetime) -> int:
    """Forget requests that ended before that; answers how many."""
    return await store.forget(work.connection, before)


async def _found(work: Work, approval_id: UUID) -> Approval:
    found = await store.find(work.connection, approval_id, lock=True)
    if found is None:
        raise NotFound
    return found


async def _lapse(work: Work, approval: Approval) -> Approval:
    lapsed = policy.moved(approval, Move.EXPIRE, Mover(None, "", holds=False), now=work.now)
    await _keep(work, lapsed)
    return lapsed


async def _keep(work: Work, approval: Approval) -> None:
    await store.overwrite(work.connection, approval)
    await clear_deadlines(work, approval.id, kind=LAPSES)
    if approval.ended_at is None:
        await set_deadline(work, Deadline(LAPSES, approval.id, approval.expires_at))
    work.outbox.add(
        ApprovalMoved(
            estate_id=None,
            happened_at=work.now,
            approval_id=approval.id,
            asker_id=approval.asker_id,
            state=approval.state.value,
        )
    )


async def _tell_asker(work: Work, approval: Approval) -> None:
    words = f"{approval.wanted.title}：{STATE_TITLES[approval.state]}"
    if approval.answer:
        words += f"（{approval.decided_name}：{approval.answer}）"
    await _message(work, approval.asker_id, approval, "您的申请有了结果", words)


async def _message(
    work: Work, account_id: UUID, approval: Approval, title: str, words: str
) -> None:
    await send(
        work,
        Message(
            channel=Channel.IN_APP,
            template="approval",
            title=title,
            words=words,
            about=About(subject_id=approval.id, version=approval.version),
            account_id=account_id,
        ),
    )


async def _record(work: Work, action: Action, approval: Approval, reason: str | None) -> None:
    estates = approval.wanted.estate_ids
    await record(
        work,
        action=action,
        subject_kind="approval",
        subject_id=approval.id,
        subject_title=approval.wanted.title[:LONGEST_TITLE],
        reason=reason,
        estate_id=estates[0] if len(estates) == 1 else None,
    )
