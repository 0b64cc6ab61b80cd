"""Readings are read back: counters, slots, stretches; old days go, coming days are prepared."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.unit.directory.town import Offices, Town
from tests.unit.sensing.telemetry.reporting import NOON, Said, Site, reported

from linli.kernel.scope import Scope
from linli.sensing.devices.contracts import Device, Registration
from linli.sensing.devices.public import register_device
from linli.sensing.telemetry.contracts import Entry, Span
from linli.sensing.telemetry.policy import microseconds, moment_of, slots, usage
from linli.sensing.telemetry.public import (
    Recorder,
    count_between,
    first_reading_at,
    forget_before,
    forget_receipts,
    partitions,
    points_between,
    prepare_days,
    readings_between,
    used_between,
    used_in_slots,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def ago(minutes: float) -> datetime:
    return NOON - minutes * MINUTE


async def counted(site: Site, *readings: tuple[float, float]) -> Device:
    """A meter that reported (minutes ago, total)."""
    meter = await site.device()
    said = [Said(ago(minutes), (("water_total", total),)) for minutes, total in readings]
    await Recorder().record(site.work, [Entry(meter, one, NOON) for one in said])
    return meter


async def used(site: Site, meter: Device, minutes: float) -> float:
    span = Span(ago(minutes), NOON)
    return (await used_between(site.work, meter.id, "water_total", span)).used


async def test_use_counts_from_the_reading_before_the_span(site: Site) -> None:
    meter = await counted(site, (130, 10.0), (70, 10.5), (30, 11.0), (1, 11.25))
    assert await used(site, meter, 60) == pytest.approx(0.75)
    assert await used(site, meter, 10) == 0, "what is older than the span is long does not count"
    assert await used(site, meter, 24 * 60) == pytest.approx(1.25)
    span = Span(ago(10), NOON)
    long = await used_between(site.work, meter.id, "water_total", span, look_back=HOUR)
    assert (long.used, long.covered_from) == (pytest.approx(0.25), ago(30))


async def test_a_replaced_meter_does_not_count_backwards(site: Site) -> None:
    meter = await counted(site, (50, 900.0), (40, 900.2), (30, 3.0), (20, 3.5))
    found = await used_between(site.work, meter.id, "water_total", Span(ago(60), NOON))
    assert (found.used, found.resets, found.readings) == (pytest.approx(0.7), 1, 4)


async def test_of_a_meter_that_never_spoke_nothing_is_known(site: Site) -> None:
    meter = await site.device()
    found = await used_between(site.work, meter.id, "water_total", Span(ago(60), NOON))
    assert (found.used, found.readings, found.covered_from) == (0, 0, None)
    assert await first_reading_at(site.work, meter.id, "water_total") is None
    assert await points_between(site.work, meter.id, "water_total", Span(ago(60), NOON)) == ()
    assert await readings_between(site.work, meter.id, "water_total", Span(ago(60), NOON)) == ()
    assert await count_between(site.work, meter.id, "water_total", Span(ago(60), NOON)) == 0


async def test_half_hours_tell_whether_water_ran(site: Site) -> None:
    meter = await counted(
        site, (121, 1.0), (110, 1.1), (95, 1.1), (80, 1.1), (65, 1.3), (20, 1.4), (5, 1.4)
    )
    found = await used_in_slots(site.work, meter.id, "water_total", Span(ago(120), NOON))
    assert [one.used for one in found] == [
        pytest.approx(0.1),
        pytest.approx(0.2),
        None,
        pytest.approx(0.1),
    ]
    assert [one.start for one in found] == [ago(120), ago(90), ago(60), ago(30)]


async def test_a_span_is_told_in_stretches(site: Site) -> None:
    meter = await counted(site, (59, 1.0), (58, 3.0), (31, 5.0), (1, 7.0))
    points = await points_between(site.work, meter.id, "water_total", Span(ago(60), NOON), most=2)
    assert [(one.at, one.min, one.avg, one.max, one.last, one.n) for one in points] == [
        (ago(60), 1, 3, 5, 5, 3),
        (ago(30), 7, 7, 7, 7, 1),
    ]
    assert await first_reading_at(site.work, meter.id, "water_total") == ago(59)
    assert await count_between(site.work, meter.id, "water_total", Span(ago(58), ago(1))) == 2


async def test_late_readings_are_found_in_their_own_time(site: Site) -> None:
    meter = await site.device()
    late = Said(NOON - timedelta(days=30), (("flow", 1.0),))
    await Recorder().record(site.work, [Entry(meter, late, NOON)])
    span = Span(NOON - timedelta(days=31), NOON - timedelta(days=29))
    assert len(await readings_between(site.work, meter.id, "flow", span)) == 1


@given(steps=st.lists(st.floats(0, 100), max_size=20))
def test_use_is_the_whole_climb_of_a_counter(steps: list[float]) -> None:
    total = 0.0
    readings: list[tuple[datetime, float]] = []
    for place, step in enumerate(steps):
        total += step
        readings.append((NOON + place * MINUTE, total))
    found = usage(readings)
    assert found.used == pytest.approx(total - (steps[0] if steps else 0))
    assert found.resets == 0


@given(
    steps=st.lists(st.tuples(st.integers(0, 59), st.floats(0, 10)), max_size=20),
    length=st.integers(1, 70),
)
def test_slots_together_are_the_whole_use(steps: list[tuple[int, float]], length: int) -> None:
    total = 0.0
    readings: list[tuple[datetime, float]] = []
    for minute, step in sorted(steps):
        total += step
        readings.append((NOON + minute * MINUTE, total))
    found = slots(readings, Span(NOON, NOON + HOUR), length * MINUTE)
    assert len(found) == -(-60 // length)
    assert sum(one.used or 0 for one in found) == pytest.approx(usage(readings).used)


@given(microseconds_=st.integers(0, 4_000_000_000_000_000))
def test_microseconds_are_exact(microseconds_: int) -> None:
    assert microseconds(moment_of(microseconds_)) == microseconds_


# Days


async def test_coming_days_are_prepared_once_and_stray_readings_move_in(site: Site) -> None:
    far = NOON + timedelta(days=500)
    meter = await site.device()
    await Recorder().record(site.work, [Entry(meter, Said(far, (("flow", 1.0),)), far)])
    later = type(site.work)(connection=site.work.connection, now=far)
    assert await prepare_days(later, days=3) == 3
    assert await prepare_days(later, days=3) == 0
    where = await site.work.connection.scalar(
        text(
            "SELECT tableoid::regclass::text FROM sensing_telemetry_reading"
            " WHERE received_at = :far"
        ),
        {"far": far},
    )
    assert where == f"sensing_telemetry_reading_{far:%Y%m%d}"
    assert await site.stored(meter, "flow") == [(far, 1.0)]
    assert far.date() in {one.day for one in await partitions(site.work)}


async def test_old_days_are_dropped_whole_and_last_values_stay(site: Site) -> None:
    meter = await site.device()
    yesterday = NOON - timedelta(days=1)
    recorder = Recorder()
    for moment in (yesterday, NOON):
        await recorder.record(site.work, [Entry(meter, Said(moment, (("flow", 1.0),)), moment)])
    assert await forget_before(site.work, NOON) >= 1
    assert await site.stored(meter, "flow") == [(NOON, 1.0)]
    assert (await recorder.record(site.work, [reported(meter, 0, flow=1.0)])).new == 0


async def test_old_receipts_are_forgotten(site: Site) -> None:
    assert await forget_receipts(site.work) == 0


# Who reads


async def test_readings_are_seen_through_the_estates_of_the_session_only(
    desks: Offices, town: Town
) -> None:
    async with desks.machine.work() as work:
        await prepare_days(work)
        draft = Registration(town.estates[0].id, None, "water_meter", "水表", "linli_native")
        device = (await register_device(work, draft)).device
        said = Said(work.now, (("flow", 1.0),))
        await Recorder().record(work, [Entry(device, said, work.now)])
        series = await work.connection.scalar(
            text("SELECT id FROM sensing_series WHERE device_id = :device"), {"device": device.id}
        )
    count = text("SELECT count(*) FROM sensing_reading_seen WHERE series_id = :series")
    for estate, seen in ((town.estates[0], 1), (town.estates[1], 0)):
        scope = Scope(estates={"see_devices": frozenset({estate.id})})
        async with desks.app.work(scope=scope) as work:
            assert await work.connection.scalar(count, {"series": series}) == seen
            names = await readings_between(
                work, device.id, "flow", Span(work.now - HOUR, work.now + HOUR)
            )
            assert len(names) == seen
    async with desks.app.work(scope=Scope()) as work:
        assert await work.connection.scalar(count, {"series": series}) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM sensing_telemetry_reading",
        "INSERT INTO sensing_last_value SELECT * FROM sensing_last_value WHERE false",
        "DELETE FROM sensing_device_event",
        "SELECT 1 FROM sensing_receipt",
        "SELECT linli_readings_forget('2030-01-01')",
    ],
)
async def test_people_never_touch_the_readings_themselves(desks: Offices, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with desks.app.work(scope=Scope()) as work:
            await work.connection.execute(text(statement))
