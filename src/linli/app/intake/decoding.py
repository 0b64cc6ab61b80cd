"""From a message to what it says about registered devices; what cannot be used is named."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import msgspec

from linli.sensing.devices.contracts import Device, KnownConnection
from linli.sensing.drivers.contracts import (
    ChildSeen,
    CommandAck,
    Reason,
    Report,
    StateReport,
    Undecodable,
)
from linli.sensing.drivers.ports import Driver
from linli.sensing.drivers.public import all_drivers, configured_driver
from linli.sensing.gateway.contracts import ACCEPTED, Inbound, Outcome, quarantined
from linli.sensing.quarantine.contracts import Unusable
from linli.sensing.telemetry.contracts import Entry, Receipt

FOREIGN_TOPIC = "foreign_topic"
FOREIGN_TITLE = "主题不属于这个连接"
FOREIGN_WORDS = "设备向不属于自己的主题发了消息；请核对接入协议和凭证。"
RECENT = timedelta(days=300)
SOON = timedelta(seconds=100)
MADE_UP_AFTER = timedelta(minutes=1)
UNKNOWN_CONNECTION = "unknown_connection"
UNKNOWN_TITLE = "连接没有登记"


class Heard(msgspec.Struct, frozen=True):
    """A device gave a sign of life; `state` is what it said of itself, if anything."""

    device: Device
    received_at: datetime
    state: StateReport | None = None


class Answer(msgspec.Struct, frozen=True):
    """A device answered a command."""

    device: Device
    ack: CommandAck
    received_at: datetime


class Loud(msgspec.Struct):
    """A device and how many messages of it there are, the last at `received_at`."""

    device: Device
    received_at: datetime
    messages: int = 0


class Decoded(msgspec.Struct):
    """What a batch of messages says; `outcomes` has one per message, in order."""

    outcomes: list[Outcome]
    entries: list[Entry]
    heard: dict[object, Heard]
    answers: list[Answer]
    held: list[Unusable]
    children: list[tuple[KnownConnection, ChildSeen]]
    loud: dict[UUID, Loud]
    """How many messages each device sent; what it makes up for from before is not counted."""


def nothing() -> Decoded:
    return Decoded([], [], {}, [], [], [], {})


def together(parts: Iterable[Decoded]) -> Decoded:
    """What several groups of messages say, as if they had been decoded in one go."""
    whole = nothing()
    for part in parts:
        whole.outcomes.extend(part.outcomes)
        whole.entries.extend(part.entries)
        whole.answers.extend(part.answers)
        whole.held.extend(part.held)
        whole.children.extend(part.children)
        for key, heard in part.heard.items():
            if heard.state is not None or key not in whole.heard:
                whole.heard[key] = heard
        for loud in part.loud.values():
            _count(whole, loud.device, loud.received_at, loud.messages)
    return whole


def _count(decoded: Decoded, device: Device, received_at: datetime, messages: int = 1) -> None:
    loud = decoded.loud.get(device.id)
    if loud is None:
        loud = decoded.loud[device.id] = Loud(device, received_at)
    loud.messages += messages
    loud.received_at = received_at


@lru_cache(maxsize=4096)
def _driver(code: str, settings: tuple[tuple[str, str], ...]) -> Driver:
    return configured_driver(code, dict(settings))


def driver_of(known: KnownConnection) -> Driver:
    """The driver of a connection, with its settings."""
    settings: Mapping[str, str] = known.connection.settings
    if not settings:
        return all_drivers()[known.connection.driver]
    return _driver(known.connection.driver, tuple(sorted(settings.items())))


def decode_into(decoded: Decoded, message: Inbound, known: KnownConnection | None) -> None:
    """Decode one message and add what it says; never raises."""
    if known is None:
        _hold(decoded, message, None, UNKNOWN_CONNECTION, UNKNOWN_TITLE, UNKNOWN_TITLE)
        return
    if not message.permitted:
        _hold(decoded, message, known, FOREIGN_TOPIC, FOREIGN_TITLE, FOREIGN_WORDS)
        return
    try:
        reports = driver_of(known).decode(message.topic, message.payload, known)
    except Undecodable as error:
        reason = error.reason
        if known.own is not None:
            _count(decoded, known.own, message.received_at)
        _hold(decoded, message, known, reason, reason.heading, error.words)
        return
    receipt = _receipt(message) if message.qos and not _own_times(reports, message) else None
    outcome = ACCEPTED
    before: str | None = ""
    for report in reports:
        refusal = _add(decoded, message, known, report, receipt)
        if refusal is not None:
            outcome = refusal
        if report.child != before and not _is_old(report, message):
            # However many readings a message brings of a device, it is one message.
            before = report.child
            device = known.device_for(report.child)
            if device is not None:
                _count(decoded, device, message.received_at)
    decoded.outcomes.append(outcome)


def _own_times(reports: tuple[Report, ...], message: Inbound) -> bool:
    """Whether every report brings a time that can be true: then the time tells it was seen before.

    Narrower than what the store trusts: a receipt too many costs a row, one too few a double.
    """
    received_at = message.received_at
    for report in reports:
        said = report.observed_at
        if said is None or not -RECENT < said - received_at < SOON:
            return False
    return True


def _is_old(report: Report, message: Inbound) -> bool:
    said = report.observed_at
    return said is not None and message.received_at - said > MADE_UP_AFTER


def _receipt(message: Inbound) -> Receipt:
    said = message.topic.encode() + b"\0" + message.payload
    digest = hashlib.blake2b(said, digest_size=16).digest()
    return Receipt(message.connection_id, message.packet_id, digest, message.duplicate)


def _add(
    decoded: Decoded,
    message: Inbound,
    known: KnownConnection,
    report: Report,
    receipt: Receipt | None,
) -> Outcome | None:
    """Add one report; when part of it cannot be used, the message is held too."""
    if report.seen:
        decoded.children.extend((known, child) for child in report.seen)
    device = known.device_for(report.child)
    if device is None:
        if not (report.values or report.events or report.state or report.acks):
            return None
        words = f"下挂设备 {report.child} 没有登记" if report.child else "这个连接自己不是设备"
        reason = Reason.UNKNOWN_CHILD
        decoded.held.append(_unusable(message, known, reason, reason.heading, words))
        return quarantined(reason)
    state = report.state
    if state is not None:
        report = _with_state(report, state, known)
    if report.values or report.events:
        decoded.entries.append(Entry(device, report, message.received_at, receipt))
    if report.child is not None and known.own and known.own.id not in decoded.heard:
        # Who passes on what a child says is there itself.
        decoded.heard[known.own.id] = Heard(known.own, message.received_at)
    if state is not None or device.id not in decoded.heard:
        decoded.heard[device.id] = Heard(device, message.received_at, state)
    for ack in report.acks:
        decoded.answers.append(Answer(device, ack, message.received_at))
    if not report.refused:
        return None
    worst = report.refused[0]
    words = "；".join(f"{part.name}：{part.words}" for part in report.refused[:10])
    decoded.held.append(_unusable(message, known, worst.reason, worst.reason.heading, words))
    return quarantined(worst.reason)


def _with_state(report: Report, state: StateReport, known: KnownConnection) -> Report:
    """Battery and signal a device tells of itself are readings like any other."""
    kind = known.kind_of(report.child)
    if kind is None:
        return report
    said = (("battery", state.battery), ("signal", state.signal))
    more = tuple(
        (code, value)
        for code, value in said
        if value is not None and code in kind.properties and kind.properties[code].admits(value)
    )
    return msgspec.structs.replace(report, values=report.values + more) if more else report


def _unusable(
    message: Inbound, known: KnownConnection | None, reason: str, title: str, words: str
) -> Unusable:
    return Unusable(
        received_at=message.received_at,
        connection_id=message.connection_id,
        estate_id=known.connection.estate_id if known else None,
        topic=message.topic,
        payload=message.payload,
        reason=str(reason),
        reason_title=title,
        words=words,
    )


def _hold(
    decoded: Decoded,
    message: Inbound,
    known: KnownConnection | None,
    reason: str,
    title: str,
    words: str,
) -> None:
    decoded.held.append(_unusable(message, known, reason, title, words))
    decoded.outcomes.append(quarantined(str(reason)))
