"""Verbs of key people, inside the caller's transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from linli.directory.identity.contracts import Staff
from linli.directory.identity.public import staff_of
from linli.directory.key_people import policy, store
from linli.directory.key_people.contracts import (
    BASES,
    OUTCOME_TITLES,
    RISK_TITLES,
    Absence,
    Carer,
    Due,
    Entry,
    EntryMove,
    EntryState,
    KeyDraft,
    KeyPerson,
    KeySearch,
    Outcome,
    Problem,
    Rate,
    Risk,
    Secrets,
    Step,
    ToldBy,
    Visit,
    VisitDraft,
    VisitLine,
    VisitSearch,
)
from linli.directory.key_people.events import KeyPersonChanged, VisitFoundProblem
from linli.directory.key_people.models import entry_table, key_person_table
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import require_on
from linli.directory.organisation.public import organisations_above
from linli.directory.people.contracts import Person, PersonRow
from linli.directory.people.public import (
    masked_name,
    people_matching,
    people_named,
    person_masked,
    phone_digits,
    reveal,
)
from linli.directory.sources.contracts import CLERK, Entered, Source
from linli.directory.sources.public import LaterWork, Register, enter_rows, used_by
from linli.kernel.errors import BadInput, FieldFault, Forbidden, NotFound
from linli.kernel.scope import MACHINE
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.files.contracts import Attachment
from linli.support.files.public import attach
from linli.support.looks.contracts import LookDraft, What
from linli.support.looks.public import looked
from linli.support.messaging.contracts import About, Channel, Message
from linli.support.messaging.public import send
from linli.support.sealing.ports import Cipher

SEE = "see_key_people"
MANAGE = "manage_key_people"
VISIT = "visit_key_people"
MEDICAL = "see_medical_notes"
SEE_INCIDENTS = "see_incidents"

VISITS_THERE = "负责走访"
"""Why a visitor reads what was noted before: nobody asks them each time."""
MOST_COUNTED = 100_000
MOST_FAULTS = 200
MOST_CARERS = 5
LONGEST_ABSENCE = timedelta(days=366)
OLDEST_VISIT = timedelta(days=30)
LAST_VISITS = 5

KEY_PEOPLE = Register(key_person_table, ("person_id",), lambda row: str(row["person_id"]))
ENTRIES = Register(
    entry_table,
    ("key_person_id", "category"),
    lambda row: f"{row['key_person_id']} {row['category']}",
)


def today_of(work: Work) -> date:
    """The day as people here count it."""
    return work.now.astimezone(SHANGHAI).date()


# ── entering ──


async def enter(work: Work, cipher: Cipher, draft: KeyDraft) -> KeyPerson:
    """Put a person into the register under a category, or renew what is said of it.

    Raises:
        NotFound: the person is absent or out of sight.
        Forbidden: not in the estate of this person.
        NoSuchCategory, BadInput: what is said cannot be.
    """
    person = await person_masked(work, cipher, draft.person_id)
    _require(work, MANAGE, person.estate_id)
    entered = await enter_many(work, cipher, [draft], CLERK, person.estate_id)
    found = await _key_person(work, next(iter(entered.ids.values())), lock=True)
    entry = next(
        one
        for one in await store.entries_of(work.connection, found.id)
        if one.category == draft.category
    )
    if entry.state is not EntryState.ACTIVE:
        # A clerk who enters somebody anew means it; a list entered again does not.
        after = policy.moved(entry.state, EntryMove.RENEW)
        await store.change_entry(
            work.connection, entry.id, {"state": after.value, "ended_at": None, "end_reason": ""}
        )
        await _recount(work, found)
    return await _key_person(work, found.id)


async def enter_many(
    work: Work, cipher: Cipher, drafts: Sequence[KeyDraft], source: Source, estate_id: UUID
) -> Entered:
    """Enter a list into an estate's register, one line for each person and category.

    The same list again changes nothing; what was ended by hand stays ended. A plan, a visitor and
    a risk that were set by hand stay unless the list says otherwise. `ids` answers each person's
    record by the person's id.

    Raises:
        BadInput: `faults` name each wrong field as `<index>.<field>`; nothing was entered.
        ModuleOff: the estate does without the register.
    """
    await require_on(work, estate_id, Module.KEY_PEOPLE)
    today = today_of(work)
    people = await people_named(work, cipher, [one.person_id for one in drafts])
    _check(drafts, people, today)
    before = {one.person_id: one for one in await store.keys_of(work.connection, {*people})}
    known = await store.known_entries(work.connection, {*people})
    estates = {one: before[one].estate_id if one in before else estate_id for one in people}
    made = await enter_rows(work, KEY_PEOPLE, _rows(work, drafts, people, before, estates), source)
    keys = {person_id: made.ids[str(person_id)] for person_id in people}
    lines = [
        {
            "key_person_id": keys[draft.person_id],
            "estate_id": estates[draft.person_id],
            **_entry_row(draft, known.get((draft.person_id, draft.category)), today),
        }
        for draft in drafts
    ]
    entered = await enter_rows(work, ENTRIES, lines, source)
    await store.gather(work.connection, set(keys.values()))
    await _freshen(work, drafts)
    new = [draft for draft in drafts if (draft.person_id, draft.category) not in known]
    named = policy.titles()
    await store.tell(
        work.connection,
        [
            _step(
                work,
                (keys[draft.person_id], estates[draft.person_id]),
                "entered",
                f"{named[draft.category]}，依据：{BASES[draft.basis].title}",
            )
            for draft in new
        ],
    )
    many = len(people) > 1
    if entered.created or entered.updated:
        await record(
            work,
            action=Action.KEY_PERSON_ENTERED,
            subject_kind="estate" if many else "key_person",
            subject_id=estate_id if many else keys[drafts[0].person_id],
            subject_title=(
                f"{source.title or '重点人员名单'}：{len(people)} 人"
                if many
                else people[drafts[0].person_id].name_masked
            ),
            estate_id=estate_id,
        )
    return replace(entered, ids=made.ids)


def _rows(
    work: Work,
    drafts: Sequence[KeyDraft],
    people: Mapping[UUID, PersonRow],
    before: Mapping[UUID, KeyPerson],
    estates: Mapping[UUID, UUID],
) -> list[dict[str, object]]:
    visitors = {
        one.person_id: (one.visitor_id, one.visitor_name)
        for one in reversed(drafts)
        if one.visitor_id is not None
    }
    rows: list[dict[str, object]] = []
    for person_id in dict.fromkeys(draft.person_id for draft in drafts):
        old = before.get(person_id)
        usual = (old.visitor_id, old.visitor_name) if old else (None, "")
        visitor_id, visitor_name = visitors.get(person_id, usual)
        rows.append(
            {
                "estate_id": estates[person_id],
                "person_id": person_id,
                "home_id": people[person_id].home_id,
                "risk": old.risk.value if old else Risk.LOW.value,
                "visitor_id": visitor_id,
                "visitor_name": visitor_name,
                "created_at": old.created_at if old else work.now,
            }
        )
    return rows


def _check(drafts: Sequence[KeyDraft], people: Mapping[UUID, PersonRow], today: date) -> None:
    faults: list[FieldFault] = []
    known = {one.code for one in policy.in_force(today)}
    seen: set[tuple[UUID, str]] = set()
    for at, draft in enumerate(drafts):
        if draft.person_id not in people:
            faults.append(FieldFault(f"{at}.person_id", "没有这个人，或不在您的管辖范围内"))
        if draft.category not in known:
            faults.append(FieldFault(f"{at}.category", policy.NoSuchCategory.text))
        if (draft.person_id, draft.category) in seen:
            faults.append(FieldFault(f"{at}.category", "这个人的同一类别在名单里出现两次"))
        seen.add((draft.person_id, draft.category))
        since = draft.since or today
        if draft.expires_on is not None and draft.expires_on <= max(since, today):
            faults.append(FieldFault(f"{at}.expires_on", "到期日应晚于今天和起始日"))
        if draft.every_days is not None and not 1 <= draft.every_days <= LONGEST_ABSENCE.days:
            faults.append(FieldFault(f"{at}.every_days", "走访间隔应为 1 到 366 天"))
    if not drafts:
        raise BadInput("名单是空的")
    if faults:
        first = faults[0]
        raise BadInput(
            first.message if len(drafts) == 1 else "名单里有需要改正的内容",
            field=first.field.partition(".")[2] if len(drafts) == 1 else None,
            faults=tuple(faults[:MOST_FAULTS]),
        )


def _entry_row(draft: KeyDraft, old: store.KnownEntry | None, today: date) -> dict[str, object]:
    """What a line says; what it leaves open stays as it was."""
    since = draft.since or (old.since if old else today)
    category = policy.category_of(draft.category, today)
    return {
        "category": draft.category,
        "basis": draft.basis.value,
        "basis_words": draft.basis_words.strip(),
        "since": since,
        "review_on": old.review_on if old else today + timedelta(days=category.review_days),
        "expires_on": draft.expires_on,
    }


async def _freshen(work: Work, drafts: Sequence[KeyDraft]) -> None:
    """Work out risk, plan and due day of records after their categories changed."""
    given: dict[UUID, int] = {}
    for draft in drafts:
        if draft.every_days is not None:
            least = given.get(draft.person_id, draft.every_days)
            given[draft.person_id] = min(draft.every_days, least)
    today = today_of(work)
    fresh: list[store.Fresh] = []
    for one in await store.keys_of(work.connection, {draft.person_id for draft in drafts}):
        days = given.get(one.person_id) or one.every_days or policy.usual_days(one.categories)
        judged = policy.judged(one.categories)
        fresh.append(
            store.Fresh(
                id=one.id,
                risk=judged.risk.value,
                reasons=judged.reasons,
                every_days=days,
                next_visit_on=_next(replace(one, every_days=days), today),
            )
        )
    await store.set_fresh(work.connection, fresh)


def _next(one: KeyPerson, today: date) -> date | None:
    away = one.away_until if one.away_until and one.away_until >= today else None
    return policy.next_visit(
        last=one.last_visit_at.astimezone(SHANGHAI).date() if one.last_visit_at else None,
        since=one.created_at.astimezone(SHANGHAI).date(),
        every_days=one.every_days if one.categories else None,
        away_until=away,
    )


async def carers_listed(work: Work, cipher: Cipher, carers: Mapping[UUID, Sequence[Carer]]) -> None:
    """Note the carers a list names, by record; the records were just added by that list.

    Raises:
        BadInput: too many for one person.
    """
    for key_id, some in carers.items():
        if len(some) > MOST_CARERS:
            raise BadInput(f"一个人最多登记 {MOST_CARERS} 位照护人", field="carer")
        values = {"carers_sealed": store.sealed_carers(cipher, some)}
        await store.change(work.connection, key_id, values)


async def take_list_back(work: Work, made: Sequence[UUID]) -> int:
    """Remove the records and categories an import added (`made`); answers how many rows went.

    linli's own work, after the right of who asked was looked at.

    Raises:
        LaterWork: somebody wrote in one of the records since.
    """
    later = await store.worked_on_since(work.connection, made)
    if later:
        raise LaterWork(f"有 {later} 名重点人员在导入以后又登记过走访或变更，不能整批撤销")
    touched = await store.listed(work.connection, made)
    try:
        async with work.connection.begin_nested():
            removed = await store.remove(work.connection, made)
    except IntegrityError as error:
        raise used_by(error, "重点人员") from error
    for key_id in sorted(set(touched) - set(made)):
        key = await _key_person(work, key_id)
        words = "撤销导入，由它登记的类别不再列入"
        await store.tell(work.connection, [_step(work, (key.id, key.estate_id), "ended", words)])
        await _recount(work, key)
    return removed


# ── finding ──


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Some of the records found, with the people they are about (masked)."""

    rows: tuple[KeyPerson, ...]
    people: Mapping[UUID, PersonRow]
    total: int


