"""Reports become readings once, however they arrive."""

import hashlib
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.unit.sensing.telemetry.reporting import (
    NOON,
    SECOND,
    Said,
    SaidEvent,
    Site,
    picture_of,
    reported,
    rolled_back,
)

from linli.kernel.ids import new_id
from linli.sensing.telemetry.contracts import ClockQuality, Entry, Receipt, Recorded
from linli.sensing.telemetry.public import (
    Recorder,
    events_of,
    first_reading_at,
    last_values,
    wrong_clocks,
)


def at(after: float) -> datetime:
    return NOON + timedelta(seconds=after)


def told(recorded: Recorded) -> list[tuple[str, float, float, bool]]:
    """(property, seconds past noon, value, newest) of all that is new."""
    return [
        (one.property, (one.observed_at - NOON).total_seconds(), one.value, one.newest)
        for news in recorded.news
        for one in news.readings
    ]


async def test_a_new_meter_reports_and_the_figures_are_there(site: Site) -> None:
    meter = await site.device()
    recorded = await Recorder().record(
        site.work, [reported(meter, 0, water_total=12.345, battery=88)]
    )
    assert (recorded.new, recorded.duplicate) == (2, 0)
    assert sorted(told(recorded)) == [
        ("battery", 0, 88, True),
        ("water_total", 0, 12.345, True),
    ]
    assert recorded.news[0].device == meter
    assert await site.stored(meter, "water_total") == [(NOON, 12.345)]
    [battery, total] = (await last_values(site.work, [meter.id]))[meter.id]
    assert (battery.property, battery.value, battery.observed_at) == ("battery", 88, NOON)
    assert (total.property, total.value, total.since) == ("water_total", 12.345, NOON)


async def test_the_same_message_twice_counts_once(site: Site) -> None:
    meter = await site.device()
    recorder = Recorder()
    message = reported(meter, 1, water_total=1.0)
    assert (await recorder.record(site.work, [message])).new == 1
    again = await recorder.record(site.work, [message, message])
    assert (again.new, again.duplicate, again.news) == (0, 2, ())
    assert len(await site.stored(meter, "water_total")) == 1


async def test_the_first_value_said_for_a_moment_stays(site: Site) -> None:
    meter = await site.device()
    recorder = Recorder()
    await recorder.record(site.work, [reported(meter, 1, flow=5.0), reported(meter, 1, flow=4.0)])
    await recorder.record(site.work, [reported(meter, 1, flow=6.0)])
    assert await site.stored(meter, "flow") == [(at(1), 5.0)]


async def test_what_comes_late_is_kept_but_does_not_say_how_things_stand(site: Site) -> None:
    meter = await site.device()
    recorder = Recorder()
    await recorder.record(site.work, [reported(meter, 10, flow=10.0)])
    recorded = await recorder.record(
        site.work, [reported(meter, 11, flow=11.0), reported(meter, 5, flow=5.0)]
    )
    assert sorted(told(recorded)) == [("flow", 5, 5, False), ("flow", 11, 11, True)]
    [last] = (await last_values(site.work, [meter.id]))[meter.id]
    assert (last.value, last.observed_at) == (11, at(11))
    assert [value for _, value in await site.stored(meter, "flow")] == [5, 10, 11]


async def test_a_buffer_sent_after_an_outage_is_taken_whole(site: Site) -> None:
    meter = await site.device()
    recorder = Recorder()
    await recorder.record(site.work, [reported(meter, 5000, flow=1.0)])
    buffer = [reported(meter, after, flow=after) for after in range(1000)]
    recorded = await recorder.record(site.work, buffer[500:] + buffer[:600])
    assert (recorded.new, recorded.duplicate) == (1000, 100)
    assert len(await site.stored(meter, "flow")) == 1001


async def test_a_restarted_gateway_remembers_nothing_and_loses_nothing(site: Site) -> None:
    meter = await site.device()
    for after in (1, 2, 2, 3):
        await Recorder().record(site.work, [reported(meter, after, flow=after)])
    assert [value for _, value in await site.stored(meter, "flow")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("claimed", "clock"),
    [
        (datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC), ClockQuality.BEHIND),
        (datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC), ClockQuality.AHEAD),
        (NOON - timedelta(days=401), ClockQuality.BEHIND),
        (NOON + timedelta(seconds=121), ClockQuality.AHEAD),
    ],
)
async def test_an_impossible_clock_gives_the_time_of_receipt_and_is_remembered(
    site: Site, claimed: datetime, clock: ClockQuality
) -> None:
    meter = await site.device()
    said = Said(observed_at=claimed, values=(("flow", 3.0),))
    recorded = await Recorder().record(site.work, [Entry(meter, said, NOON)])
    [news] = recorded.news
    assert news.clock is clock
    assert news.clock_offset_s == (claimed - NOON).total_seconds()
    assert news.readings[0].clock is clock
    assert await site.stored(meter, "flow") == [(NOON, 3.0)]
    kept = (await wrong_clocks(site.work, [meter.id]))[meter.id]
    assert (kept.clock, kept.offset_s) == (clock, news.clock_offset_s)


