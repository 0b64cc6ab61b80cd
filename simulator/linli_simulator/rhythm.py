"""What terminals read and when they speak on an ordinary day: pure functions of seed and time.

The same second always gives the same reading, so a restarted simulator goes on where it stopped,
and counters (water, energy, trips, passages) never run backwards.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate

from linli_simulator.registration import Device, Kind
from linli_simulator.sayings import Event, Values

HOUR = 3600
DAY = 24 * HOUR
SHANGHAI_AHEAD = 8 * HOUR
COUNTING_SINCE = 1_704_067_200 - SHANGHAI_AHEAD  # 2024-01-01 in Shanghai
BEAT = 60
BEATS = {Kind.LIFT_CONTROLLER: 15, Kind.CHARGING_PILE: 30}  # others once a minute
# Of thousands: those with mains power every few minutes, those with a battery twice an hour.
CALM_BEAT = 1800
CALM_BEATS = {
    Kind.LIFT_CONTROLLER: 240,
    Kind.GATE_CONTROLLER: 240,
    Kind.CHARGING_PILE: 300,
    Kind.SITE_GATEWAY: 120,
}
SLOT = 120

# Shares of a day's use by hour, as drawn by hand after a household's and a lobby's usual day.
WATER_HOURS = (0, 0, 0, 0, 0, 1, 8, 12, 8, 3, 2, 4, 6, 3, 2, 2, 3, 6, 10, 10, 8, 6, 3, 1)
PEOPLE_HOURS = (1, 0, 0, 0, 0, 1, 5, 10, 9, 5, 4, 5, 7, 5, 4, 4, 6, 9, 10, 8, 6, 4, 3, 2)
BURST = 0.3  # of ten minutes a tap runs three
TEN_MINUTES = 600

BATTERY_KINDS = {
    Kind.SMOKE_ALARM,
    Kind.WATER_METER,
    Kind.SOS_BUTTON,
    Kind.DOOR_CONTACT,
    Kind.MANHOLE_COVER,
}


def dice(*words: object) -> float:
    """A number in [0, 1) that depends on the words and nothing else."""
    return int.from_bytes(blake2b(repr(words).encode(), digest_size=7).digest()) / (1 << 56)


def next_beat(device: Device, after: float, seed: int) -> float:
    """When the device next says how it is: about once a minute, never all at once."""
    calm = CALM_BEATS.get(device.kind, CALM_BEAT)
    beat = calm if device.calm else BEATS.get(device.kind, BEAT)
    slot = math.floor(after / beat) - 1
    while True:
        moment = (slot + dice(seed, device.code, "beat")) * beat
        moment += (dice(seed, device.code, slot) - 0.5) * beat / 8
        if moment > after:
            return moment
        slot += 1


def next_visit(device: Device, after: float, seed: int) -> float:
    """When somebody next comes through this door, gate or lift."""
    slot = math.floor(after / SLOT)
    while True:
        roll = dice(seed, device.code, "visit", slot)
        chance = VISITS.get(device.kind, 0.0) * _busy(PEOPLE_HOURS, slot * SLOT) + 1e-4
        moment = (slot + dice(seed, device.code, "at", slot)) * SLOT
        if roll < chance and moment > after:
            return moment
        slot += 1


VISITS = {Kind.GATE_CONTROLLER: 0.8, Kind.DOOR_CONTACT: 0.03}


def passage(device: Device, at: float, seed: int) -> Event:
    """Somebody goes through a gate."""
    means = "plate" if "车" in device.title else ("card", "face", "phone")[int(3 * dice(at, seed))]
    inward = dice(seed, device.code, at, "way") < (0.3 if _hour(at) < 12 else 0.65)  # noqa: PLR2004 - noon
    return Event(at, "passage", {"direction": "in" if inward else "out", "means": means})


def usual(device: Device, at: float, seed: int) -> Values:
    """Every reading of the device at this moment, when nothing is wrong."""
    return dict(_usual(device, at, seed))


def _usual(device: Device, at: float, seed: int) -> Iterator[tuple[str, float | int | bool]]:
    draw = dice(seed, device.code)
    if device.kind in BATTERY_KINDS:
        days = (at - COUNTING_SINCE) / DAY
        yield "battery", round(max(34.0, 98 - 30 * draw - days * 0.02 * (0.5 + draw)))
        yield "signal", round(-62 - 30 * draw - 4 * dice(seed, device.code, at // HOUR))
    match device.kind:
        case Kind.SMOKE_ALARM:
            yield "smoke", False
            yield "fault", False
            yield "tampered", False
            yield "temperature", _temperature(device, at, seed, indoors=True)
        case Kind.WATER_METER:
            litres = water_litres(device, at, seed)
            flow = (litres - water_litres(device, at - BEAT, seed)) * HOUR / BEAT
            yield "water_total", litres / 1000
            yield "flow", flow
            yield "valve_open", True
            yield "leak", False
        case Kind.LIFT_CAMERA | Kind.FALLING_OBJECT_CAMERA:
            yield "picture_ok", True
        case Kind.LIFT_CONTROLLER:
            yield from _lift(device, at, seed)
        case Kind.GATE_CONTROLLER:
            yield "open", False
            yield "forced", False
            yield "online", True
        case Kind.DOOR_CONTACT:
            yield "open", False
        case Kind.MANHOLE_COVER:
            yield "tilt", round(0.4 + draw + 0.4 * dice(seed, device.code, "tilt", at // 300), 1)
            yield "water_level", round(12 + 20 * draw + 6 * math.sin(at / HOUR / 5))
            yield "open", False
        case Kind.CHARGING_PILE:
            yield from _pile(device, at, seed)
        case Kind.PUBLIC_SPEAKER:
            yield "volume", 60
            yield "playing", _seconds_of_day(at) % (10 * HOUR) // 300 == 8 * HOUR // 300
            yield "fault", False
        case Kind.SOS_BUTTON | Kind.SIMULATOR:
            pass
        case Kind.SITE_GATEWAY:
            yield "cpu", round(8 + 10 * dice(seed, device.code, "cpu", at // BEAT))
            yield "memory", round(41 + 3 * dice(seed, device.code, "memory", at // HOUR))
            yield "temperature", _temperature(device, at, seed, indoors=True) + 14
            yield "mains_power", True


def water_litres(device: Device, at: float, seed: int) -> int:
    """The meter's pulses, a litre each, since it was fitted."""
    a_day = 90 + round(310 * dice(seed, device.code, "litres"))
    used = _days(at) + _share(WATER_HOURS, _bursting(_seconds_of_day(at)))
    return 8_000 + math.floor(a_day * used)