async def find(
    work: Work, cipher: Cipher, search: KeySearch, *, most: int = 50, skip: int = 0
) -> KeyPage:
    """Key people in sight, masked; those to whom somebody should go first stand first."""
    people = None
    if search.words.strip():
        people = await people_matching(work, cipher, search.words)
        if people is None:
            return KeyPage((), {}, 0)
    looked = store.Looked(search, today_of(work), _estates(work, search.estate_id), people)
    rows = await store.found(work.connection, looked, most=most, skip=skip)
    total = await store.counted(work.connection, looked, most=MOST_COUNTED)
    named = await people_named(work, cipher, [row.person_id for row in rows])
    return KeyPage(tuple(rows), named, total)


async def counts(work: Work, estate_id: UUID | None = None) -> Mapping[Due, int]:
    """How many records each list holds."""
    return await store.counts(work.connection, _estates(work, estate_id), today_of(work))


async def rates(work: Work, estate_id: UUID | None = None) -> tuple[Rate, ...]:
    """How visitors are doing, the one with most overdue first."""
    estates = _estates(work, estate_id)
    return tuple(await store.rates(work.connection, estates, work.now, today_of(work)))


async def visit_lines(
    work: Work, search: VisitSearch, *, most: int, skip: int
) -> tuple[Sequence[VisitLine], int]:
    """Visits in sight, newest first, and how many there are."""
    return await store.visit_lines(work.connection, search, most=most, skip=skip)


