"""Verbs of enterprises. Rights are checked by who calls."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from linli.directory.enterprises import policy, store
from linli.directory.enterprises.contracts import Enterprise, EnterpriseEntry, EnterpriseFilter
from linli.directory.enterprises.models import enterprise_table
from linli.directory.places.public import estate_of, places_named
from linli.directory.sources.contracts import Entered, Source, Version
from linli.directory.sources.public import Register, enter_rows, fresh_codes, versions_of
from linli.kernel.errors import BadInput, FieldFault, Forbidden, NotFound
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.looks.contracts import LookDraft, What, reason_given
from linli.support.looks.public import looked
from linli.support.sealing.ports import Cipher

SEE_FULL = "see_people_full"
LETTER = "Q"
MOST_FAULTS = 200

ENTERPRISES = Register(enterprise_table, ("estate_id", "code"), lambda row: str(row["code"]))


async def enter_enterprises(
    work: Work, cipher: Cipher, estate_id: UUID, entries: Sequence[EnterpriseEntry], source: Source
) -> Entered:
    """Enter enterprises of an estate by credit code, else by code; `ids` are by code.

    Raises:
        NotFound: the estate is out of sight.
        BadInput: `faults` name each wrong field as `<index>.<field>`; nothing was entered.
    """
    estate = await estate_of(work, estate_id)
    credit_codes, phones = await _checked(work, estate_id, entries)
    known = await store.known(work.connection, estate_id)
    by_credit = {row.credit_code: row.code for row in known if row.credit_code}
    sealed = {row.code: (row.phone_sealed, row.phone_hash) for row in known}
    codes = [
        entry.code or by_credit.get(credit or "")
        for entry, credit in zip(entries, credit_codes, strict=True)
    ]
    made = iter(await fresh_codes(work, estate.code, LETTER, codes.count(None)))
    rows: list[dict[str, object]] = []
    for entry, credit, phone, code in zip(entries, credit_codes, phones, codes, strict=True):
        own = code or next(made)
        numbers = store.sealed_phone(cipher, phone)
        before = sealed.get(own, (None, None))
        if phone is None or numbers["phone_hash"] == before[1]:
            numbers = {"phone_sealed": before[0], "phone_hash": before[1]}
        rows.append(
            {
                "estate_id": estate_id,
                "place_id": entry.place_id,
                "code": own,
                "title": entry.title.strip(),
                "kind": entry.kind.value,
                "credit_code": credit,
                "contact": entry.contact.strip(),
                **numbers,
                "staff": entry.staff,
                "since": entry.since,
                "state": entry.state.value,
            }
        )
    entered = await enter_rows(work, ENTERPRISES, rows, source)
    if entered.created or entered.updated:
        await record(
            work,
            action=Action.BASE_ENTERED,
            subject_kind="estate",
            subject_id=estate_id,
            subject_title=f"企业商铺：新增 {entered.created}，更新 {entered.updated}",
            reason=source.title or None,
            estate_id=estate_id,
        )
    return entered


async def _checked(
    work: Work, estate_id: UUID, entries: Sequence[EnterpriseEntry]
) -> tuple[list[str | None], list[str | None]]:
    faults: list[FieldFault] = []
    credit_codes: list[str | None] = []
    phones: list[str | None] = []
    places = await places_named(work, {e.place_id for e in entries if e.place_id is not None})
    for at, entry in enumerate(entries):
        credit = phone = None
        try:
            credit = policy.credit_code(entry.credit_code) if entry.credit_code else None
            phone = policy.phone_digits(entry.phone) if entry.phone else None
        except BadInput as wrong:
            faults.append(FieldFault(f"{at}.{wrong.field}", wrong.message))
        if not entry.title.strip():
            faults.append(FieldFault(f"{at}.title", "请填写名称"))
        place = places.get(entry.place_id) if entry.place_id else None
        if entry.place_id is not None and (place is None or place.estate_id != estate_id):
            faults.append(FieldFault(f"{at}.place_id", "这个位置不在小区里"))
        credit_codes.append(credit)
        phones.append(phone)
    if faults:
        raise BadInput("名单里有需要改正的内容", faults=tuple(faults[:MOST_FAULTS]))
    return credit_codes, phones


async def find_enterprises(
    work: Work, cipher: Cipher, wanted: EnterpriseFilter
) -> tuple[tuple[Enterprise, ...], int]:
    """Enterprises in sight, and how many match."""
    rows, total = await store.find(work.connection, cipher, wanted)
    return tuple(rows), total


async def enterprises_named(work: Work, ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """The titles of these enterprises; those out of sight are missing."""
    return await store.named(work.connection, set(ids))


async def enterprise_of(work: Work, cipher: Cipher, enterprise_id: UUID) -> Enterprise:
    """The enterprise.

    Raises:
        NotFound: absent, or out of sight.
    """
    found = await store.one(work.connection, cipher, enterprise_id)
    if found is None:
        raise NotFound
    return found


async def look_at_phone(
    work: Work, cipher: Cipher, enterprise_id: UUID, *, reason: str
) -> str | None:
    """The number of an enterprise's contact in full; the look is on record.

    Raises:
        NotFound: absent, or out of sight.
        Forbidden: the actor may not see people in full there.
        ReasonNeeded: no reason was given.
    """
    given = reason_given(reason)
    one = await enterprise_of(work, cipher, enterprise_id)
    if not work.scope.may(SEE_FULL, one.estate_id):
        raise Forbidden
    await record(
        work,
        action=Action.PERSON_REVEALED,
        subject_kind="enterprise",
        subject_id=one.id,
        subject_title=one.title,
        reason=given,
        estate_id=one.estate_id,
    )
    await looked(
        work,
        LookDraft(
            what=What.DETAILS,
            subject_kind="enterprise",
            subject_id=one.id,
            subject_title=one.title,
            reason=given,
            estate_id=one.estate_id,
        ),
    )
    return await store.phone(work.connection, cipher, enterprise_id)


async def versions_of_enterprise(work: Work, enterprise_id: UUID) -> tuple[Version, ...]:
    """Every version of an enterprise, newest first."""
    return await versions_of(work, enterprise_table, enterprise_id)
