"""What the simulator says is what linli's own drivers understand, to the last reading."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit.simulator.estates import estate_file

from linli.sensing.devices.public import DeviceKind, all_kinds
from linli.sensing.drivers.contracts import Report
from linli.sensing.drivers.public import all_drivers
from linli_simulator import dialects, registration
from linli_simulator.commands import OBEDIENCE
from linli_simulator.deeds import Deed, Happen, SendKept, Show
from linli_simulator.registration import Device, Kind
from linli_simulator.sayings import Answer, Backlog, Event, Saying, Telemetry
from linli_simulator.scenes import SCENES, Scene, cast_for
from linli_simulator.terminal import Terminal

NOW = 1_795_363_200.0 + 9 * 3600


@dataclass(frozen=True, slots=True)
class Registered:
    """linli's view of one connection of the demo estate."""

    own: DeviceKind | None
    children: Mapping[str, DeviceKind]

    def kind_of(self, child: str | None) -> DeviceKind | None:
        return self.own if child is None else self.children.get(child)


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> tuple[Device, ...]:
    folder = tmp_path_factory.mktemp("estate")
    (folder / "estate.json").write_text(estate_file(1883, "http://127.0.0.1:8000"))
    return registration.read(Path(folder)).devices


def decoded(saying: Saying, device: Device) -> list[Report]:
    kind = all_kinds()[device.kind]
    context = Registered(
        own=None if device.is_child else kind,
        children={device.external_code: kind} if device.is_child else {},
    )
    driver = all_drivers()[device.dialect]
    reports: list[Report] = []
    for message in dialects.encode(saying, device):
        assert driver.may_publish(message.topic, device.connection)
        reports += driver.decode(message.topic, message.payload, context)
    for report in reports:
        assert report.refused == ()
        assert report.unknown == ()
        assert report.child == (device.external_code if device.is_child else None)
        assert not report.clock_unreadable
    return reports


def test_every_device_is_understood_in_its_ordinary_day(devices: tuple[Device, ...]) -> None:
    for device in devices:
        terminal = Terminal(device, 7)
        said = [terminal.beat(NOW), terminal.state(NOW), terminal.state(NOW, online=False)]
        for saying in said:
            for report in decoded(saying, device):
                assert report.values or report.state is not None
        if device.kind not in {Kind.SITE_GATEWAY, Kind.SOS_BUTTON}:
            (report,) = decoded(terminal.report(NOW, terminal.values(NOW)), device)
            assert len(report.values) >= 1


def test_a_backlog_is_understood_with_the_hours_it_is_about(devices: tuple[Device, ...]) -> None:
    meter = next(device for device in devices if device.code == "yg-6-1-502-water")
    terminal = Terminal(meter, 7)
    reports = decoded(terminal.kept(NOW, ("water_total", "flow"), 13), meter)
    hours = [report.observed_at.timestamp() for report in reports if report.observed_at]
    assert hours == [NOW - 3600 * back for back in range(13, -1, -1)]
    assert len({dict(report.values)["water_total"] for report in reports}) == 1


def said_by(deed: Deed, terminal: Terminal) -> Saying | None:
    match deed:
        case Show(values):
            terminal.lay_over(values)
            return terminal.report(NOW, values)
        case Happen(name, fields):
            return Event(NOW, name, fields)
        case SendKept(names, hours):
            return terminal.kept(NOW, names, hours)
        case _:
            return None


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.code)
def test_every_scene_is_understood(devices: tuple[Device, ...], scene: Scene) -> None:
    device = cast_for(scene, devices)
    assert device is not None
    terminal = Terminal(device, 7)
    for deed in (*scene.deeds, *scene.aftermath):
        saying = said_by(deed, terminal)
        if saying is None:
            continue
        reports = decoded(saying, device)
        assert reports
        match saying:
            case Event(name=name):
                assert [event.code for event in reports[0].events] == [name]
            case Telemetry() | Backlog():
                assert all(report.values for report in reports)
            case _:
                pytest.fail(f"scenes say no {saying}")


def test_two_happenings_in_one_millisecond_are_two(devices: tuple[Device, ...]) -> None:
    gate = next(device for device in devices if device.kind is Kind.GATE_CONTROLLER)
    events = [Event(NOW, "passage", key=key) for key in ("-a", "-b")]
    ids = {decoded(event, gate)[0].events[0].id for event in events}
    assert len(ids) == 2


def test_every_command_of_every_kind_is_known(devices: tuple[Device, ...]) -> None:
    known = {
        (kind.code, command)
        for kind in all_kinds().values()
        for command in kind.commands
        if kind.code in {device.kind for device in devices}
    }
    assert {(kind.value, command) for kind, command in OBEDIENCE} == known


def test_an_answer_reaches_the_command_it_is_about(devices: tuple[Device, ...]) -> None:
    gate = next(device for device in devices if device.kind is Kind.GATE_CONTROLLER)
    (report,) = decoded(Answer("c-1", "refused", "已锁闭"), gate)
    (ack,) = report.acks
    assert (ack.reference, ack.status, ack.message) == ("c-1", "refused", "已锁闭")