def _estates(work: Work, estate_id: UUID | None) -> list[UUID]:
    held = work.scope.estates_for(SEE)
    return sorted(held if estate_id is None else held & {estate_id})


@dataclass(frozen=True, slots=True)
class Record:
    """A record with all that is noted of it; who it is about, masked or in full."""

    key: KeyPerson
    person: Person
    entries: tuple[Entry, ...]
    visits: tuple[Visit, ...]
    absences: tuple[Absence, ...]
    story: tuple[Step, ...]
    secrets: Secrets
    masked: bool


async def read(work: Work, cipher: Cipher, key_id: UUID) -> Record:
    """A record with names and numbers masked; door code and medical notes are left out.

    What was noted at visits is for who goes there, and that look is on record.

    Raises:
        NotFound: absent, or out of sight.
        ModuleOff: the estate does without the register.
    """
    key = await _in_use(work, key_id)
    person = await person_masked(work, cipher, key.person_id)
    kept = await store.secrets(work.connection, cipher, key_id, medical=False)
    hidden = Secrets(policy.masked_carers(kept.carers), "", None)
    record = await _record(work, cipher, key, (person, hidden, True))
    if not any(one.words for one in record.visits):
        return record
    if key.visitor_id is not None and key.visitor_id == work.actor.account_id:
        await _looked_at_notes(work, key, person.name, VISITS_THERE)
        return record
    return replace(
        record, visits=tuple(replace(one, words=one.words and None) for one in record.visits)
    )


