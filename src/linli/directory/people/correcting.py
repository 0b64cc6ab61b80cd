"""Corrections: what a person says is wrong about them waits for a clerk, who decides."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update

from linli.directory.people import policy
from linli.directory.people.contracts import (
    FIELD_TITLES,
    AskedBy,
    Correction,
    CorrectionDraft,
    CorrectionState,
    PersonChange,
    PersonField,
    PersonRow,
)
from linli.directory.people.models import correction_table
from linli.directory.people.service import MANAGE, change_person, people_named
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.errors import BadInput, Forbidden, NotFound, StaleVersion
from linli.kernel.scope import MACHINE
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.looks.contracts import LookDraft, What, reason_given
from linli.support.looks.public import looked
from linli.support.sealing.ports import Cipher

VALUE = "directory_person_correction.value"

x = correction_table.c


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """Some corrections; `total` counts all of that state."""

    rows: tuple[Correction, ...]
    total: int


async def ask_correction(work: Work, cipher: Cipher, draft: CorrectionDraft) -> UUID:
    """Ask for a correction; it waits for a clerk and changes nothing yet. Answers its id.

    Raises:
        NotFound: the person is out of sight.
        BadInput: the right value is missing, or is none.
    """
    person = (await people_named(work, cipher, [draft.person_id])).get(draft.person_id)
    if person is None:
        raise NotFound
    value = policy.checked_value(draft.field, draft.value)
    words = draft.words.strip()
    if draft.field is PersonField.OTHER and not words:
        raise BadInput("请写明哪里不对", field="words")
    correction_id = work.new_id()
    await work.connection.execute(
        insert(correction_table).values(
            id=correction_id,
            estate_id=person.estate_id,
            person_id=person.id,
            field=draft.field.value,
            value_sealed=cipher.seal(value, binding=VALUE) if value else None,
            words=words,
            asked_by_kind=draft.asked_by.value,
            asked_by=work.actor.name,
            asked_by_id=work.actor.account_id,
            asked_at=work.now,
            state=CorrectionState.WAITING.value,
        )
    )
    # What the person wrote stays in the request: who reads it leaves a look.
    await _recorded(work, Action.CORRECTION_ASKED, person, "")
    return correction_id


async def list_corrections(
    work: Work,
    cipher: Cipher,
    *,
    state: CorrectionState | None = CorrectionState.WAITING,
    estate_id: UUID | None = None,
    person_id: UUID | None = None,
    most: int = 50,
    skip: int = 0,
) -> CorrectionPage:
    """Corrections in sight, those waiting longest first; values masked."""
    wanted = select(correction_table)
    if state is not None:
        wanted = wanted.where(x.state == state.value)
    if estate_id is not None:
        wanted = wanted.where(x.estate_id == estate_id)
    if person_id is not None:
        wanted = wanted.where(x.person_id == person_id)
    total = await work.connection.scalar(select(func.count()).select_from(wanted.subquery()))
    order = x.asked_at if state is CorrectionState.WAITING else x.asked_at.desc()
    rows = (
        await work.connection.execute(wanted.order_by(order, x.id).limit(most).offset(skip))
    ).all()
    people = await people_named(work, cipher, [row.person_id for row in rows])
    return CorrectionPage(
        rows=tuple(
            _correction(row, people[row.person_id], cipher)
            for row in rows
            if row.person_id in people
        ),
        total=int(total or 0),
    )


async def look_at_correction(
    work: Work, cipher: Cipher, correction_id: UUID, *, reason: str
) -> str:
    """What the person wants instead, in full, and what they wrote; the look is on record.

    Raises:
        NotFound: out of sight.
        Forbidden: the actor does not manage people there.
        ReasonNeeded: no reason was given.
    """
    given = reason_given(reason)
    row = (
        await work.connection.execute(select(correction_table).where(x.id == correction_id))
    ).first()
    if row is None:
        raise NotFound
    if row.estate_id not in work.scope.estates_for(MANAGE):
        raise Forbidden
    person = (await people_named(work, cipher, [row.person_id])).get(row.person_id)
    if person is None:
        raise NotFound
    await looked(
        work,
        LookDraft(
            what=What.NOTES,
            subject_kind="person",
            subject_id=person.id,
            subject_title=person.name_masked,
            person_id=person.id,
            reason=given,
            estate_id=row.estate_id,
        ),
    )
    value = cipher.open(row.value_sealed, binding=VALUE) if row.value_sealed else None
    wanted = f"{FIELD_TITLES[PersonField(row.field)]}：{value}" if value else None
    return "；".join(one for one in (wanted, row.words) if one)


async def decide_correction(
    work: Work,
    cipher: Cipher,
    correction_id: UUID,
    *,
    accept: bool,
    decision: str,
    expected_version: int,
) -> Correction:
    """Decide a correction; an accepted one changes the person, whose former version stays.

    Raises:
        NotFound: out of sight.
        Forbidden: the actor does not manage people there, or asked for it themselves.
        IllegalMove: it was decided already.
        StaleVersion: it is not the version the clerk saw.
    """
    row = (
        await work.connection.execute(
            select(correction_table).where(x.id == correction_id).with_for_update()
        )
    ).first()
    if row is None:
        raise NotFound
    if work.actor.kind != MACHINE.kind and row.estate_id not in work.scope.estates_for(MANAGE):
        raise Forbidden
    into = CorrectionState.ACCEPTED if accept else CorrectionState.REFUSED
    policy.decided(CorrectionState(row.state), into)
    if row.version != expected_version:
        raise StaleVersion
    if not accept and not decision.strip():
        raise BadInput("请写明不采纳的原因", field="decision")
    field = PersonField(row.field)
    if accept and row.value_sealed and field is not PersonField.OTHER:
        value = cipher.open(row.value_sealed, binding=VALUE)
        asked = AskedBy(row.asked_by_kind)
        kind = SourceKind.SELF if asked is AskedBy.PERSON else SourceKind.CLERK
        source = Source(kind, f"更正申请（{row.asked_by}）")
        await change_person(work, cipher, row.person_id, _change(field, value), source)
    await work.connection.execute(
        update(correction_table)
        .where(x.id == correction_id)
        .values(
            state=into.value,
            decided_at=work.now,
            decided_by=work.actor.name,
            decision=decision.strip(),
            version=x.version + 1,
        )
    )
    person = (await people_named(work, cipher, [row.person_id]))[row.person_id]
    await _recorded(work, Action.CORRECTION_DECIDED, person, decision)
    after = (
        await work.connection.execute(select(correction_table).where(x.id == correction_id))
    ).one()
    return _correction(after, person, cipher)


def _change(field: PersonField, value: str) -> PersonChange:
    match field:
        case PersonField.NAME:
            return PersonChange(name=value)
        case PersonField.PHONE:
            return PersonChange(phone=value)
        case PersonField.ID_NUMBER:
            return PersonChange(id_number=value)
        case PersonField.BIRTH_DATE:
            return PersonChange(birth_date=policy.day(value))
        case PersonField.OTHER:
            return PersonChange()


def _correction(row: Any, person: PersonRow, cipher: Cipher) -> Correction:  # noqa: ANN401 - a row
    field = PersonField(row.field)
    value = cipher.open(row.value_sealed, binding=VALUE) if row.value_sealed else None
    return Correction(
        id=row.id,
        estate_id=row.estate_id,
        person=person,
        field=field,
        value=policy.masked_value(field, value) if value else None,
        words=row.words,
        asked_by=AskedBy(row.asked_by_kind),
        asked_by_name=row.asked_by,
        asked_at=row.asked_at,
        state=CorrectionState(row.state),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        decision=row.decision,
        version=row.version,
    )


async def _recorded(work: Work, action: Action, person: PersonRow, words: str) -> None:
    await record(
        work,
        action=action,
        subject_kind="person",
        subject_id=person.id,
        subject_title=person.name_masked,
        reason=words or None,
        estate_id=person.estate_id,
    )
