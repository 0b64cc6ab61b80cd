"""What a look over a span of time sees, read from the telemetry store."""

from dataclasses import replace
from datetime import datetime, timedelta

from linli.directory.key_people.public import away_homes
from linli.kernel.work import Work
from linli.responding.rules.contracts import (
    FlowWithoutPause,
    Looked,
    SensedDevice,
    Silence,
    Stuck,
    UsedLess,
    UsedMore,
)
from linli.responding.rules.policy import Seen, window_of
from linli.sensing.devices.public import DeviceKind, devices_named
from linli.sensing.telemetry import public as telemetry
from linli.sensing.telemetry.contracts import LastValue, Span


async def see(work: Work, condition: Looked, device: SensedDevice, kind: DeviceKind) -> Seen:
    """Read as much as the condition needs, and no more."""
    found = await telemetry.last_values(work, [device.id])
    values = found.get(device.id, ())
    now = work.now
    heard = await _heard(work, device, values)
    if heard is None or isinstance(condition, Silence):
        return Seen(now=now, last_received_at=heard)
    match condition:
        case UsedLess(property=code) | UsedMore(property=code):
            window = window_of(condition, kind)
            seen = await _total(work, device, code, heard, window)
            if isinstance(condition, UsedLess) and device.place_id is not None:
                away = await away_homes(work, [device.place_id], now - window)
                return replace(seen, away=device.place_id in away)
            return seen
        case FlowWithoutPause(property=code, slot_s=slot_s):
            span = Span(now - window_of(condition, kind), now)
            slots = await telemetry.used_in_slots(
                work, device.id, code, span, length=timedelta(seconds=slot_s)
            )
            # A slot nobody measured proves no flow: only a whole day without a gap counts.
            used = tuple(slot.used or 0.0 for slot in slots)
            return Seen(now=now, last_received_at=heard, steps=used)
        case Stuck(property=code):
            last = next((value for value in values if value.property == code), None)
            return Seen(
                now=now,
                last_received_at=heard if last is None else last.received_at,
                unchanged_since=last.since if last else None,
                last_value=last.value if last else None,
            )


async def _heard(
    work: Work, device: SensedDevice, values: tuple[LastValue, ...]
) -> datetime | None:
    """When anything was last received: a reading, or a sign of life the register noted."""
    known = (await devices_named(work, [device.id])).get(device.id)
    times = [value.received_at for value in values]
    if known is not None and known.last_seen_at is not None:
        times.append(known.last_seen_at)
    return max(times, default=None)


async def _total(
    work: Work, device: SensedDevice, code: str, heard: datetime, window: timedelta
) -> Seen:
    span = Span(work.now - window, work.now)
    usage = await telemetry.used_between(work, device.id, code, span)
    return Seen(
        now=work.now,
        last_received_at=heard,
        first_observed_at=await telemetry.first_reading_at(work, device.id, code),
        used=usage.used if usage.readings else None,
    )