async def line_of(work: Work, cipher: Cipher, key_id: UUID) -> tuple[KeyPerson, PersonRow | None]:
    """A record as a list shows it, masked; also where the module went off since.

    Raises NotFound.
    """
    key = await _key_person(work, key_id)
    return key, (await people_named(work, cipher, [key.person_id])).get(key.person_id)


async def read_of(work: Work, cipher: Cipher, person_id: UUID) -> Record:
    """The record of a person, masked.

    Raises:
        NotFound: the person is not in the register, or out of sight.
    """
    rows = await store.keys_of(work.connection, [person_id])
    if not rows:
        raise NotFound
    return await read(work, cipher, rows[0].id)


async def look(work: Work, cipher: Cipher, key_id: UUID, *, reason: str) -> Record:
    """A record in full; medical notes only with their own right. The look is in the audit.

    Raises:
        NotFound: absent, or out of sight.
        Forbidden: the session may not see people in full there.
        ReasonNeeded: no reason was given.
        ModuleOff: the estate does without the register.
    """
    key = await _in_use(work, key_id)
    person = await reveal(work, cipher, key.person_id, reason=reason)
    medical = work.scope.may(MEDICAL, key.estate_id)
    kept = await store.secrets(work.connection, cipher, key_id, medical=medical)
    await _audited(work, cipher, Action.KEY_PERSON_SEEN, key, reason=reason.strip())
    await _looked_at_notes(work, key, masked_name(person.name), reason.strip())
    return await _record(work, cipher, key, (person, kept, False))


async def _looked_at_notes(work: Work, key: KeyPerson, name: str, reason: str) -> None:
    await looked(
        work,
        LookDraft(
            what=What.NOTES,
            subject_kind="key_person",
            subject_id=key.id,
            subject_title=name,
            person_id=key.person_id,
            reason=reason,
            estate_id=key.estate_id,
        ),
    )


async def _record(
    work: Work, cipher: Cipher, key: KeyPerson, seen: tuple[Person, Secrets, bool]
) -> Record:
    person, secrets, masked = seen
    return Record(
        key=key,
        person=person,
        entries=tuple(await store.entries_of(work.connection, key.id)),
        visits=tuple(await store.visits_of(work.connection, cipher, key.id, most=50)),
        absences=tuple(await store.absences_of(work.connection, key.id)),
        story=tuple(await store.story_of(work.connection, key.id, most=100)),
        secrets=secrets,
        masked=masked,
    )


