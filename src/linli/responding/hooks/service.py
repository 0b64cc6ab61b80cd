"""Subscribing, telling, and what became of it; in the caller's transaction."""

import json
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from linli.directory.identity.public import holders
from linli.directory.organisation.public import company_for, organisations_above
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.responding.hooks import policy, store
from linli.responding.hooks.contracts import (
    Attempt,
    Claimed,
    DeliveryState,
    Hook,
    HookDelivery,
    HookEvent,
    HookState,
    Notice,
)
from linli.support.audit.contracts import Action
from linli.support.audit.public import record as audit
from linli.support.messaging.contracts import About, Channel, Message
from linli.support.messaging.public import send
from linli.support.sealing.ports import Cipher

MANAGE = "manage_accounts"
BINDING = "responding_hook.secret"
SECRET_BYTES = 32
LEASE = timedelta(minutes=2)
OK, REDIRECT = 200, 300
NewToken = Callable[[int], str]


def _mine(work: Work, organisation_id: UUID) -> bool:
    return organisation_id in work.scope.organisations_for(MANAGE) & work.scope.covers


async def _hook(work: Work, hook_id: UUID) -> Hook:
    hook = await store.hook(work.connection, hook_id)
    if hook is None or not _mine(work, hook.organisation_id):
        raise NotFound
    return hook


async def subscribe(
    work: Work,
    cipher: Cipher,
    draft: Hook,
    *,
    new_token: NewToken = secrets.token_urlsafe,
) -> str:
    """Keep a new subscription; answers the secret it is signed with, told only here.

    Raises:
        Forbidden: the organisation is not one's own to manage.
        BadInput: no title, no event, or an address that cannot be.
    """
    if not _mine(work, draft.organisation_id):
        raise Forbidden
    if not draft.title or not draft.events:
        raise BadInput("请写明用途，并至少选一种通知", field="events")
    policy.checked_url(draft.url)
    secret = new_token(SECRET_BYTES)
    await store.add(work.connection, draft, cipher.seal(secret, binding=BINDING))
    await _audited(work, draft, Action.HOOK_MADE, draft.url)
    return secret


async def listed(work: Work) -> Sequence[Hook]:
    """Subscriptions of the organisations one manages, newest first."""
    found = await store.hooks(work.connection)
    return [hook for hook in found if _mine(work, hook.organisation_id)]


async def move(work: Work, hook_id: UUID, state: HookState) -> None:
    """Pause, go on, or remove. Raises NotFound."""
    hook = await _hook(work, hook_id)
    await store.set_state(work.connection, hook_id, state)
    await _audited(work, hook, Action.HOOK_CHANGED, state.value)


async def rotate(
    work: Work, cipher: Cipher, hook_id: UUID, *, new_token: NewToken = secrets.token_urlsafe
) -> str:
    """Another secret, in force from the next request on; the old one signs too for a day.

    Raises:
        NotFound: no such hook, or not one's own.
    """
    hook = await _hook(work, hook_id)
    secret = new_token(SECRET_BYTES)
    sealed = cipher.seal(secret, binding=BINDING)
    until = work.now + policy.OLD_SECRET_SIGNS_FOR
    await store.set_secret(work.connection, hook_id, sealed, until)
    await _audited(work, hook, Action.HOOK_CHANGED, "rotated")
    return secret


async def ping(work: Work, hook_id: UUID) -> None:
    """Send a notice that only tries the connection. Raises NotFound, IllegalMove."""
    hook = await _hook(work, hook_id)
    if hook.state is not HookState.ACTIVE:
        raise IllegalMove("已暂停，请先恢复")
    said: dict[str, str | int] = {
        "event": HookEvent.PING.value,
        "happened_at": work.now.isoformat(),
    }
    await _queue(work, hook_id, HookEvent.PING, f"ping:{work.new_id()}", said)


async def deliveries(work: Work, hook_id: UUID) -> Sequence[HookDelivery]:
    """The last hundred notices of a hook, newest first. Raises NotFound."""
    await _hook(work, hook_id)
    return await store.deliveries(work.connection, hook_id, most=100)