@pytest.mark.parametrize(
    "claimed", [NOON - timedelta(days=399), NOON + timedelta(seconds=119), NOON]
)
async def test_a_clock_that_can_be_right_is_believed(site: Site, claimed: datetime) -> None:
    meter = await site.device()
    said = Said(observed_at=claimed, values=(("flow", 3.0),))
    recorded = await Recorder().record(site.work, [Entry(meter, said, NOON)])
    assert recorded.news[0].clock is ClockQuality.TRUSTED
    assert await site.stored(meter, "flow") == [(claimed, 3.0)]
    assert await wrong_clocks(site.work, [meter.id]) == {}


async def test_a_date_that_is_none_is_a_clock_that_cannot_be_read(site: Site) -> None:
    meter = await site.device()
    said = Said(clock_unreadable=True, values=(("flow", 3.0),))
    recorded = await Recorder().record(site.work, [Entry(meter, said, NOON)])
    assert (recorded.news[0].clock, recorded.news[0].clock_offset_s) == (
        ClockQuality.UNREADABLE,
        None,
    )


async def test_two_messages_without_a_time_read_in_one_go_are_two_readings(site: Site) -> None:
    meter = await site.device()
    recorder = Recorder()
    for batch in ([1.0, 2.0], [3.0]):
        await recorder.record(site.work, [reported(meter, None, flow=value) for value in batch])
    stored = await site.stored(meter, "flow")
    assert [value for _, value in stored] == [1, 2, 3]
    assert stored[-1][0] - NOON < timedelta(milliseconds=1)


def receipt(words: str, *, packet_id: int = 7, duplicate: bool = False) -> Receipt:
    digest = hashlib.blake2b(words.encode(), digest_size=16).digest()
    return Receipt(CONNECTION, packet_id, digest, duplicate)


CONNECTION = uuid4()


async def test_a_message_without_a_time_that_is_sent_again_counts_once(site: Site) -> None:
    meter = await site.device()
    recorder = Recorder()
    first = reported(meter, None, receipt=receipt("a"), flow=1.0)
    assert (await recorder.record(site.work, [first])).new == 1
    for wait in (1, 600, 3500):
        again = reported(
            meter, None, received=at(wait), receipt=receipt("a", duplicate=True), flow=1.0
        )
        recorded = await recorder.record(site.work, [again])
        assert (recorded.new, recorded.duplicate) == (0, 1)
    assert len(await site.stored(meter, "flow")) == 1


@pytest.mark.parametrize(
    ("later", "wait"),
    [
        (receipt("a"), 5),
        (receipt("b", duplicate=True), 5),
        (receipt("a", packet_id=8, duplicate=True), 5),
        (receipt("a", duplicate=True), 3601),
    ],
    ids=["not flagged", "other words", "other packet", "an hour later"],
)
async def test_a_message_that_only_looks_alike_counts(
    site: Site, later: Receipt, wait: float
) -> None:
    meter = await site.device()
    recorder = Recorder()
    await recorder.record(site.work, [reported(meter, None, receipt=receipt("a"), flow=1.0)])
    second = reported(meter, None, received=at(wait), receipt=later, flow=1.0)
    assert (await recorder.record(site.work, [second])).new == 1


async def test_sent_again_before_the_first_was_stored_it_still_counts_once(site: Site) -> None:
    meter = await site.device()
    batch = [
        reported(meter, None, receipt=receipt("a"), flow=1.0),
        reported(meter, None, receipt=receipt("a", duplicate=True), flow=1.0),
    ]
    recorded = await Recorder().record(site.work, batch)
    assert (recorded.new, recorded.duplicate) == (1, 1)


async def test_all_reports_of_one_message_share_its_fate(site: Site) -> None:
    meter, other = await site.device(), await site.device()
    recorder = Recorder()
    for duplicate, new in ((False, 2), (True, 0)):
        shared = receipt("both", duplicate=duplicate)
        recorded = await recorder.record(
            site.work,
            [
                reported(meter, None, receipt=shared, flow=1.0),
                reported(other, None, receipt=shared, flow=2.0),
            ],
        )
        assert recorded.new == new


