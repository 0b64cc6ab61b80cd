"""The hot path: a batch of reports becomes readings, last values and events, each once.

A reading later than its series' last value is certainly new: the row lock on the last value makes
that true with any number of gateways. Only what comes late is looked up.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from linli.kernel.work import Work
from linli.sensing.devices.contracts import Device
from linli.sensing.devices.public import connection_of
from linli.sensing.telemetry import copying
from linli.sensing.telemetry.contracts import (
    ClockQuality,
    DeviceNews,
    Entry,
    NewEvent,
    NewReading,
    Receipt,
    Recorded,
    SaidEvent,
)
from linli.sensing.telemetry.policy import (
    SAME_MESSAGE_WITHIN,
    SECOND,
    Fresh,
    Last,
    Stamps,
    clock_quality,
    merge,
    microseconds,
    moment_of,
)
from linli.support.files.public import describe

TRUSTED = ClockQuality.TRUSTED

# (series, observed, place in the batch, received, value, property); sorts by series, time, arrival.
Row = tuple[int, int, int, int, float, str]


class News(msgspec.Struct, gc=False):
    """What is new from one device, while the batch is worked on."""

    device: Device
    received_at: datetime
    readings: list[NewReading]
    events: list[NewEvent]
    clock: ClockQuality = TRUSTED
    offset: int | None = None


class Timed(msgspec.Struct, gc=False):
    """An entry with its times in microseconds and how far they can be trusted."""

    entry: Entry
    observed_at: datetime
    observed: int
    received: int
    clock: ClockQuality
    offset: int | None
    news: News | None = None


class Merging(msgspec.Struct):
    """What became of the series that could not simply be moved on."""

    rows: list[Row]
    late: set[Row]
    mend: list[tuple[int, int, bool]]


class Recorder:
    """Records batches. One per process: it remembers the ids of series between batches.

    What it remembers may come from a transaction that was rolled back; a series without a last
    value is therefore always looked up again.
    """

    def __init__(self) -> None:
        self._series: dict[UUID, dict[str, int]] = {}
        self._stamps = Stamps()

    def forget(self, device_id: UUID) -> None:
        """Drop what is remembered of a device that is gone."""
        self._series.pop(device_id, None)

    async def record(self, work: Work, entries: Sequence[Entry]) -> Recorded:
        """Store a batch within the transaction of `work` and tell what in it is new.

        Any mixture of devices, duplicates and disorder; 500 to 2,000 entries at a time are
        cheapest. Two gateways may record the same device at once; PostgreSQL may then call one of
        them a deadlock victim: roll back and record the batch again, as after any failure.

        Raises:
            asyncpg.PostgresError, OSError: the database refused or is gone; nothing is stored
                unless the transaction commits.
        """
        driver = await copying.driver_of(work.connection)
        batch = _Batch(driver, self._series, work)
        timed = self._timed(entries)
        timed = await batch.without_redelivered(timed)
        await batch.add_readings(timed)
        await batch.add_events(timed)
        await batch.add_clocks()
        return batch.recorded()

    def _timed(self, entries: Sequence[Entry]) -> list[Timed]:
        stamps = self._stamps
        timed: list[Timed] = []
        received_at: datetime | None = None
        received = 0
        for entry in entries:
            if entry.received_at is not received_at:
                received_at = entry.received_at
                received = microseconds(received_at)
            claimed_at = entry.said.observed_at
            if claimed_at is not None:
                claimed = microseconds(claimed_at)
                clock = clock_quality(claimed, received)
                if clock is TRUSTED:
                    timed.append(
                        Timed(entry, claimed_at, claimed, received, clock, claimed - received)
                    )
                    continue
                offset = claimed - received
            else:
                offset = None
                unreadable = entry.said.clock_unreadable
                clock = ClockQuality.UNREADABLE if unreadable else ClockQuality.ABSENT
            stamp = stamps.next(received)
            stamped_at = entry.received_at if stamp == received else moment_of(stamp)
            timed.append(Timed(entry, stamped_at, stamp, received, clock, offset))
        return timed


class _Batch:
    """One batch on its way through the database."""

    def __init__(
        self, driver: copying.Driver, series: dict[UUID, dict[str, int]], work: Work
    ) -> None:
        self._driver = driver
        self._series = series
        self._work = work
        self._by_device: dict[UUID, News] = {}
        self._new = 0
        self._duplicate = 0
        self._refused = 0

    def recorded(self) -> Recorded:
        news = tuple(
            DeviceNews(
                device=one.device,
                readings=tuple(one.readings),
                events=tuple(one.events),
                received_at=one.received_at,
                clock=one.clock,
                clock_offset_s=None if one.offset is None else one.offset / SECOND,
            )
            for one in self._by_device.values()
        )
        return Recorded(news=news, new=self._new, duplicate=self._duplicate, refused=self._refused)

    # Messages without a time of their own that came twice

    async def without_redelivered(self, timed: list[Timed]) -> list[Timed]:
        """Leave out what has no time of its own and came before under the same packet id."""
        firsts: dict[tuple[UUID, int], tuple[Receipt, datetime]] = {}
        copies: set[int] = set()
        for one in timed:
            receipt = one.entry.receipt
            if receipt is None or one.clock is TRUSTED:
                continue
            key = (receipt.connection_id, receipt.packet_id)
            first = firsts.setdefault(key, (receipt, one.entry.received_at))[0]
            if first is receipt:
                continue
            if receipt.duplicate and receipt.digest == first.digest:
                copies.add(id(receipt))
            else:
                # The packet id was free again within one batch; the newer message counts.
                firsts[key] = (receipt, one.entry.received_at)
        if not firsts:
            return timed
        again: set[tuple[UUID, int]] = set()
        for flagged in (False, True):
            chosen = [pair for pair in firsts.values() if pair[0].duplicate is flagged]
            if chosen:
                again |= await copying.note_receipts(self._driver, chosen, SAME_MESSAGE_WITHIN)
        copies.update(id(firsts[key][0]) for key in again)
        if not copies:
            return timed
        kept: list[Timed] = []
        for one in timed:
            if one.clock is not TRUSTED and id(one.entry.receipt) in copies:
                self._duplicate += len(one.entry.said.values) + len(one.entry.said.events)
            else:
                kept.append(one)
        return kept

    # Readings

    async def add_readings(self, timed: list[Timed]) -> None:
        rows = await self._rows(timed)
        if not rows:
            return
        rows.sort()
        singles, runs = _by_series(rows)
        self._duplicate += len(rows) - len(singles) - sum(map(len, runs))
        new, slow = await self._advance(singles, runs)
        merging = await self._merge(slow, timed) if slow else Merging([], set(), [])
        new.extend(merging.rows)
        if not new:
            return
        row_of = copying.reading_row
        await copying.copy_readings(
            self._driver,
            [
                row_of(number, observed, received, value, timed[place].clock)
                for number, observed, place, received, value, _ in new
            ],
        )
        for number, moment, after in merging.mend:
            await copying.mend_since(self._driver, number, moment, after=after)
        self._tell(new, timed, merging.late)

    async def _rows(self, timed: list[Timed]) -> list[Row]:
        series = self._series
        nothing: dict[str, int] = {}
        rows: list[Row] = []
        unknown: list[tuple[int, str, float]] = []
        for place, one in enumerate(timed):
            known = series.get(one.entry.device.id, nothing)
            for code, value in one.entry.said.values:
                number = known.get(code)
                if number is None:
                    unknown.append((place, code, value))
                else:
                    rows.append((number, one.observed, place, one.received, value, code))
        if unknown:
            await self._learn([(timed[place].entry.device, code) for place, code, _ in unknown])
            for place, code, value in unknown:
                one = timed[place]
                number = series[one.entry.device.id][code]
                rows.append((number, one.observed, place, one.received, value, code))
        return rows

    async def _learn(self, wanted: Sequence[tuple[Device, str]]) -> None:
        """Find the numbers of series, and make those that are not there."""
        devices = {device.id: device for device, _ in wanted}
        await self._read_series(devices)
        missing = {
            (device.id, code): device.estate_id
            for device, code in wanted
            if code not in self._series[device.id]
        }
        if missing:
            await copying.add_series(
                self._driver,
                [(device_id, estate_id, code) for (device_id, code), estate_id in missing.items()],
            )
            await self._read_series({device_id for device_id, _ in missing})

    async def _read_series(self, device_ids: Collection[UUID]) -> None:
        for device_id in device_ids:
            self._series[device_id] = {}
        for number, device_id, code in await copying.series_of(self._driver, device_ids):
            self._series[device_id][code] = number

    async def _advance(
        self, singles: list[Row], runs: list[list[Row]]
    ) -> tuple[list[Row], list[list[Row]]]:
        """Move last values on where everything is newer; the rest must be looked at."""
        new: list[Row] = []
        slow: list[list[Row]] = []
        if singles:
            numbers, observed, _, received, values, _ = zip(*singles, strict=True)
            moved = await copying.advance_singles(self._driver, numbers, observed, received, values)
            if moved is None:
                new = singles
            else:
                new = [row for row in singles if row[0] in moved]
                slow = [[row] for row in singles if row[0] not in moved]
        if runs:
            moved = await copying.advance_runs(self._driver, _columns_of(runs))
            for group in runs:
                if moved is None or group[0][0] in moved:
                    new.extend(group)
                else:
                    slow.append(group)
        return new, slow

    async def _merge(self, groups: list[list[Row]], timed: list[Timed]) -> Merging:
        """Sort out series with disorder, with duplicates, or without a last value yet."""
        lasts = await copying.lock_last_values(self._driver, [group[0][0] for group in groups])
        first = [group for group in groups if group[0][0] not in lasts]
        rest = [group for group in groups if group[0][0] in lasts]
        merging = Merging([], set(), [])
        if first:
            first = await self._standing(first, timed)
            values = {group[0][0]: merge(None, _fresh(group)).last for group in first}
            written = await copying.first_values(self._driver, values)
            # Whoever else wrote first has committed by now.
            overtaken = [group for group in first if group[0][0] not in written]
            for group in first:
                if group[0][0] in written:
                    merging.rows.extend(group)
            if overtaken:
                rest += overtaken
                lasts |= await copying.lock_last_values(
                    self._driver, sorted(group[0][0] for group in overtaken)
                )
        if rest:
            await self._merge_into(lasts, rest, merging)
        return merging

    async def _standing(self, groups: list[list[Row]], timed: list[Timed]) -> list[list[Row]]:
        """The same groups, with numbers that are certain to exist."""
        numbers = [group[0][0] for group in groups]
        standing = await copying.standing_series(self._driver, numbers)
        if len(standing) == len(numbers):
            return groups
        gone = [group[0] for group in groups if group[0][0] not in standing]
        await self._learn([(timed[row[2]].entry.device, row[5]) for row in gone])
        return [
            group
            if group[0][0] in standing
            else [(self._series[timed[row[2]].entry.device.id][row[5]], *row[1:]) for row in group]
            for group in groups
        ]

    async def _merge_into(
        self, lasts: dict[int, Last], groups: list[list[Row]], merging: Merging
    ) -> None:
        # Nothing stored is later than a last value, and the last value itself is stored.
        older = [
            (row[0], row[1]) for group in groups for row in group if row[1] < lasts[row[0]].observed
        ]
        known: Collection[tuple[int, int]] = frozenset()
        if older:
            numbers, observed = zip(*older, strict=True)
            known = await copying.known_readings(self._driver, numbers, observed)
        moved: dict[int, Last] = {}
        for group in groups:
            number = group[0][0]
            last = lasts[number]
            new = [
                row for row in group if row[1] != last.observed and (number, row[1]) not in known
            ]
            self._duplicate += len(group) - len(new)
            if not new:
                continue
            merged = merge(last, _fresh(new))
            if merged.last != last:
                moved[number] = merged.last
            if merged.after is not None:
                merging.mend.append((number, merged.after, True))
            elif merged.reaches is not None:
                merging.mend.append((number, merged.reaches, False))
            merging.rows.extend(new)
            merging.late.update(row for row in new if row[1] < last.observed)
        if moved:
            await copying.overwrite_last_values(self._driver, moved)

    def _news(self, one: Timed) -> News:
        news = one.news
        if news is None:
            device = one.entry.device
            news = self._by_device.get(device.id)
            if news is None:
                news = News(device, one.entry.received_at, [], [], one.clock, one.offset)
                self._by_device[device.id] = news
            one.news = news
            _keep_worst(news, one)
        return news

    def _tell(self, rows: list[Row], timed: list[Timed], late: set[Row]) -> None:
        self._new += len(rows)
        for row in rows:
            number, _, place, _, value, code = row
            one = timed[place]
            news = one.news or self._news(one)
            news.readings.append(
                NewReading(
                    number,
                    code,
                    value,
                    one.observed_at,
                    one.entry.received_at,
                    one.clock,
                    not late or row not in late,
                )
            )

    # Events

    async def add_events(self, timed: list[Timed]) -> None:
        rows: list[copying.EventRow] = []
        news: list[tuple[Timed, NewEvent]] = []
        seen: set[tuple[UUID, str, str]] = set()
        for one in timed:
            for said in one.entry.said.events:
                event = self._event(one, said, await self._own_files(one.entry.device, said))
                device = one.entry.device
                key = (device.id, event.event, event.external_id)
                if key in seen:
                    self._duplicate += 1
                    continue
                seen.add(key)
                news.append((one, event))
                rows.append(
                    (
                        event.id,
                        device.id,
                        device.estate_id,
                        event.event,
                        event.external_id,
                        event.observed_at,
                        event.received_at,
                        event.clock,
                        msgspec.json.encode(dict(event.fields)).decode(),
                        "{" + ",".join(map(str, event.evidence)) + "}",
                    )
                )
        if not rows:
            return
        stored = await copying.insert_events(self._driver, rows)
        self._new += len(stored)
        self._duplicate += len(rows) - len(stored)
        for one, event in news:
            if event.id in stored:
                self._news(one).events.append(event)

    async def _own_files(self, device: Device, said: SaidEvent) -> tuple[UUID, ...]:
        """Of the files an event names those that came from its estate, or through its connection.

        Whoever sees an incident sees its pictures, so nobody else's may be named; what is left out
        is counted as refused.
        """
        if not said.evidence:
            return ()
        named = [file_id for name in said.evidence if (file_id := _uuid(name))]
        known = await describe(self._work, named)
        estates = {device.estate_id}
        if device.connection_id and {file.estate_id for file in known.values()} - estates:
            estates.add((await connection_of(self._work, device.connection_id)).estate_id)
        own = [one for one in named if one in known and known[one].estate_id in estates]
        self._refused += len(said.evidence) - len(own)
        return tuple(own)

    def _event(self, one: Timed, said: SaidEvent, evidence: tuple[UUID, ...]) -> NewEvent:
        external_id = said.id
        if external_id is None:
            # Without an id, device, code and time tell happenings apart; without a time, nothing.
            external_id = f"@{one.observed}" if one.clock is TRUSTED else f"~{self._work.new_id()}"
        return NewEvent(
            id=self._work.new_id(),
            event=said.code,
            external_id=external_id,
            observed_at=one.observed_at,
            received_at=one.entry.received_at,
            clock=one.clock,
            fields=said.data,
            evidence=evidence,
        )

    # Clocks

    async def add_clocks(self) -> None:
        """Remember clocks that are wrong; a device that gives no time is not wrong."""
        rows: list[copying.ClockRow] = [
            (
                news.device.id,
                news.device.estate_id,
                news.clock,
                None if news.offset is None else news.offset / SECOND,
                news.received_at,
            )
            for news in self._by_device.values()
            if news.clock > ClockQuality.ABSENT
        ]
        if rows:
            await copying.note_clocks(self._driver, rows)


def _keep_worst(news: News, one: Timed) -> None:
    """Of several entries of one device in a batch, tell of the clock that is furthest off."""
    worse = one.clock > news.clock
    further = one.clock == news.clock and abs(one.offset or 0) > abs(news.offset or 0)
    if worse or further:
        news.clock = one.clock
        news.offset = one.offset
    news.received_at = max(news.received_at, one.entry.received_at)


def _by_series(rows: list[Row]) -> tuple[list[Row], list[list[Row]]]:
    """Sorted rows as series with one reading and series with several, each moment once."""
    singles: list[Row] = []
    runs: list[list[Row]] = []
    group: list[Row] = []
    number = -1
    observed = 0
    for row in rows:
        if row[0] != number:
            if len(group) == 1:
                singles.append(group[0])
            elif group:
                runs.append(group)
            group = [row]
            number = row[0]
            observed = row[1]
        elif row[1] != observed:
            group.append(row)
            observed = row[1]
    if len(group) == 1:
        singles.append(group[0])
    else:
        runs.append(group)
    return singles, runs


def _columns_of(groups: list[list[Row]]) -> copying.Runs:
    runs = copying.Runs()
    for group in groups:
        last = merge(None, _fresh(group)).last
        runs.series.append(group[0][0])
        runs.first.append(group[0][1])
        runs.since.append(last.since)
        runs.last.append(last.observed)
        runs.received.append(last.received)
        runs.values.append(last.value)
    return runs


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def _fresh(group: list[Row]) -> list[Fresh]:
    return [Fresh(row[1], row[4], row[3]) for row in group]