async def at_places(
    work: Work, cipher: Cipher, homes: Collection[UUID]
) -> tuple[tuple[KeyPerson, PersonRow], ...]:
    """Key people who live in one of these homes, masked."""
    rows = await store.at_homes(work.connection, homes)
    people = await people_named(work, cipher, [row.person_id for row in rows])
    return tuple((row, people[row.person_id]) for row in rows if row.person_id in people)


async def away_homes(
    work: Work, homes: Collection[UUID], since: datetime | None = None
) -> Mapping[UUID, date]:
    """Homes whose key people are all away now (or were at some time after `since`): until when."""
    start = since or work.now
    return await store.away_homes(work.connection, homes, start, today_of(work))


async def visitors(work: Work, estate_id: UUID) -> tuple[Staff, ...]:
    """Who may be sent to visit in an estate."""
    community = (await organisations_above(work, estate_id))[0]
    return await staff_of(work, community.id, estate_id, VISIT)


# ── changing ──


async def end_entry(
    work: Work, cipher: Cipher, key_id: UUID, entry_id: UUID, *, reason: str
) -> None:
    """A category no longer holds; what was noted stays.

    Raises:
        NotFound, WordsNeeded, IllegalMove.
    """
    why = policy.words_given(reason)
    key = await _managed(work, key_id)
    entry = await _entry(work, key_id, entry_id)
    after = policy.moved(entry.state, EntryMove.END)
    values = {"state": after.value, "ended_at": work.now, "end_reason": why}
    await store.change_entry(work.connection, entry_id, values)
    await _changed(work, cipher, key, "ended", f"{entry.title}：{why}")
    await _recount(work, key)


async def renew_entry(
    work: Work, cipher: Cipher, key_id: UUID, entry_id: UUID, *, expires_on: date | None, words: str
) -> None:
    """A clerk looked: the category still holds, until the next review.

    Raises:
        NotFound, WordsNeeded, BadInput: it would have ended already.
    """
    what = policy.words_given(words, "words")
    key = await _managed(work, key_id)
    entry = await _entry(work, key_id, entry_id)
    today = today_of(work)
    if expires_on is not None and expires_on <= today:
        raise BadInput("到期日应晚于今天", field="expires_on")
    after = policy.moved(entry.state, EntryMove.RENEW)
    category = policy.category_of(entry.category, today)
    values = {
        "state": after.value,
        "ended_at": None,
        "end_reason": "",
        "expires_on": expires_on,
        "review_on": today + timedelta(days=category.review_days),
    }
    await store.change_entry(work.connection, entry_id, values)
    await _changed(work, cipher, key, "renewed", f"{entry.title}：{what}")
    await _recount(work, key)


async def plan(
    work: Work, cipher: Cipher, key_id: UUID, *, every_days: int | None, visitor_id: UUID | None
) -> None:
    """Who visits, and every how many days; None: nobody is planned.

    Raises:
        NotFound, BadInput: the visitor may not visit there, or the days cannot be.
    """
    key = await _managed(work, key_id)
    if every_days is not None and not 1 <= every_days <= LONGEST_ABSENCE.days:
        raise BadInput("走访间隔应为 1 到 366 天", field="every_days")
    name = ""
    if visitor_id is not None:
        crew = {one.account_id: one for one in await visitors(work, key.estate_id)}
        if visitor_id not in crew:
            raise BadInput("这位人员不能在这个小区走访", field="visitor_id")
        name = crew[visitor_id].display_name
    planned = replace(key, every_days=every_days, visitor_id=visitor_id, visitor_name=name)
    await store.change(
        work.connection,
        key_id,
        {
            "every_days": every_days,
            "visitor_id": visitor_id,
            "visitor_name": name,
            "next_visit_on": _next(planned, today_of(work)),
        },
    )
    words = f"每 {every_days} 天一次" if every_days else "不安排走访"
    await _changed(work, cipher, key, "planned", f"{words}，{name or '未指定走访人'}")