async def test_a_pressed_button_is_one_event_however_often_it_is_sent(site: Site) -> None:
    button = await site.device("sos_button")
    recorder = Recorder()
    picture = await picture_of(site.work, site.estate_id)
    foreign = await picture_of(site.work, new_id(NOON))
    said = Said(
        observed_at=NOON,
        events=(
            SaidEvent(
                "sos_pressed",
                id="p-1",
                data=(("long", True), ("battery", 3.1)),
                evidence=(str(picture), "no id", str(foreign), str(new_id(NOON))),
            ),
        ),
    )
    first = await recorder.record(site.work, [Entry(button, said, NOON), Entry(button, said, NOON)])
    assert (first.new, first.duplicate, first.refused) == (1, 1, 6)
    [event] = first.news[0].events
    assert (event.event, event.external_id, event.evidence) == ("sos_pressed", "p-1", (picture,))
    second = await recorder.record(site.work, [Entry(button, said, NOON + SECOND)])
    assert (second.new, second.duplicate, second.news) == (0, 1, ())
    [kept] = await events_of(site.work, button.id)
    assert kept.fields == {"long": True, "battery": 3.1}
    assert kept.evidence == (picture,)


async def test_events_without_an_id_are_told_apart_by_their_time(site: Site) -> None:
    camera = await site.device("lift_camera")
    recorder = Recorder()
    for after in (0, 1, 1):
        said = Said(observed_at=at(after), events=(SaidEvent("smoking"),))
        await recorder.record(site.work, [Entry(camera, said, at(2))])
    timeless = Said(events=(SaidEvent("smoking"),))
    await recorder.record(site.work, [Entry(camera, timeless, NOON)] * 2)
    assert len(await events_of(site.work, camera.id)) == 4


async def test_readings_of_a_day_nobody_prepared_are_kept_and_found(site: Site) -> None:
    meter = await site.device()
    far = NOON + timedelta(days=300)
    said = Said(observed_at=far, values=(("flow", 1.0),))
    recorder = Recorder()
    assert (await recorder.record(site.work, [Entry(meter, said, far)])).new == 1
    assert (await recorder.record(site.work, [Entry(meter, said, far)])).new == 0
    kept = await site.work.connection.scalar(
        text(
            "SELECT tableoid::regclass::text FROM sensing_telemetry_reading"
            " WHERE received_at = :far"
        ),
        {"far": far},
    )
    assert kept == "sensing_telemetry_reading_stray"


async def test_a_series_remembered_from_a_rolled_back_batch_is_made_again(
    gateway_engine: AsyncEngine,
) -> None:
    async with rolled_back(gateway_engine) as site:
        meter = await site.device()
        recorder = Recorder()
        savepoint = await site.work.connection.begin_nested()
        await recorder.record(site.work, [reported(meter, 1, flow=1.0)])
        await savepoint.rollback()
        assert (await recorder.record(site.work, [reported(meter, 1, flow=1.0)])).new == 1
        assert await site.stored(meter, "flow") == [(at(1), 1.0)]


# Whatever is done to a sequence of readings on its way, each is stored once and the last value is
# the newest, held since its run began.

Saying = tuple[int, float]
Journey = tuple[list[Saying], list[list[Saying]]]


@st.composite
def journeys(draw: st.DrawFn) -> Journey:
    """Readings of one series, and the batches in which copies of them arrive."""
    values = draw(st.lists(st.integers(0, 2), min_size=1, max_size=12))
    said = [(moment, float(value)) for moment, value in enumerate(values)]
    copies = draw(st.lists(st.sampled_from(said), max_size=12))
    arrivals = draw(st.permutations(said + copies))
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(arrivals) - 1)), max_size=5)))
    edges = [0, *cuts, len(arrivals)]
    return said, [list(arrivals[a:b]) for a, b in itertools.pairwise(edges)]


def run_start(said: Sequence[Saying]) -> int:
    start = len(said) - 1
    while start > 0 and said[start - 1][1] == said[-1][1]:
        start -= 1
    return start


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(journey=journeys(), restarts=st.booleans())
async def test_any_disorder_stores_each_reading_once_and_ends_at_the_newest(
    gateway_engine: AsyncEngine, journey: Journey, restarts: bool
) -> None:
    said, batches = journey
    async with rolled_back(gateway_engine) as site:
        meter = await site.device()
        recorder = Recorder()
        new = 0
        for batch in batches:
            if restarts:
                recorder = Recorder()
            recorded = await recorder.record(
                site.work, [reported(meter, after, flow=value) for after, value in batch]
            )
            new += recorded.new
            assert recorded.new + recorded.duplicate == len(batch)
        assert new == len(said)
        assert await site.stored(meter, "flow") == [(at(after), value) for after, value in said]
        [last] = (await last_values(site.work, [meter.id]))[meter.id]
        assert (last.value, last.observed_at) == (said[-1][1], at(said[-1][0]))
        assert last.since == at(run_start(said))
        assert await first_reading_at(site.work, meter.id, "flow") == at(said[0][0])
