from linli_simulator.registration import Device, Dialect, Kind
from linli_simulator.terminal import Terminal

NOW = 1_795_363_200.0 + 9 * 3600  # nine in the morning in Shanghai
HOUR = 3600.0


def terminal(kind: Kind, code: str = "one", dialect: Dialect = Dialect.LINLI_NATIVE) -> Terminal:
    return Terminal(Device(code, kind, dialect, "", "", 3, code, False, code), 7)


def test_what_a_scene_shows_stays_until_it_is_released() -> None:
    alarm = terminal(Kind.SMOKE_ALARM)
    alarm.lay_over({"smoke": True})
    assert alarm.values(NOW)["smoke"] is True
    assert alarm.beat(NOW + HOUR).values["smoke"] is True
    alarm.release(NOW + HOUR, ["smoke"])
    assert alarm.values(NOW + HOUR)["smoke"] is False


def test_a_counter_that_stood_still_goes_on_from_there_and_does_not_jump() -> None:
    meter = terminal(Kind.WATER_METER)
    meter.freeze(NOW, ["water_total"])
    stood = meter.values(NOW)["water_total"]
    assert meter.values(NOW + 5 * HOUR)["water_total"] == stood
    meter.release(NOW + 5 * HOUR, ["water_total"])
    assert meter.values(NOW + 5 * HOUR)["water_total"] == stood
    assert meter.values(NOW + 15 * HOUR)["water_total"] > stood


def test_a_thermometer_that_will_be_stuck_keeps_its_reading_to_itself() -> None:
    alarm = terminal(Kind.SMOKE_ALARM, "yg-pump-smoke")
    assert "temperature" not in alarm.beat(NOW).values
    alarm.kept(NOW, ("temperature",), 49)
    assert "temperature" in alarm.beat(NOW).values


def test_thirteen_hours_without_a_drop_and_none_afterwards() -> None:
    meter = terminal(Kind.WATER_METER, "yg-6-1-502-water")
    readings = meter.kept(NOW, ("water_total", "flow"), 13).readings
    assert [reading.at for reading in readings] == [NOW - HOUR * back for back in range(13, -1, -1)]
    assert len({reading.values["water_total"] for reading in readings}) == 1
    assert meter.beat(NOW + HOUR).values["water_total"] == readings[0].values["water_total"]


def test_a_change_is_told_alone_but_a_bridge_tells_everything() -> None:
    native = terminal(Kind.DOOR_CONTACT)
    bridged = terminal(Kind.DOOR_CONTACT, dialect=Dialect.ZIGBEE2MQTT)
    assert set(native.report(NOW, ["open"]).values) == {"open"}
    assert set(bridged.report(NOW, ["open"]).values) == {"open", "battery", "signal"}


def test_a_wrong_clock_dates_everything_wrongly() -> None:
    meter = terminal(Kind.WATER_METER)
    meter.wrong_by = 3 * HOUR
    assert meter.beat(NOW).at == NOW + 3 * HOUR
    assert meter.state(NOW).at == NOW + 3 * HOUR
    assert [reading.at for reading in meter.repeated(NOW, 3).readings] == [
        NOW + 3 * HOUR - 120,
        NOW + 3 * HOUR - 60,
        NOW + 3 * HOUR,
    ]