async def hand_over(work: Work, from_id: UUID, from_name: str, to_id: UUID | None) -> int:
    """Somebody has left: whom they visited, `to_id` visits where they may; else nobody is named.

    linli's own work. Answers how many records it was.
    """
    crews: dict[UUID, Mapping[UUID, str]] = {}
    steps: list[Mapping[str, object]] = []
    for key_id, estate_id in await store.visited_by(work.connection, from_id):
        if estate_id not in crews:
            crew = await visitors(work, estate_id)
            crews[estate_id] = {one.account_id: one.display_name for one in crew}
        name = crews[estate_id].get(to_id, "") if to_id is not None else ""
        await store.change(
            work.connection, key_id, {"visitor_id": to_id if name else None, "visitor_name": name}
        )
        words = f"{from_name}已离职，" + (f"由{name}走访" if name else "请另行指定走访人")
        steps.append(_step(work, (key_id, estate_id), "planned", words))
    await store.tell(work.connection, steps)
    return len(steps)


async def set_risk(
    work: Work, cipher: Cipher, key_id: UUID, *, risk: Risk | None, reason: str
) -> None:
    """Set the risk by hand with a reason; None leaves it to the policy again.

    Raises:
        NotFound, WordsNeeded.
    """
    why = policy.words_given(reason)
    key = await _managed(work, key_id)
    if risk is None:
        await store.change(work.connection, key_id, {"risk_by_hand": False})
        await _recount(work, key)
        await _changed(work, cipher, key, "risk", f"按规则判定：{why}")
        return
    values = {"risk": risk.value, "risk_by_hand": True, "risk_reasons": [f"人工判定：{why}"]}
    await store.change(work.connection, key_id, values)
    await _changed(work, cipher, key, "risk", f"{RISK_TITLES[risk]}风险：{why}")


async def set_carers(work: Work, cipher: Cipher, key_id: UUID, carers: Sequence[Carer]) -> None:
    """Who looks after the person, at most five; phones are sealed."""
    key = await _managed(work, key_id)
    if len(carers) > MOST_CARERS:
        raise BadInput("最多登记 5 位照护人", field="carers")
    made = [
        Carer(one.name.strip(), one.relation.strip(), phone_digits(one.phone)) for one in carers
    ]
    values = {"carers_sealed": store.sealed_carers(cipher, made)}
    await store.change(work.connection, key_id, values)
    await _changed(work, cipher, key, "carers", f"照护人 {len(made)} 位")


async def set_door(work: Work, cipher: Cipher, key_id: UUID, words: str) -> None:
    """How to get in when nobody opens (a door code, who has a key); sealed."""
    key = await _managed(work, key_id)
    values = {"door_sealed": store.sealed_door(cipher, words.strip())}
    await store.change(work.connection, key_id, values)
    await _changed(
        work, cipher, key, "door", "开门方式已更新" if words.strip() else "开门方式已清空"
    )


async def note_medical(
    work: Work, cipher: Cipher, key_id: UUID, *, words: str, consent_words: str
) -> None:
    """Note what a doctor must know; it needs its own right, and says on whose consent it rests.

    Raises:
        NotFound, Forbidden, WordsNeeded.
    """
    key = await _in_use(work, key_id, lock=True)
    _require(work, MEDICAL, key.estate_id)
    consent = policy.words_given(consent_words, "consent_words")
    row = {
        "key_person_id": key_id,
        "estate_id": key.estate_id,
        "consent_words": consent,
        "noted_by": work.actor.name,
        "noted_at": work.now,
    }
    await store.note_medical(work.connection, cipher, words.strip(), row)
    await _changed(work, cipher, key, "medical", f"健康备注已更新（{consent}）")


# ── visits ──


