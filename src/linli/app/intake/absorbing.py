"""One transaction: record what was said, judge what is new, answer what it causes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from linli.app.intake.decoding import Answer, Decoded, Heard
from linli.app.intake.flooding import Floods, Heeded
from linli.kernel.work import Work
from linli.responding.alerts.contracts import Finding
from linli.responding.incidents.ports import FindingReader
from linli.responding.incidents.public import respond
from linli.responding.rules import public as rules
from linli.responding.rules.contracts import (
    Judgement,
    RuleBook,
    Sensed,
    SensedClock,
    SensedDevice,
    SensedEvent,
    SensedValue,
)
from linli.scenes.falling_objects.public import FallReader
from linli.sensing.devices import public as devices
from linli.sensing.devices.contracts import CommandAnswer, CommandMove, Device, Sign
from linli.sensing.drivers.contracts import AckStatus
from linli.sensing.quarantine import public as quarantine
from linli.sensing.telemetry.contracts import DeviceNews, Entry
from linli.sensing.telemetry.public import Recorder

BOOK_GOES_STALE = timedelta(seconds=1)
QUIET = Heeded((), frozenset())
CLOCK_TOLERATED_S = 5.0
"""Offsets below this are the network's, not the clock's: no rule is asked about them."""


def _led_to(event: SensedEvent, finding: Finding) -> bool:
    """Whether this event is what the finding is about."""
    return (
        event.device.id == finding.device_id
        and event.observed_at == finding.found_at
        and event.evidence == finding.evidence
    )


class Absorber:
    """Does the whole of a batch; one per process, because it remembers rules and series."""

    def __init__(
        self, recorder: Recorder, readers: Sequence[FindingReader] = (FallReader(),)
    ) -> None:
        self._recorder = recorder
        self._readers = {reader.rule: reader for reader in readers}
        self._signs = devices.SignsOfLife()
        self._book: RuleBook | None = None
        self._checked_at: datetime | None = None
        self._breaching: set[tuple[UUID, str]] = set()
        self._floods = Floods()

    async def absorb(self, work: Work, decoded: Decoded) -> None:
        """Everything the batch causes, within the transaction of `work`."""
        if decoded.entries or decoded.loud:
            book = await self._rules(work)
            heeded = self._floods.heed(book, decoded.loud.values())
            news: Sequence[DeviceNews] = ()
            if decoded.entries:
                news = (await self._recorder.record(work, decoded.entries)).news
            sensed = sensed_of(news, book, heeded)
            if sensed is not None:
                await self._respond(work, sensed, await rules.judge(work, book, sensed))
        if decoded.heard:
            await self._signs.heard(work, [_sign(heard) for heard in decoded.heard.values()])
        for answer in decoded.answers:
            await devices.answered(work, _answer(answer))
        if decoded.held:
            await quarantine.hold(work, decoded.held)

    def urgent(self, entries: Sequence[Entry]) -> bool:
        """Whether people wait for this: an event a rule hears, an alarm that comes or goes.

        What goes on as it was (the same alarm said again) is not urgent.
        """
        book = self._book
        if book is None:
            return False
        urgent = False
        for entry in entries:
            device, said = entry.device, entry.said
            for code, value in said.values:
                listening = book.by_property.get((device.kind, code))
                if not listening:
                    continue
                key = (device.id, code)
                breaching = any(rules.breaches(rule, value) for rule in listening)
                if breaching is (key in self._breaching):
                    continue
                urgent = True
                if breaching:
                    self._breaching.add(key)
                else:
                    self._breaching.discard(key)
            urgent = urgent or any(
                (device.kind, event.code) in book.by_event for event in said.events
            )
        return urgent

    async def _respond(self, work: Work, sensed: Sensed, judgement: Judgement) -> None:
        """Respond; where a scene knows more of a finding, it is asked first, one at a time."""
        read = [one for one in judgement.findings if one.rule.code in self._readers]
        if read:
            rest = tuple(one for one in judgement.findings if one.rule.code not in self._readers)
            judgement = replace(judgement, findings=rest)
        await respond(work, judgement)
        events = list(sensed.events)
        for finding in read:
            reader = self._readers[finding.rule.code]
            event = next((one for one in events if _led_to(one, finding)), None)
            if event is None:
                await respond(work, Judgement(findings=(finding,)))
                continue
            events.remove(event)
            told = await reader.read(work, finding, event)
            for incident in await respond(work, Judgement(findings=(told,))):
                await reader.settled(work, event, incident)
        for event in sensed.events:
            for reader in self._readers.values():
                if event.event in reader.follows:
                    await reader.followed(work, event)

    def rolled_back(self) -> None:
        """A batch was not committed: nothing it let this process remember counts."""
        self._signs.forget()
        self._floods.forget()
        self._book = None

    async def _rules(self, work: Work) -> RuleBook:
        """The rules in force, looked at again once a second at the most."""
        book, checked_at = self._book, self._checked_at
        if book is not None and checked_at is not None:
            if timedelta() <= work.now - checked_at < BOOK_GOES_STALE:
                return book
            if not await rules.book_is_stale(work, book):
                self._checked_at = work.now
                return book
        book = await rules.load_book(work)
        self._book, self._checked_at = book, work.now
        return book


def sensed_of(news: Sequence[DeviceNews], book: RuleBook, heeded: Heeded = QUIET) -> Sensed | None:
    """What of the news the rules must hear; None when there is no news."""
    if not (news or heeded.floods or heeded.calm):
        return None
    values: list[SensedValue] = []
    events: list[SensedEvent] = []
    clocks: list[SensedClock] = []
    in_time: list[UUID] = []
    listened, totals = book.by_property, book.totals
    for one in news:
        kind = one.device.kind
        device: SensedDevice | None = None
        for reading in one.readings:
            key = (kind, reading.property)
            # What came late tells how things were, and not how they stand.
            if reading.newest and (key in listened or key in totals):
                device = device or _sensed_device(one.device)
                values.append(
                    SensedValue(
                        device,
                        reading.property,
                        reading.value,
                        reading.observed_at,
                        reading.received_at,
                    )
                )
        for event in one.events:
            device = device or _sensed_device(one.device)
            events.append(
                SensedEvent(
                    device,
                    event.event,
                    event.fields,
                    event.observed_at,
                    event.received_at,
                    event.evidence,
                    event.external_id,
                )
            )
        offset = one.clock_offset_s
        if offset is None:
            continue
        if abs(offset) <= CLOCK_TOLERATED_S:
            in_time.append(one.device.id)
        else:
            device = device or _sensed_device(one.device)
            clocks.append(SensedClock(device, offset, one.received_at))
    return Sensed(
        values=tuple(values),
        events=tuple(events),
        clocks=tuple(clocks),
        floods=heeded.floods,
        calm=heeded.calm,
        heard=frozenset(one.device.id for one in news)
        | {flood.device.id for flood in heeded.floods}
        | {device_id for _, device_id in heeded.calm},
        in_time=frozenset(in_time),
    )


_MOVES = {
    AckStatus.DONE: CommandMove.FINISH,
    AckStatus.REFUSED: CommandMove.REFUSE,
    AckStatus.FAILED: CommandMove.FAIL,
}


def _answer(answer: Answer) -> CommandAnswer:
    return CommandAnswer(
        device_id=answer.device.id,
        reference=answer.ack.reference,
        move=_MOVES[answer.ack.status],
        at=answer.received_at,
        words=answer.ack.message,
    )


def _sign(heard: Heard) -> Sign:
    state = heard.state
    if state is None:
        return Sign(heard.device.id, heard.received_at)
    return Sign(heard.device.id, heard.received_at, online=state.online, firmware=state.firmware)


def _sensed_device(device: Device) -> SensedDevice:
    return SensedDevice(
        id=device.id,
        kind=device.kind,
        code=device.code,
        title=device.title,
        estate_id=device.estate_id,
        place_id=device.place_id,
    )
