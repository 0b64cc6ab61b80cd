"""`linli up` as an operator meets it: the real engine, and small programs in the other places."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from linli.app.health import State, read_health
from linli.app.keys import generate_keys, make_data_folder, write_keys
from linli.app.problems import Problem
from linli.app.settings import Settings
from linli.app.up import greeting, prepare_installation

SMALL = """
import asyncio, sys
from linli.app.problems import Problem
from linli.app.settings import load_settings
from linli.app.up import Parts, up

serve = (
    "import os, signal, socket;"
    "server = socket.create_server((os.environ['LINLI_HOST'], int(os.environ['LINLI_PORT'])));"
    "signal.pause()"
)
parts = Parts(
    migrate=("-c", "pass" if sys.argv[1] != "failing" else "raise SystemExit('no such column')"),
    seed=("-c", "pass"),
    provide=("-c", "pass"),
    serving=(("web", ("-c", serve)), ("worker", ("-c", "import signal; signal.pause()"))),
    simulator=("-c", "import signal; signal.pause()"),
)
try:
    asyncio.run(up(load_settings(), parts=parts, announce=lambda said: print(said, flush=True)))
except Problem as problem:
    sys.exit(str(problem))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment_for(folder: Path, **more: str) -> Mapping[str, str]:
    return {
        **os.environ,
        "LINLI_DATA": str(folder),
        "LINLI_DEMO": "true",
        "LINLI_PORT": str(free_port()),
        "LINLI_MQTT_PORT": "0",
        "LINLI_MQTT_WEBSOCKET_PORT": "0",
        "LINLI_DATABASE_DURABLE": "false",
        **more,
    }


class Running:
    """A started `linli up` and everything below it."""

    def __init__(self, environment: Mapping[str, str], kind: str = "sound") -> None:
        self.folder = Path(environment["LINLI_DATA"])
        self.process = subprocess.Popen(
            [sys.executable, "-c", SMALL, kind],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until_ready(self) -> str:
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if "Ctrl-C" in line:
                return said
        raise AssertionError(self.process.communicate()[1])

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, how: signal.Signals) -> str:
        self.process.send_signal(how)
        return self.process.communicate(timeout=30)[1]


def test_where_there_is_a_training_county_its_devices_are_played(data_folder: Path) -> None:
    make_data_folder(data_folder)
    write_keys(data_folder, generate_keys())
    training = data_folder / "training"
    training.mkdir(parents=True)
    (training / "estate.json").write_text("{}", encoding="utf-8")
    up = Running(environment_for(data_folder, LINLI_DEMO="false"))
    up.until_ready()
    health = read_health(data_folder / "run")
    assert health is not None
    assert [one.name for one in health.processes][-1] == "simulator"
    up.end(signal.SIGTERM)


def test_it_starts_everything_and_ends_it_within_ten_seconds(data_folder: Path) -> None:
    up = Running(environment_for(data_folder))
    said = up.until_ready()
    family = up.family()
    health = read_health(data_folder / "run")
    assert health is not None
    assert health.supervised
    states = {one.name: one.state for one in health.processes}
    assert list(states) == ["database", "web", "worker", "simulator"]
    assert {states[name] for name in ("database", "web", "worker")} == {State.RUNNING}
    assert "linli-demo" in said
    assert "weixiu" in said

    began = time.monotonic()
    up.end(signal.SIGTERM)
    assert time.monotonic() - began < 10
    assert up.process.returncode == 0
    assert [one for one in family if one.is_running()] == []
    assert not (data_folder / "postgres" / "postmaster.pid").exists()


def test_nothing_is_left_when_it_is_killed_and_it_starts_again(data_folder: Path) -> None:
    environment = environment_for(data_folder)
    up = Running(environment)
    up.until_ready()
    family = up.family()
    assert len(family) > 4
    up.end(signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []

    again = Running(environment)
    again.until_ready()
    again.end(signal.SIGINT)
    assert again.process.returncode == 0


def test_a_killed_database_comes_back_at_the_same_address(data_folder: Path) -> None:
    up = Running(environment_for(data_folder))
    up.until_ready()
    try:
        port = (data_folder / "postgres.port").read_text()
        health = read_health(data_folder / "run")
        assert health is not None
        first = next(one.pid for one in health.processes if one.name == "database")
        assert first is not None
        os.kill(first, signal.SIGKILL)

        async def until_back() -> None:
            while True:
                now = read_health(data_folder / "run")
                assert now is not None
                one = next(one for one in now.processes if one.name == "database")
                if one.restarts == 1 and one.state is State.RUNNING:
                    return
                await asyncio.sleep(0.02)

        asyncio.run(until_back())
        assert (data_folder / "postgres.port").read_text() == port
    finally:
        up.end(signal.SIGTERM)


def test_a_second_one_in_the_same_folder_is_refused(data_folder: Path) -> None:
    up = Running(environment_for(data_folder))
    up.until_ready()
    try:
        second = Running(environment_for(data_folder))
        said = second.process.communicate(timeout=60)[1]
        assert second.process.returncode == 1
        assert "already runs" in said
        assert up.process.poll() is None
    finally:
        up.end(signal.SIGTERM)


def test_a_taken_port_is_told_before_anything_starts(data_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        port = str(squatter.getsockname()[1])
        up = Running(environment_for(data_folder, LINLI_PORT=port))
        said = up.process.communicate(timeout=60)[1]
    assert up.process.returncode == 1
    assert port in said
    assert "LINLI_PORT" in said
    assert not (data_folder / "postgres").exists()


def test_a_failed_migration_ends_the_start_and_the_database(data_folder: Path) -> None:
    up = Running(environment_for(data_folder), "failing")
    said = up.process.communicate(timeout=60)[1]
    assert up.process.returncode == 1
    assert "no such column" in said
    assert "migrate" in said
    assert not (data_folder / "postgres" / "postmaster.pid").exists()


def test_a_demo_is_not_open_to_others(data_folder: Path) -> None:
    up = Running(environment_for(data_folder, LINLI_HOST="::"))
    said = up.process.communicate(timeout=60)[1]
    assert up.process.returncode == 1
    assert "linli init" in said
    assert list(data_folder.iterdir()) == []


def test_demo_and_real_installation_keep_apart(tmp_path: Path) -> None:
    real = Settings(data=tmp_path / "real")
    with pytest.raises(Problem, match="linli init"):
        prepare_installation(real)
    demo = Settings(data=tmp_path / "demo", demo=True)
    assert prepare_installation(demo) == prepare_installation(demo)
    # Started later without the flag, it still knows what it is.
    assert Settings(data=tmp_path / "demo").demo
    (tmp_path / "demo" / "linli.toml").write_text("port = 9000\n")
    with pytest.raises(Problem, match="real installation"):
        prepare_installation(demo)


def test_greeting_names_the_address(tmp_path: Path) -> None:
    said = greeting(Settings(data=tmp_path, port=8123))
    assert "http://127.0.0.1:8123" in said
    assert "linli-demo" not in said
    assert str(tmp_path) in said
