"""Verbs of the audit."""

from uuid import UUID

from linli.kernel.work import Work
from linli.support.audit import store
from linli.support.audit.contracts import Action, Entry, Outcome

LONGEST_TITLE = 200
LONGEST_REASON = 500


async def record(
    work: Work,
    *,
    action: Action,
    subject_kind: str,
    subject_id: UUID | None,
    subject_title: str,
    reason: str | None = None,
    outcome: Outcome | str = Outcome.DONE,
    estate_id: UUID | None = None,
) -> None:
    """Write down what the actor of this work does, in the same transaction as the act.

    `subject_kind` is a word such as `person`, `device`, `account`; `subject_title` is what people
    call it, without personal data. With an `estate_id` those who audit that estate see the entry
    too; otherwise those who audit the actor's organisation.
    """
    entry = Entry(
        id=work.new_id(),
        at=work.now,
        actor_id=work.actor.account_id,
        actor_name=work.actor.name,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        subject_title=subject_title[:LONGEST_TITLE],
        reason=reason[:LONGEST_REASON] if reason else None,
        address=work.actor.address,
        outcome=Outcome(outcome),
        terminal=work.actor.terminal,
    )
    await store.add(work.connection, entry, estate_id)
