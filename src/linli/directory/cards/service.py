"""Verbs of door cards. Rights to enter are checked by who calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.directory.cards import policy, store
from linli.directory.cards.contracts import (
    MOVE_TITLES,
    Card,
    CardEntry,
    CardMove,
    CardSearch,
    CardState,
    CardSums,
)
from linli.directory.cards.models import card_table
from linli.directory.people.public import known_people
from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import places_named
from linli.directory.sources.contracts import CLERK, Entered, Source
from linli.directory.sources.public import Register, enter_rows, told_by
from linli.kernel.errors import BadInput, FieldFault, Forbidden, NotFound
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.looks.contracts import LookDraft, What, reason_given
from linli.support.looks.public import looked
from linli.support.sealing.ports import Cipher

SEE = "see_cards"
MANAGE = "manage_cards"
MOST_FAULTS = 100
CARDS = Register(
    card_table, ("estate_id", "number_hash"), lambda row: policy.masked(str(row["tail"]))
)


@dataclass(frozen=True, slots=True)
class WholeCard:
    """A card's number and who was written down as its holder, in full."""

    number: str
    holder: str


async def enter(
    work: Work, cipher: Cipher, estate_id: UUID, entries: Sequence[CardEntry], source: Source
) -> Entered:
    """Enter cards by their numbers: new ones are added, others brought up to date.

    Raises:
        BadInput: `faults` name what is wrong, as `<index>.number`.
    """
    numbers = await _checked(work, estate_id, entries)
    hashes = [store.number_hash(cipher, number) for number in numbers]
    known = await store.with_hashes(work.connection, estate_id, set(hashes))
    rows: list[dict[str, object]] = []
    for entry, number, hashed in zip(entries, numbers, hashes, strict=True):
        old = known.get(hashed)
        state = entry.state or (CardState(old.state) if old else CardState.ACTIVE)
        stands = old is not None and old.state == state
        rows.append(
            {
                "estate_id": estate_id,
                "number_hash": hashed,
                # Sealing the same number twice gives other bytes: that would look like a change.
                "number_sealed": old.number_sealed if old else store.sealed(cipher, number),
                "tail": number[-policy.TAIL :],
                "kind": entry.kind.value,
                "home_id": entry.home_id,
                "person_id": entry.person_id,
                "holder": "" if entry.person_id else entry.holder.strip(),
                "state": state.value,
                "state_reason": old.state_reason if old and stands else source.title,
                "state_at": old.state_at if old and stands else work.now,
                "valid_from": entry.valid_from,
                "valid_to": entry.valid_to,
                "note": entry.note.strip(),
            }
        )
    entered = await enter_rows(work, CARDS, rows, source)
    if entered.created or entered.updated:
        await record(
            work,
            action=Action.BASE_ENTERED,
            subject_kind="estate",
            subject_id=estate_id,
            subject_title=f"门卡：新增 {entered.created}，更新 {entered.updated}",
            estate_id=estate_id,
        )
    return entered


async def add(work: Work, cipher: Cipher, estate_id: UUID, entry: CardEntry) -> Card:
    """Enter one card by hand.

    Raises:
        Forbidden: the actor manages no cards there.
        BadInput: names the field; also when the estate has a card with this number.
    """
    if not work.scope.may(MANAGE, estate_id):
        raise Forbidden
    number = policy.number_of(entry.number)
    hashed = store.number_hash(cipher, number)
    if await store.with_hashes(work.connection, estate_id, [hashed]):
        raise BadInput("这个小区已经登记过这个卡号", field="number", remedy="在列表里搜这个卡号")
    try:
        await enter(work, cipher, estate_id, [entry], CLERK)
    except BadInput as wrong:
        first = wrong.faults[0] if wrong.faults else None
        if first is None:
            raise
        raise BadInput(first.message, field=first.field.partition(".")[2]) from wrong
    search = CardSearch(estate_id=estate_id, number=number)
    [card] = await store.page(work.connection, cipher, search, most=1, skip=0)
    return card


async def move(work: Work, card_id: UUID, wanted: CardMove, reason: str) -> Card:
    """Report a card lost, block it, take it back, hand it out again.

    Raises:
        NotFound: out of sight.
        Forbidden: the actor manages no cards there.
        IllegalMove, BadInput: see `policy.moved`.
    """
    card = await _locked(work, card_id)
    state = policy.moved(card.state, wanted, reason)
    words = reason.strip()
    await store.change(
        work.connection,
        card.id,
        {
            "state": state.value,
            "state_reason": words,
            "state_at": work.now,
            **told_by(work, CLERK),
        },
    )
    await record(
        work,
        action=Action.BASE_CHANGED,
        subject_kind="door_card",
        subject_id=card.id,
        subject_title=f"门卡 {policy.masked(card.tail)} {MOVE_TITLES[wanted]}",
        reason=words,
        estate_id=card.estate_id,
    )
    return await _locked(work, card_id)


async def look_at_number(work: Work, cipher: Cipher, card_id: UUID, *, reason: str) -> WholeCard:
    """A card's number and holder in full; the look is on record, also for its holder.

    Raises:
        NotFound: out of sight.
        Forbidden: the actor manages no cards there.
        ReasonNeeded: no reason was given.
    """
    given = reason_given(reason)
    card = await _locked(work, card_id)
    title = f"门卡 {policy.masked(card.tail)}"
    await record(
        work,
        action=Action.PERSON_REVEALED,
        subject_kind="door_card",
        subject_id=card.id,
        subject_title=title,
        reason=given,
        estate_id=card.estate_id,
    )
    await looked(
        work,
        LookDraft(
            what=What.CARD,
            subject_kind="door_card",
            subject_id=card.id,
            subject_title=title,
            person_id=card.person_id,
            reason=given,
            estate_id=card.estate_id,
        ),
    )
    return WholeCard(await store.number_of(work.connection, cipher, card.id), card.holder)


async def find(
    work: Work, cipher: Cipher, search: CardSearch, *, most: int, skip: int
) -> tuple[Sequence[Card], CardSums]:
    """Cards in sight, and how many of all that match stand how."""
    cards = await store.page(work.connection, cipher, search, most=most, skip=skip)
    return cards, await store.sums(work.connection, cipher, search)


async def _checked(work: Work, estate_id: UUID, entries: Sequence[CardEntry]) -> list[str]:
    homes = await places_named(work, {one.home_id for one in entries if one.home_id})
    people = await known_people(work, [one.person_id for one in entries if one.person_id])
    numbers: list[str] = []
    faults: list[FieldFault] = []
    for at, entry in enumerate(entries):
        home = homes.get(entry.home_id) if entry.home_id else None
        try:
            numbers.append(policy.number_of(entry.number))
            policy.check_entry(entry)
        except BadInput as wrong:
            faults.append(FieldFault(f"{at}.{wrong.field}", wrong.message))
        if entry.home_id and (
            home is None or home.estate_id != estate_id or home.kind is not PlaceKind.HOME
        ):
            faults.append(FieldFault(f"{at}.home_id", "没有这套房屋，或者它不在这个小区"))
        if entry.person_id and entry.person_id not in people:
            faults.append(FieldFault(f"{at}.person_id", "没有找到这位人员"))
    if faults:
        raise BadInput("有些门卡不能登记", field="entries", faults=tuple(faults[:MOST_FAULTS]))
    return numbers


async def _locked(work: Work, card_id: UUID) -> Card:
    card = await store.locked(work.connection, card_id)
    if card is None:
        raise NotFound
    if not work.scope.may(MANAGE, card.estate_id):
        raise Forbidden
    return card