async def record_visit(work: Work, cipher: Cipher, draft: VisitDraft) -> Visit:
    """Note a visit; the same visit again answers the first.

    Raises:
        NotFound, Forbidden, BadInput: it lies ahead, or too long ago, or a problem without words.
    """
    known = await store.visit(work.connection, cipher, draft.id)
    if known is not None:
        return known
    key = await _key_person(work, draft.key_person_id, lock=True)
    _require(work, VISIT, key.estate_id)
    # A phone without network sends later what was done before the switch.
    await require_on(work, key.estate_id, Module.KEY_PEOPLE, at=draft.visited_at)
    words = draft.words.strip()
    if draft.visited_at > work.now + timedelta(minutes=5):
        raise BadInput("走访时间不能晚于现在", field="visited_at")
    if draft.visited_at < work.now - OLDEST_VISIT:
        raise BadInput("走访时间不能早于 30 天前", field="visited_at")
    if draft.problem and not words:
        raise BadInput("上报问题请写明情况", field="words")
    visit = Visit(
        id=draft.id,
        key_person_id=key.id,
        estate_id=key.estate_id,
        visitor_id=work.actor.account_id,
        visitor_name=work.actor.name,
        visited_at=min(draft.visited_at, work.now),
        received_at=work.now,
        outcome=draft.outcome,
        findings=tuple(dict.fromkeys(draft.findings)),
        words=words,
        file_ids=draft.file_ids,
        position=draft.position,
        problem=draft.problem,
    )
    if not await store.add_visit(work.connection, cipher, visit):
        # Its id lies in an estate that this session does not see.
        raise NotFound
    await attach(work, draft.file_ids, Attachment(key.estate_id, (SEE, SEE_INCIDENTS)))
    await _changed(work, cipher, key, "visited", OUTCOME_TITLES[visit.outcome], quiet=True)
    await record(
        work,
        action=Action.VISIT_RECORDED,
        subject_kind="key_person",
        subject_id=key.id,
        subject_title=OUTCOME_TITLES[visit.outcome],
        estate_id=key.estate_id,
    )
    await _recount(work, key)
    if visit.problem:
        work.outbox.add(
            VisitFoundProblem(
                estate_id=key.estate_id, happened_at=visit.visited_at, visit_id=visit.id
            )
        )
    return visit


async def take_problem(work: Work, visit_id: UUID) -> Problem | None:
    """What a visitor found that needs others, to the first who takes it; None afterwards."""
    return await store.take_problem(work.connection, visit_id, work.now)


# ── absences ──


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceDraft:
    """Somebody goes away (`去女儿家`) from the first to the last of these days."""

    since: date
    until: date
    whereto: str
    told_by: ToldBy


async def note_absence(work: Work, cipher: Cipher, key_id: UUID, draft: AbsenceDraft) -> None:
    """Visits and the rules for elders rest while somebody is away.

    Raises:
        NotFound, Forbidden, BadInput: the days cannot be.
    """
    key = await _in_use(work, key_id, lock=True)
    if not work.scope.may(MANAGE, key.estate_id):
        _require(work, VISIT, key.estate_id)
    if draft.until < draft.since or draft.until < today_of(work):
        raise BadInput("返回日期不能早于离开日期和今天", field="until")
    if draft.until - draft.since > LONGEST_ABSENCE:
        raise BadInput("一次报备最长一年；长期不在请办理退出", field="until")
    await store.add_absence(
        work.connection,
        {
            "id": work.new_id(),
            "key_person_id": key.id,
            "estate_id": key.estate_id,
            "home_id": key.home_id,
            "since": draft.since,
            "until": draft.until,
            "whereto": draft.whereto.strip(),
            "told_by": draft.told_by.value,
            "noted_by": work.actor.name,
            "noted_at": work.now,
        },
    )
    words = f"{draft.since} 至 {draft.until} 外出"
    await _changed(work, cipher, key, "away", words, action=Action.ABSENCE_NOTED)
    await _recount(work, key)


async def end_absence(work: Work, cipher: Cipher, key_id: UUID, absence_id: UUID) -> None:
    """Somebody is back: visits and rules run again from now.

    Raises:
        NotFound, Forbidden.
    """
    key = await _in_use(work, key_id, lock=True)
    if not work.scope.may(MANAGE, key.estate_id):
        _require(work, VISIT, key.estate_id)
    if not await store.end_absence(work.connection, key_id, absence_id, work.now):
        raise NotFound
    await _changed(work, cipher, key, "back", "已返回", action=Action.ABSENCE_NOTED)
    await _recount(work, key)


# ── as time goes by ──


async def expire_some(work: Work, most: int = 2_000) -> int:
    """End categories whose time is over; the people leave the lists, their history stays."""
    today = today_of(work)
    named = policy.titles()
    over = await store.expired(work.connection, today, most=most)
    await store.tell(
        work.connection,
        [
            _step(work, (key_id, estate_id), "expired", f"{named.get(category, category)}：到期")
            for _, key_id, estate_id, category in over
        ],
    )
    for key_id in {one[1] for one in over}:
        await _recount(work, await _key_person(work, key_id))
    return len(over)


async def follow_absences(work: Work) -> int:
    """Begin and end absences whose day has come."""
    touched = await store.absences_begun(work.connection, today_of(work))
    for key_id in touched:
        await _recount(work, await _key_person(work, key_id))
    return len(touched)


