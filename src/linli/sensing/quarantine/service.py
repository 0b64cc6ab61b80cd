"""Verbs of the quarantine."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text

from linli.kernel.errors import BadInput, IllegalMove, NotFound
from linli.kernel.work import Work
from linli.sensing.quarantine import policy, store
from linli.sensing.quarantine.contracts import (
    HeldCounts,
    HeldFilter,
    HeldMessage,
    HeldMove,
    HeldPage,
    HeldState,
    Unusable,
)
from linli.sensing.quarantine.events import QuarantineChanged
from linli.sensing.quarantine.ports import Replay
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

REPLAY_ASKED = "linli_replay_asked"
"""NOTIFY channel, without words: somebody wants a held message replayed."""


class NotWhole(IllegalMove):
    code = "not_whole"
    text = "这条消息太大，只保留了开头，无法重放"


async def hold(work: Work, messages: Sequence[Unusable]) -> int:
    """Keep messages that could not be used; returns how many were not held before.

    Repeats (same connection, reason, topic and payload) count on one row. Of each connection the
    newest 1,000 rows are kept; all are counted.
    """
    if not messages:
        return 0
    batch: dict[tuple[UUID | None, str, bytes], store.NewlyHeld] = {}
    counts: dict[tuple[UUID | None, str], tuple[UUID, Unusable, int]] = {}
    for given in messages:
        message = _storable(given)
        digest = policy.digest_of(given)
        key = (message.connection_id, message.reason, digest)
        known = batch.get(key)
        if known is None:
            payload = message.payload[: policy.LONGEST_PAYLOAD]
            batch[key] = store.NewlyHeld(work.new_id(), message, digest, payload, 1)
        else:
            batch[key] = replace(known, message=message, times=known.times + 1)
        count = counts.get(key[:2])
        times = 1 if count is None else count[2] + 1
        counts[key[:2]] = (work.new_id() if count is None else count[0], message, times)
    # In one order everywhere, so that two gateways never wait for each other.
    held = sorted(batch.values(), key=lambda one: (str(one.message.connection_id), one.digest))
    new = await store.hold(work.connection, held)
    ordered = sorted(counts.items(), key=lambda pair: (str(pair[0][0]), pair[0][1]))
    await store.count_up(work.connection, [count for _, count in ordered])
    for connection_id in {one.message.connection_id for one in held if one.id in new}:
        await store.trim(work.connection, connection_id, policy.MOST_HELD)
    for one in held:
        if one.id in new:
            work.outbox.add(_changed(work, one.id, one.message, HeldState.WAITING))
    return len(new)


def _storable(message: Unusable) -> Unusable:
    return replace(
        message,
        topic=policy.storable(message.topic, policy.LONGEST_TOPIC),
        words=policy.storable(message.words, policy.LONGEST_WORDS),
    )


def _changed(
    work: Work, message_id: UUID, message: Unusable | HeldMessage, state: HeldState
) -> QuarantineChanged:
    return QuarantineChanged(
        estate_id=message.estate_id,
        happened_at=work.now,
        message_id=message_id,
        connection_id=message.connection_id,
        reason=message.reason,
        state=state,
    )


async def held_message(work: Work, message_id: UUID) -> HeldMessage:
    """The held message. Raises NotFound."""
    found = await store.held_by_id(work.connection, message_id)
    if found is None:
        raise NotFound
    return found


async def list_held(
    work: Work, wanted: HeldFilter, *, after: str | None = None, most: int = 50
) -> HeldPage:
    """Held messages, newest first, or oldest first. `after` is `next_after` of the page before."""
    place = None if after is None else _place(after)
    found = await store.page(work.connection, wanted, place, most + 1)
    shown = tuple(found[:most])
    last = shown[-1] if len(found) > most else None
    return HeldPage(
        messages=shown,
        next_after=f"{last.received_at.isoformat()} {last.id}" if last else None,
        total=await store.count_matching(work.connection, wanted),
    )


def _place(after: str) -> tuple[datetime, UUID]:
    moment, _, message_id = after.partition(" ")
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), UUID(message_id)
    except (ValueError, OverflowError) as error:
        raise BadInput(field="cursor") from error


async def counts(work: Work) -> HeldCounts:
    """How many messages wait and why."""
    rows = await store.waiting_by_reason(work.connection)
    return HeldCounts(
        waiting=sum(row[2] for row in rows),
        by_reason={row[0]: row[2] for row in rows},
        titles={row[0]: row[1] for row in rows},
        times_seen=await store.times_seen(work.connection),
    )


async def ask_replay(work: Work, message_id: UUID) -> HeldMessage:
    """Have a message taken in again; the intake does it as soon as it can.

    Raises NotFound, IllegalMove (it was replayed), NotWhole.
    """
    message = await _locked(work, message_id)
    if not message.whole:
        raise NotWhole
    moved = await _move(work, message, HeldMove.ASK)
    await work.connection.execute(text(f"NOTIFY {REPLAY_ASKED}"))
    await _record(work, Action.QUARANTINE_REPLAYED, moved)
    return moved


async def drop(work: Work, message_id: UUID) -> HeldMessage:
    """Nobody needs this message. Raises NotFound, IllegalMove."""
    moved = await _move(work, await _locked(work, message_id), HeldMove.DROP)
    await _record(work, Action.QUARANTINE_DROPPED, moved)
    return moved


async def replay_next(work: Work, replay: Replay) -> bool:
    """Hand one asked message to the intake and mark what became of it; False when none is asked.

    One message a unit of work: what the intake raises rolls back that message alone.
    """
    waiting = await store.asked(work.connection, 1)
    if not waiting:
        return False
    message = waiting[0]
    outcome = await replay.replay(work, message)
    if outcome.accepted:
        await _move(work, message, HeldMove.ACCEPT)
        return True
    await _move(work, message, HeldMove.FAIL)
    await store.set_failed(
        work.connection,
        message.id,
        outcome.reason_title or message.reason_title,
        policy.storable(outcome.words or message.words, policy.LONGEST_WORDS),
    )
    return True


async def give_up_replay(work: Work, message_id: UUID, words: str) -> None:
    """The intake could not even try: the message waits again and says so."""
    message = await store.held_by_id(work.connection, message_id, lock=True)
    if message is not None and message.state is HeldState.ASKED:
        await _move(work, message, HeldMove.FAIL)
        await store.set_failed(
            work.connection,
            message.id,
            message.reason_title,
            policy.storable(words, policy.LONGEST_WORDS),
        )


async def _locked(work: Work, message_id: UUID) -> HeldMessage:
    found = await store.held_by_id(work.connection, message_id, lock=True)
    if found is None:
        raise NotFound
    return found


async def _move(work: Work, message: HeldMessage, move: HeldMove) -> HeldMessage:
    state = policy.state_after(message.state, move)
    if state is None:
        raise IllegalMove("这条消息已经处理过")
    await store.set_state(work.connection, [message.id], state)
    work.outbox.add(_changed(work, message.id, message, state))
    return replace(message, state=state)


async def _record(work: Work, action: Action, message: HeldMessage) -> None:
    await record(
        work,
        action=action,
        subject_kind="held_message",
        subject_id=message.id,
        subject_title=message.reason_title,
        estate_id=message.estate_id,
    )
