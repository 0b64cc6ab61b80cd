import signal
import subprocess
import sys
import time

import pytest
from tests.unit.simulator.conftest import Broker, Ear, free_port

from linli_simulator import cli
from linli_simulator.scenes import SCENES


def test_the_list_names_every_scene(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == [scene.code for scene in SCENES]


@pytest.mark.parametrize(
    "arguments",
    [[], ["--data", "/nowhere", "--scene", "earthquake"], ["--data", "/nowhere", "--speed", "0"]],
)
def test_a_wrong_wish_is_explained(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        cli.main(arguments)
    assert exit_info.value.code == 2
    assert "error" in capsys.readouterr().err


def test_a_folder_without_an_estate_is_explained(
    broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--data", str(broker.folder)]) == 2
    assert "estate.json" in capsys.readouterr().err


async def test_one_scene_is_played_and_that_is_all(broker: Broker, ear: Ear) -> None:
    broker.register(every=True)
    with simulator(broker, "--scene", "smoke", "--speed", "1000", "--whole") as process:
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == "smoke: yg-5-1-202-smoke, 3 of 3 acknowledged\n"
    await ear.first(lambda _, said: '"smoke":true' in said)
    await ear.first(lambda _, __: len(ear.heard) == 5)
    assert {topic for topic, _ in ear.heard} == {"linli/v1/telemetry"}  # no will, no greeting


def test_a_running_simulators_device_cannot_be_silenced_from_beside_it(
    broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    broker.register(every=True)
    assert cli.main(["--data", str(broker.folder), "--scene", "offline"]) == 1
    assert "运行中的模拟器" in capsys.readouterr().err


async def test_it_lives_until_told_to_stop_and_leaves_politely(broker: Broker, ear: Ear) -> None:
    broker.register(every=True)
    with simulator(broker) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "81 devices on 71 connections\n"
        await ear.first(lambda topic, _: topic == "zigbee2mqtt/bridge/state")
        await ear.first(lambda _, __: len(ear.heard) > 60)
        told_at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - told_at < 2
    assert not [said for _, said in ear.heard if said == '{"online":false}']


def test_it_waits_for_linli_to_come_up(broker: Broker) -> None:
    text = broker.folder / "estate.json"
    broker.register(every=True)
    text.write_text(text.read_text().replace(f'"port": {broker.port}', f'"port": {free_port()}'))
    with simulator(broker) as process:
        assert process.stdout is not None
        assert "81 devices" in process.stdout.readline()
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


class Running(subprocess.Popen[str]):
    """A simulator that does not outlive its test."""

    def __exit__(self, *args: object) -> None:
        self.kill()
        super().__exit__(None, None, None)


def simulator(broker: Broker, *arguments: str) -> Running:
    command = [sys.executable, "-m", "linli_simulator", "--data", str(broker.folder), *arguments]
    return Running(command, stdout=subprocess.PIPE, text=True)
