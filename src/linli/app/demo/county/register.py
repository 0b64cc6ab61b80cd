"""An invented estate's residents in the registers: people, search, households, owners, lists."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.app.demo.county.ground import TOLD, listed, told
from linli.app.demo.county.living import Resident
from linli.app.demo.county.pouring import Cells, Columns, pour, pour_keys
from linli.directory.homes.contracts import HomeState, HouseholdRole
from linli.directory.homes.models import (
    household_table,
    lease_table,
    member_table,
    ownership_table,
)
from linli.directory.key_people import policy as key_policy
from linli.directory.key_people.contracts import BASES, Basis, EntryState, Finding, Outcome
from linli.directory.key_people.models import (
    entry_table,
    key_person_table,
    story_table,
    visit_table,
)
from linli.directory.people.contracts import Relation
from linli.directory.people.models import person_table, residence_table
from linli.directory.people.search import SEARCH_VERSION, Keyed, keys_of, read_name
from linli.directory.people.store import Sealed
from linli.directory.places.contracts import Place
from linli.kernel.ids import new_id
from linli.kernel.time import SHANGHAI
from linli.support.sealing.ports import Cipher

LONGEST_STAY_DAYS = 2_500
LONGEST_LISTED_DAYS = 330
LATE = 0.06
"""Part of the key people whose visit is overdue."""
BEFORE_LAST = 0.4
UNMET = 0.05
NOTED = time(9, 0)

_PERSON = (
    *("id", "estate_id", "estate_ids", "code", "name", "pinyin", "birth_date", "phone_sealed"),
    *("phone_hash", "phone_tail_hash", "tags", "search_version", "created_at", *TOLD),
)
_RESIDENCE = (
    *("id", "person_id", "estate_id", "home_id", "home_title", "home_path", "relation"),
    *("valid_from", *TOLD),
)
_HOUSEHOLD = ("id", "estate_id", "home_id", "code", "valid_from", *TOLD)
_MEMBER = ("id", "estate_id", "household_id", "person_id", "role", "valid_from", *TOLD)
_OWNER = (
    *("id", "estate_id", "home_id", "person_id", "numerator", "denominator"),
    *("valid_from", *TOLD),
)
_LEASE = ("id", "estate_id", "home_id", "person_id", "valid_from", "valid_to", *TOLD)
_KEY = (
    *("id", "estate_id", "person_id", "home_id", "categories", "risk", "risk_reasons"),
    *("every_days", "visitor_id", "visitor_name", "last_visit_at", "next_visit_on", "review_on"),
    *("created_at", *TOLD),
)
_ENTRY = (
    *("id", "key_person_id", "estate_id", "category", "basis", "basis_words", "since"),
    *("review_on", "state", *TOLD),
)
_STORY = ("id", "key_person_id", "estate_id", "at", "by", "change", "words")
_VISIT = (
    *(
        "id",
        "key_person_id",
        "estate_id",
        "visitor_id",
        "visitor_name",
        "visited_at",
        "received_at",
    ),
    *("outcome", "findings", "problem"),
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """The grid worker who visits the estate's key people."""

    account_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Registers:
    """Where an estate's residents are written: its connection, homes, moment and chance."""

    connection: AsyncConnection
    cipher: Cipher
    estate_id: UUID
    code: str
    homes: Sequence[Place]
    visitor: Visitor
    now: datetime
    chance: Random

    def new_id(self, at: datetime | None = None) -> UUID:
        """An id of that moment; the same ones for the same chance."""
        return new_id(at or self.now, self.chance.getrandbits)

    async def enter(self, living: Sequence[Resident]) -> Mapping[int, UUID]:
        """Enter everybody; answers their ids by place in the list."""
        people = {one.at: self.new_id() for one in living}
        moved_in = {
            home: self.now - timedelta(days=self.chance.randint(60, LONGEST_STAY_DAYS))
            for home in {one.home for one in living}
        }
        await self._people(living, people, moved_in)
        await self._households(living, people, moved_in)
        await self._key_people([one for one in living if one.category], people)
        return people

    async def _people(
        self,
        living: Sequence[Resident],
        people: Mapping[int, UUID],
        moved_in: Mapping[int, datetime],
    ) -> None:
        said = told(self.now)
        here = listed([self.estate_id])
        persons: list[Cells] = []
        stays: list[Cells] = []
        keys: list[tuple[UUID, frozenset[str]]] = []
        for one in living:
            person, home = people[one.at], self.homes[one.home]
            sealed = Sealed.of(self.cipher, one.phone, None).columns
            tail = sealed["phone_tail_hash"]
            tags = [one.tag.value] if one.tag else []
            persons.append(
                (
                    *(person, self.estate_id, here, f"{self.code}-R{one.at + 1:05d}", one.name),
                    *(read_name(one.name).whole, one.born, sealed["phone_sealed"]),
                    *(sealed["phone_hash"], tail, listed(tags), SEARCH_VERSION, self.now, *said),
                )
            )
            stays.append(
                (
                    *(self.new_id(), person, self.estate_id, home.id, home.path),
                    *(listed(home.path_ids), one.relation.value, moved_in[one.home], *said),
                )
            )
            keyed = Keyed(one.name, tail, (*tags, one.relation.value), (home.path,))
            keys.append((person, keys_of(keyed)))
        await self._pour(
            (person_table, _PERSON, persons),
            (residence_table, _RESIDENCE, stays),
        )
        await pour_keys(self.connection, self.estate_id, keys)

    async def _households(
        self,
        living: Sequence[Resident],
        people: Mapping[int, UUID],
        moved_in: Mapping[int, datetime],
    ) -> None:
        said = told(self.now)
        together: dict[int, list[Resident]] = defaultdict(list)
        for one in living:
            together[one.home].append(one)
        households: list[Cells] = []
        members: list[Cells] = []
        owners: list[Cells] = []
        leases: list[Cells] = []
        for at, some in together.items():
            home, since = self.homes[at].id, moved_in[at].date()
            household = self.new_id()
            code = f"{self.code}-H{at + 1:05d}"
            households.append((household, self.estate_id, home, code, since, *said))
            for one in some:
                role = _role(one)
                cells = (self.new_id(), self.estate_id, household, people[one.at], role.value)
                members.append((*cells, since, *said))
            first = some[0]
            if first.relation is Relation.TENANT:
                ends = self.now.date() + timedelta(days=self.chance.randint(20, 700))
                cells = (self.new_id(), self.estate_id, home, people[first.at], since, ends)
                leases.append((*cells, *said))
                continue
            # Couples own in halves.
            shared = some[: self.chance.choice((1, 2)) if len(some) > 1 else 1]
            owners.extend(
                (
                    *(self.new_id(), self.estate_id, home, people[one.at], 1, len(shared)),
                    *(since, *said),
                )
                for one in shared
            )
        await self._pour(
            (household_table, _HOUSEHOLD, households),
            (member_table, _MEMBER, members),
            (ownership_table, _OWNER, owners),
            (lease_table, _LEASE, leases),
        )

    async def _key_people(self, cared: Sequence[Resident], people: Mapping[int, UUID]) -> None:
        said = told(self.now)
        today = self.now.astimezone(SHANGHAI).date()
        titles, visitor = key_policy.titles(), self.visitor
        keys: list[Cells] = []
        entries: list[Cells] = []
        stories: list[Cells] = []
        visits: list[Cells] = []
        for one in cared:
            code = one.category or ""
            category = key_policy.category_of(code, today)
            key, home = self.new_id(), self.homes[one.home].id
            judged = key_policy.judged((code,))
            days = key_policy.usual_days((code,)) or category.every_days
            listed_days = self.chance.randint(3, min(LONGEST_LISTED_DAYS, category.review_days - 5))
            since = today - timedelta(days=listed_days)
            entered_at = datetime.combine(since, NOTED, SHANGHAI)
            review_on = since + timedelta(days=category.review_days)
            made = self._visits(key, days, entered_at)
            visits += made
            last = made[-1][_VISIT.index("visited_at")] if made else None
            last_at = last if isinstance(last, datetime) else None
            next_on = key_policy.next_visit(
                last=last_at.astimezone(SHANGHAI).date() if last_at else None,
                since=since,
                every_days=days,
                away_until=None,
            )
            basis = (Basis.SEPARATE_CONSENT, Basis.STATUTORY_DUTY)[one.at % 2]
            words = ("入户登记时签署", "社区网格服务职责")[one.at % 2]
            keys.append(
                (
                    *(key, self.estate_id, people[one.at], home, listed([code]), judged.risk.value),
                    *(listed(judged.reasons), days, visitor.account_id, visitor.name),
                    *(last_at, next_on, review_on),
                    *(entered_at, *said),
                )
            )
            entries.append(
                (
                    *(self.new_id(), key, self.estate_id, code, basis.value, words, since),
                    *(review_on, EntryState.ACTIVE.value, *said),
                )
            )
            told_words = f"{titles[code]}，依据：{BASES[basis].title}"
            story = (self.new_id(entered_at), key, self.estate_id, entered_at, visitor.name)
            stories.append((*story, "entered", told_words))
        await self._pour(
            (key_person_table, _KEY, keys),
            (entry_table, _ENTRY, entries),
            (story_table, _STORY, stories),
            (visit_table, _VISIT, visits),
        )

    def _visits(self, key: UUID, days: int, since: datetime) -> list[Cells]:
        """The last visits, oldest first; most are in time."""
        late = self.chance.random() < LATE
        back = days * (self.chance.uniform(1.05, 1.6) if late else self.chance.uniform(0.0, 0.95))
        # Whoever was listed since then was visited in the first days.
        last = self.now - timedelta(days=back, minutes=self.chance.randint(0, 300))
        moments = [max(last, since + timedelta(hours=self.chance.uniform(2, 60)))]
        if self.chance.random() < BEFORE_LAST:
            moments.insert(0, moments[0] - timedelta(days=days * self.chance.uniform(0.7, 1.1)))
        made: list[Cells] = []
        for at in moments:
            if at < since:
                continue
            # Nobody at home is no visit: only the one before the last may be that.
            unmet = at is not moments[-1] and self.chance.random() < UNMET
            outcome = Outcome.NOT_HOME if unmet else Outcome.MET
            found = [] if unmet else [Finding.WELL.value]
            made.append(
                (
                    *(self.new_id(at), key, self.estate_id, self.visitor.account_id),
                    *(self.visitor.name, at, at),
                    *(outcome.value, listed(found), False),
                )
            )
        return made

    async def _pour(self, *tables: tuple[Table, Columns, Sequence[Cells]]) -> None:
        for table, columns, rows in tables:
            await pour(self.connection, table, columns, rows)


def home_states(living: Sequence[Resident], homes: int) -> tuple[HomeState, ...]:
    """How each home stands, by who lives there."""
    states = [HomeState.VACANT] * homes
    for one in living:
        let = one.relation is Relation.TENANT
        states[one.home] = HomeState.LET if let else HomeState.OWN
    return tuple(states)


def _role(one: Resident) -> HouseholdRole:
    if one.member == 0:
        return HouseholdRole.HEAD
    if one.relation is Relation.TENANT:
        return HouseholdRole.OTHER
    return HouseholdRole.SPOUSE if one.member == 1 else HouseholdRole.CHILD