async def replay(work: Work, delivery_id: UUID) -> None:
    """Send it once more, with its old id and number. Raises NotFound, IllegalMove."""
    delivery = await store.delivery(work.connection, delivery_id)
    if delivery is None:
        raise NotFound
    await _hook(work, delivery.hook_id)
    if delivery.state is DeliveryState.WAITING:
        raise IllegalMove("还在等待发送")
    await store.again(work.connection, delivery_id, work.now)


async def tell(work: Work, notice: Notice, also: UUID | None = None) -> None:
    """Queue it for every hook whose organisation governs the estate or manages it by contract.

    `also` is a company that sees this one subject.
    """
    seers = {one.id for one in await organisations_above(work, notice.estate_id)}
    company = await company_for(work, notice.estate_id, "property")
    seers |= {one for one in (company.id if company else None, also) if one is not None}
    said = {
        "event": notice.event.value,
        "happened_at": notice.happened_at.isoformat(),
        "estate_id": str(notice.estate_id),
        "subject_id": str(notice.subject_id),
        **notice.facts,
    }
    for hook_id in await store.subscribed(work.connection, notice.event.value, seers):
        await _queue(work, hook_id, notice.event, notice.key, said)


async def claim(work: Work, *, most: int) -> Sequence[Claimed]:
    """Notices to be sent now; another worker has them only after two minutes."""
    return await store.claim(work.connection, work.now, LEASE, most=most)


async def record(work: Work, claimed: Claimed, status: int | None, error: str) -> DeliveryState:
    """Keep how a try went: any 2xx is taken, all else is tried again with growing waits."""
    attempt = Attempt(at=work.now, status=status, error=error)
    if status is not None and OK <= status < REDIRECT:
        state, due_at = DeliveryState.DELIVERED, work.now
        await store.succeeded(work.connection, claimed.hook_id)
    else:
        tries = claimed.tries + 1
        state = DeliveryState.FAILED if tries >= policy.MOST_TRIES else DeliveryState.WAITING
        due_at = work.now + policy.wait_after(tries)
        since = await store.failed(work.connection, claimed.hook_id, work.now)
        if policy.suspends(since, work.now):
            await _suspend(work, claimed.hook_id, since)
    await store.record(work.connection, claimed, attempt, state, due_at)
    return state


async def _queue(
    work: Work, hook_id: UUID, event: HookEvent, key: str, said: dict[str, str | int]
) -> None:
    delivery = HookDelivery(
        id=work.new_id(),
        hook_id=hook_id,
        sequence=await store.next_sequence(work.connection, hook_id),
        event=event.value,
        state=DeliveryState.WAITING,
        made_at=work.now,
        due_at=work.now,
        attempts=(),
    )
    body = json.dumps({"id": str(delivery.id), "sequence": delivery.sequence, **said})
    await store.queue(work.connection, delivery, key, body)


async def _suspend(work: Work, hook_id: UUID, since: datetime) -> None:
    """Try no more, and tell those who can mend it."""
    hook = await store.suspend(work.connection, hook_id)
    if hook is None:
        return
    await _audited(work, hook, Action.HOOK_CHANGED, HookState.SUSPENDED.value)
    when = since.astimezone(SHANGHAI).strftime("%m月%d日 %H:%M")
    for holder in await holders(work, hook.organisation_id, MANAGE):
        await send(
            work,
            Message(
                channel=Channel.IN_APP,
                template="hook_suspended",
                title=f"事件推送已暂停：{hook.title}",
                words=f"从{when}起一次也没有送到，已停止重试。请检查对方系统，"
                "再到“系统对接 → 事件推送”点“恢复”，没送到的会补发。",
                about=About(subject_id=hook.id, version=int(since.timestamp())),
                account_id=holder.account_id,
            ),
        )


async def _audited(work: Work, hook: Hook, action: Action, reason: str) -> None:
    await audit(
        work,
        action=action,
        subject_kind="hook",
        subject_id=hook.id,
        subject_title=hook.title,
        reason=reason,
    )