def _bursting(seconds: float) -> float:
    start, within = divmod(seconds, TEN_MINUTES)
    return start * TEN_MINUTES + min(within / BURST, TEN_MINUTES)


def _lift(device: Device, at: float, seed: int) -> Iterator[tuple[str, float | int | bool]]:
    slot = at // 20
    moving = dice(seed, device.code, slot) < 0.5 * _busy(PEOPLE_HOURS, at)
    floors = 18 if device.building in {3, 6} else 11
    settled = slot if moving else slot - slot % 15
    yield "floor", 1 + math.floor(floors * dice(seed, device.code, "floor", settled))
    yield "door_open", False
    yield "moving", moving
    yield "people_trapped", False
    yield "fault_code", 0
    yield (
        "trips",
        20_000 + math.floor(260 * (_days(at) + _share(PEOPLE_HOURS, _seconds_of_day(at)))),
    )


def _pile(device: Device, at: float, seed: int) -> Iterator[tuple[str, float | int | bool]]:
    """One session every evening; each port has its own hour, length and appetite."""
    start = (18 + 2.5 * dice(seed, device.code, "start")) * HOUR
    length = (1.5 + 1.2 * dice(seed, device.code, "length")) * HOUR
    watts = 180 + 420 * dice(seed, device.code, "watts")
    within = _seconds_of_day(at) - start
    charging = 0 <= within < length
    # A battery takes less as it fills: power falls in a straight line to a third.
    done = min(max(within / length, 0.0), 1.0)
    energy_a_day = watts * length * (2 / 3) / HOUR / 1000
    energy = energy_a_day * (_days(at) + (done - done * done / 3) / (2 / 3))
    warmth = 9.0 * done if charging else 0.0
    yield "power", round(watts * (1 - done * 2 / 3)) if charging else 0
    yield "energy_total", round(40 + energy, 2)
    yield "temperature", round(_temperature(device, at, seed, indoors=False) + warmth, 1)
    yield "port_in_use", charging
    yield "output_on", charging
    yield "smoke", False


def _temperature(device: Device, at: float, seed: int, *, indoors: bool) -> float:
    mean, swing = (21.0, 1.5) if indoors else (14.0, 5.0)
    daily = math.sin((_hour(at) - 9) / 24 * 2 * math.pi)
    noise = dice(seed, device.code, "warm", at // BEAT) - 0.5
    return round(mean + swing * daily + 3 * dice(seed, device.code, "wall") + noise, 1)


def _days(at: float) -> int:
    return int((at - COUNTING_SINCE) // DAY)


def _seconds_of_day(at: float) -> float:
    return (at - COUNTING_SINCE) % DAY


def _hour(at: float) -> float:
    return _seconds_of_day(at) / HOUR


def _busy(hours: tuple[int, ...], at: float) -> float:
    return hours[int(_hour(at))] / max(hours)


def _share(hours: tuple[int, ...], seconds: float) -> float:
    hour = min(int(seconds // HOUR), 23)  # the last burst of a day ends when the day does
    before = _before(hours)
    return (before[hour] + hours[hour] * (seconds - hour * HOUR) / HOUR) / before[-1]


@lru_cache
def _before(hours: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(accumulate(hours, initial=0))