async def follow_moves(work: Work) -> int:
    """Follow people who moved to another home."""
    return await store.follow_moves(work.connection, work.now)


async def tell_reviews(work: Work) -> int:
    """Tell the clerks of an estate how many records want a look; each only once."""
    due = await store.reviews_to_tell(work.connection, today_of(work))
    for estate_id, many in due.items():
        community = (await organisations_above(work, estate_id))[0]
        for clerk in await staff_of(work, community.id, estate_id, MANAGE):
            await send(
                work,
                Message(
                    channel=Channel.IN_APP,
                    template="key_people.review",
                    title=f"{many} 名重点人员需要复核",
                    words="请到重点人员名册的“待复核”核对类别是否仍然成立。",
                    about=About(
                        estate_id=estate_id,
                        subject_id=estate_id,
                        version=today_of(work).toordinal(),
                    ),
                    account_id=clerk.account_id,
                ),
            )
    return sum(due.values())


# ── within ──


def _require(work: Work, permission: str, estate_id: UUID) -> None:
    if work.actor.kind != MACHINE.kind and not work.scope.may(permission, estate_id):
        raise Forbidden


async def _key_person(work: Work, key_id: UUID, *, lock: bool = False) -> KeyPerson:
    found = await store.key_person(work.connection, key_id, lock=lock)
    if found is None:
        raise NotFound
    return found


async def _in_use(work: Work, key_id: UUID, *, lock: bool = False) -> KeyPerson:
    key = await _key_person(work, key_id, lock=lock)
    await require_on(work, key.estate_id, Module.KEY_PEOPLE)
    return key


async def _managed(work: Work, key_id: UUID) -> KeyPerson:
    key = await _in_use(work, key_id, lock=True)
    _require(work, MANAGE, key.estate_id)
    return key


async def _entry(work: Work, key_id: UUID, entry_id: UUID) -> Entry:
    found = await store.entry_locked(work.connection, key_id, entry_id)
    if found is None:
        raise NotFound
    return found


def _step(work: Work, whom: tuple[UUID, UUID], change: str, words: str) -> dict[str, object]:
    key_id, estate_id = whom
    return {
        "id": work.new_id(),
        "key_person_id": key_id,
        "estate_id": estate_id,
        "at": work.now,
        "by": work.actor.name,
        "change": change,
        "words": words,
    }


async def _changed(
    work: Work,
    cipher: Cipher,
    key: KeyPerson,
    change: str,
    words: str,
    *,
    action: Action = Action.KEY_PERSON_CHANGED,
    quiet: bool = False,
) -> None:
    """Tell the story, the audit and whoever looks at the record."""
    await store.tell(work.connection, [_step(work, (key.id, key.estate_id), change, words[:400])])
    if not quiet:
        await _audited(work, cipher, action, key)
    work.outbox.add(
        KeyPersonChanged(
            estate_id=key.estate_id,
            happened_at=work.now,
            key_person_id=key.id,
            version=key.version + 1,
        )
    )


async def _audited(
    work: Work, cipher: Cipher, action: Action, key: KeyPerson, *, reason: str | None = None
) -> None:
    people = await people_named(work, cipher, [key.person_id])
    row = people.get(key.person_id)
    await record(
        work,
        action=action,
        subject_kind="key_person",
        subject_id=key.id,
        subject_title=row.name_masked if row else "",
        reason=reason,
        estate_id=key.estate_id,
    )


async def _recount(work: Work, key: KeyPerson) -> None:
    """Work out anew what follows from categories, visits and absences."""
    await store.gather(work.connection, [key.id])
    now_ = await _key_person(work, key.id)
    today = today_of(work)
    outcomes = await store.last_outcomes(work.connection, key.id, most=LAST_VISITS)
    counting = [one for one in Outcome if policy.counts_as_visit(one)]
    last = await store.last_counting(work.connection, key.id, counting)
    away = await store.away_until(work.connection, key.id, today)
    judged = policy.judged(now_.categories, outcomes)
    after = replace(now_, last_visit_at=last, away_until=away)
    values: dict[str, object] = {
        "last_visit_at": last,
        "away_until": away,
        "next_visit_on": _next(after, today),
    }
    if not now_.risk_by_hand:
        values |= {"risk": judged.risk.value, "risk_reasons": list(judged.reasons)}
    await store.change(work.connection, key.id, values)
