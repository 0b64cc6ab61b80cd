"""Verbs of looks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from linli.kernel.work import Work
from linli.support.looks import store
from linli.support.looks.contracts import Look, LookDraft, LookSearch, PersonSeen

LONGEST_TITLE = 200
LONGEST_REASON = 500


async def looked(work: Work, reading: LookDraft) -> None:
    """Write down that this work's actor reads something, in the transaction of the reading."""
    await store.add(
        work.connection,
        Look(
            id=work.new_id(),
            at=work.now,
            account_id=work.actor.account_id,
            actor_name=work.actor.name,
            what=reading.what,
            person_id=reading.person_id,
            subject_kind=reading.subject_kind,
            subject_id=reading.subject_id,
            subject_title=reading.subject_title[:LONGEST_TITLE],
            reason=reading.reason[:LONGEST_REASON] if reading.reason else None,
            address=work.actor.address,
            estate_id=reading.estate_id,
        ),
    )


async def looks_at(
    work: Work, person_ids: frozenset[UUID], *, most: int
) -> tuple[Sequence[Look], int]:
    """Who looked at a person, newest first, as far as this work sees it; and how often in all.

    `person_ids` are all ids under which the person was ever kept.
    """
    search = LookSearch(person_ids=person_ids)
    found = await store.find(work.connection, search, before=None, most=most)
    return found, await store.count(work.connection, search)


async def persons_seen(work: Work, since: datetime) -> Sequence[PersonSeen]:
    """Every reading about a person since then, in order of time; for linli's own work."""
    return await store.persons_seen(work.connection, since)
