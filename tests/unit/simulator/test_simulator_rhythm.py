import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli_simulator import rhythm
from linli_simulator.registration import Device, Dialect, Kind

UNHURRIED = settings(deadline=None)  # the machine may be busy with other tests
MIDNIGHT = 1_795_363_200.0  # 2026-11-23 00:00 in Shanghai
HOUR = 3600.0
KINDS_FOLDER = Path(__file__).parents[3] / "src" / "linli" / "sensing" / "devices" / "kinds"
MOMENTS = st.floats(MIDNIGHT - 400 * 86400, MIDNIGHT + 400 * 86400)


def device(kind: Kind, code: str = "one", title: str = "南门 门禁") -> Device:
    return Device(
        code=code,
        kind=kind,
        dialect=Dialect.LINLI_NATIVE,
        title=title,
        place="",
        building=3,
        connection=code,
        is_child=False,
        external_code=code,
    )


@pytest.mark.parametrize(
    ("kind", "counter"),
    [
        (Kind.WATER_METER, "water_total"),
        (Kind.CHARGING_PILE, "energy_total"),
        (Kind.LIFT_CONTROLLER, "trips"),
    ],
)
@UNHURRIED
@given(at=MOMENTS, later=st.floats(0, 3 * 86400), seed=st.integers(0, 9))
def test_counters_never_run_backwards(
    kind: Kind, counter: str, at: float, later: float, seed: int
) -> None:
    before = rhythm.usual(device(kind), at, seed)[counter]
    assert rhythm.usual(device(kind), at + later, seed)[counter] >= before


@pytest.mark.parametrize("kind", set(Kind) - {Kind.SIMULATOR})
@UNHURRIED
@given(at=MOMENTS, code=st.sampled_from(["a", "b", "c"]))
def test_every_reading_is_one_that_linli_knows_and_believes(
    kind: Kind, at: float, code: str
) -> None:
    known = tomllib.loads((KINDS_FOLDER / f"{kind}.toml").read_text())["properties"]
    for name, value in rhythm.usual(device(kind, code), at, 7).items():
        assert known[name].get("low", 0) <= value <= known[name].get("high", 1)
        assert (known[name]["form"] == "switch") == isinstance(value, bool)


def test_the_same_second_gives_the_same_reading_and_another_seed_another() -> None:
    meter = device(Kind.WATER_METER)
    assert rhythm.usual(meter, MIDNIGHT, 7) == rhythm.usual(meter, MIDNIGHT, 7)
    assert rhythm.usual(meter, MIDNIGHT, 7) != rhythm.usual(meter, MIDNIGHT, 8)


def test_nobody_uses_water_at_three_and_everybody_at_seven() -> None:
    meter = device(Kind.WATER_METER)
    night = [rhythm.water_litres(meter, MIDNIGHT + hour * HOUR, 7) for hour in (1, 4)]
    morning = [rhythm.water_litres(meter, MIDNIGHT + hour * HOUR, 7) for hour in (6, 8)]
    assert night[0] == night[1]
    assert morning[1] - morning[0] >= 10


def test_water_runs_in_bursts_so_that_no_tap_seems_to_leak() -> None:
    meter = device(Kind.WATER_METER)
    minutes = (MIDNIGHT + 7 * HOUR + 60 * minute for minute in range(120))
    flows = [rhythm.usual(meter, minute, 7)["flow"] for minute in minutes]
    assert any(flows)
    assert flows.count(0) > 60


@UNHURRIED
@given(at=MOMENTS)
def test_a_household_stays_below_two_cubic_metres_a_day_and_above_ten_litres_in_twelve_hours(
    at: float,
) -> None:
    for code in ("a", "b", "c", "d"):
        meter = device(Kind.WATER_METER, code)
        now = rhythm.water_litres(meter, at, 7)
        assert now - rhythm.water_litres(meter, at - 24 * HOUR, 7) < 2000
        assert now - rhythm.water_litres(meter, at - 12 * HOUR, 7) > 10


def test_piles_charge_in_the_evening_and_only_then() -> None:
    pile = device(Kind.CHARGING_PILE)
    hours = [MIDNIGHT + hour * HOUR for hour in range(24)]
    charging = [at for at in hours if rhythm.usual(pile, at, 7)["port_in_use"]]
    assert charging
    assert all(MIDNIGHT + 18 * HOUR <= at < MIDNIGHT + 24 * HOUR for at in charging)
    assert all(rhythm.usual(pile, at, 7)["power"] > 0 for at in charging)


def test_a_battery_falls_slowly() -> None:
    alarm = device(Kind.SMOKE_ALARM)
    now = rhythm.usual(alarm, MIDNIGHT, 7)["battery"]
    in_a_year = rhythm.usual(alarm, MIDNIGHT + 365 * 86400, 7)["battery"]
    assert now - 12 < in_a_year < now


@UNHURRIED
@given(at=MOMENTS, kind=st.sampled_from(Kind))
def test_beats_come_about_once_a_minute_and_always_later(at: float, kind: Kind) -> None:
    beat = rhythm.BEATS.get(kind, rhythm.BEAT)
    first = rhythm.next_beat(device(kind), at, 7)
    second = rhythm.next_beat(device(kind), first, 7)
    assert at < first < at + 1.2 * beat
    assert 0.8 * beat < second - first < 1.2 * beat


@UNHURRIED
@given(at=MOMENTS)
def test_visits_come_later_and_more_of_them_at_seven_than_at_three(at: float) -> None:
    gate = device(Kind.GATE_CONTROLLER)
    assert rhythm.next_visit(gate, at, 7) > at


def test_a_gate_is_busier_in_the_morning_than_at_night() -> None:
    gate = device(Kind.GATE_CONTROLLER)
    visits = dict.fromkeys((3, 7), 0)
    for hour in visits:
        at = MIDNIGHT + hour * HOUR
        while (at := rhythm.next_visit(gate, at, 7)) < MIDNIGHT + (hour + 1) * HOUR:
            visits[hour] += 1
    assert visits[7] > 10 > visits[3]


def test_cars_are_known_by_their_plates() -> None:
    cars = device(Kind.GATE_CONTROLLER, title="南门车行 门禁")
    assert rhythm.passage(cars, MIDNIGHT, 7).fields["means"] == "plate"
