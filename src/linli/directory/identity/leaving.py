"""Leaving: somebody's rights all end at a moment, and what they had in hand goes to a named person.

The account itself stays, closed for ever, so that what its owner did keeps a name.
"""

from uuid import UUID

from linli.directory.identity import service, store
from linli.directory.identity.contracts import Account, AccountState, Leaving, LeavingDraft
from linli.directory.identity.events import AccountLeft
from linli.directory.second_factor.public import remove_factor
from linli.directory.terminals.public import remove_pin
from linli.kernel.deadlines import Deadline, clear_deadlines, set_deadline
from linli.kernel.errors import BadInput, IllegalMove, NotFound
from linli.kernel.scope import MACHINE
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

LEAVES = "identity.leaves"


class WrongSuccessor(BadInput):
    code = "wrong_successor"
    text = "请选择同一单位里账号正常的另一位人员接手"


async def note_leaving(work: Work, account_id: UUID, draft: LeavingDraft) -> Leaving:
    """Note that somebody leaves; at once when the moment has come, else by itself when it does.

    Raises:
        NotFound, NotYourself, BeyondYourScope, LastAdministrator: as for closing an account.
        IllegalMove: they have left already.
        WrongSuccessor: who is named cannot take over.
    """
    account = await service.controlled(work, account_id)
    if account.state is AccountState.LEFT:
        raise IllegalMove("这个账号已经办理离职")
    if not draft.reason.strip():
        raise BadInput("请写明离职原因或依据", field="reason")
    for grant in await store.grants(work.connection, [account_id], work.now):
        await service.leaves_an_administrator(work, grant)
    leaving = Leaving(
        account_id=account_id,
        leaves_at=max(draft.leaves_at, work.now),
        successor_id=draft.successor_id,
        successor_name=await _successor(work, account, draft.successor_id),
        reason=draft.reason.strip(),
        noted_by=work.actor.name,
        noted_at=work.now,
    )
    await store.note_leaving(work.connection, leaving)
    if leaving.leaves_at <= work.now:
        await _leave(work, account, leaving)
        return leaving
    await set_deadline(work, Deadline(kind=LEAVES, subject_id=account_id, due_at=leaving.leaves_at))
    await _record(work, Action.LEAVING_NOTED, account, leaving)
    return leaving


async def take_back_leaving(work: Work, account_id: UUID) -> None:
    """They stay after all.

    Raises:
        NotFound: no leaving is noted, or it has happened.
        NotYourself, BeyondYourScope.
    """
    account = await service.controlled(work, account_id)
    leaving = (await store.leavings(work.connection, [account_id])).get(account_id)
    if leaving is None or account.state is AccountState.LEFT:
        raise NotFound
    await store.forget_leaving(work.connection, account_id)
    await clear_deadlines(work, account_id, kind=LEAVES)
    await _record(work, Action.LEAVING_TAKEN_BACK, account, leaving)


async def leave(work: Work, account_id: UUID) -> None:
    """The moment has come; when the leaving was taken back meanwhile nothing happens."""
    leaving = (await store.leavings(work.connection, [account_id])).get(account_id)
    account = await store.account(work.connection, account_id)
    if leaving is None or account is None or account.state is AccountState.LEFT:
        return
    if leaving.leaves_at <= work.now:
        await _leave(work, account, leaving)


async def _leave(work: Work, account: Account, leaving: Leaving) -> None:
    await store.set_state(work.connection, account.id, AccountState.LEFT)
    for grant in await store.grants(work.connection, [account.id], work.now):
        await store.revoke(work.connection, grant.id, revoked_by=work.actor.account_id, at=work.now)
    await remove_factor(work, account.id)
    await remove_pin(work, account.id)
    await service.end_everything(work, account.id)
    work.outbox.add(
        AccountLeft(
            estate_id=None,
            happened_at=work.now,
            account_id=account.id,
            successor_id=leaving.successor_id,
        )
    )
    await clear_deadlines(work, account.id, kind=LEAVES)
    await _record(work, Action.ACCOUNT_LEFT, account, leaving)


async def _successor(work: Work, account: Account, successor_id: UUID | None) -> str:
    if successor_id is None:
        return ""
    found = await store.account(work.connection, successor_id)
    fits = (
        found is not None
        and found.id != account.id
        and found.state is AccountState.ACTIVE
        and found.organisation_id == account.organisation_id
    )
    if found is None or not fits:
        raise WrongSuccessor(field="successor_id")
    coming = (await store.leavings(work.connection, [successor_id])).get(successor_id)
    if coming is not None:
        raise WrongSuccessor("这位人员自己也在办理离职，请另选一位", field="successor_id")
    return found.display_name


async def _record(work: Work, action: Action, account: Account, leaving: Leaving) -> None:
    heir = f"，由{leaving.successor_name}接手" if leaving.successor_name else ""
    actor = "" if work.actor.kind != MACHINE.kind else f"（{leaving.noted_by}办理）"
    await record(
        work,
        action=action,
        subject_kind="account",
        subject_id=account.id,
        subject_title=f"{account.display_name}（{account.login}）",
        reason=f"{leaving.reason}{heir}{actor}",
    )
