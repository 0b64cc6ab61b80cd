"""The supervisor, with real processes: tiny programs that report what happens to them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from linli.app.health import ProcessHealth, State, read_health
from linli.app.supervisor import Child, Pace, Supervisor, bound_to_parent

QUICK = Pace(first=0.01, longest=0.08, ask_ready=0.01)
SLEEPER = "import signal; signal.pause()"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"


def python(name: str, program: str, **options: object) -> Child:
    command = bound_to_parent(sys.executable, "-c", textwrap.dedent(program))
    return Child(name, lambda: command, **options)  # pyright: ignore[reportArgumentType]


async def until(condition: Callable[[], bool]) -> None:
    """What another process does can only be watched; the test's time limit bounds it."""
    while not condition():  # noqa: ASYNC110 (no event reaches us from another process)
        await asyncio.sleep(0.01)


def health_of(run_folder: Path, name: str) -> ProcessHealth:
    health = read_health(run_folder)
    assert health is not None
    return next(process for process in health.processes if process.name == name)


async def test_a_child_runs_until_it_is_asked_to_end(tmp_path: Path) -> None:
    async with Supervisor(tmp_path) as supervisor:
        supervisor.keep(python("sleeper", SLEEPER))
        await supervisor.until_ready("sleeper")
        running = health_of(tmp_path, "sleeper")
        assert running.state is State.RUNNING
        assert running.pid is not None
        assert psutil.pid_exists(running.pid)
        written = read_health(tmp_path)
        assert written is not None
        assert written.supervised
    assert health_of(tmp_path, "sleeper").state is State.STOPPED
    assert not psutil.pid_exists(running.pid)


async def test_a_crashed_child_starts_again_and_says_why(tmp_path: Path) -> None:
    mark = tmp_path / "second"
    program = f"""
        import pathlib, signal, sys
        mark = pathlib.Path({str(mark)!r})
        if mark.exists():
            signal.pause()
        mark.touch()
        sys.exit("the disk went away")
    """
    async with Supervisor(tmp_path, pace=QUICK) as supervisor:
        supervisor.keep(python("worker", program, ready=mark.exists))
        await until(lambda: health_of(tmp_path, "worker").restarts == 1)
        await until(lambda: health_of(tmp_path, "worker").state is State.RUNNING)
        worker = health_of(tmp_path, "worker")
    assert worker.last_error is not None
    assert "exit code 1" in worker.last_error
    assert "the disk went away" in worker.last_error


async def test_a_killed_child_starts_again_as_another_process(tmp_path: Path) -> None:
    async with Supervisor(tmp_path, pace=QUICK) as supervisor:
        supervisor.keep(python("gateway", SLEEPER))
        await supervisor.until_ready("gateway")
        first = health_of(tmp_path, "gateway").pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(
            lambda: (
                health_of(tmp_path, "gateway").pid not in {first, None}
                and health_of(tmp_path, "gateway").state is State.RUNNING
            )
        )
        assert "SIGKILL" in str(health_of(tmp_path, "gateway").last_error)


async def test_the_first_crash_is_told_to_who_waits_for_the_start(tmp_path: Path) -> None:
    async with Supervisor(tmp_path, pace=QUICK) as supervisor:
        supervisor.keep(python("broken", "raise SystemExit(3)", ready=lambda: False))
        supervisor.keep(python("sound", SLEEPER))
        assert not await supervisor.ready_at_once("broken")
        assert await supervisor.ready_at_once("sound")


async def test_a_failing_preparation_counts_as_a_crash(tmp_path: Path) -> None:
    def prepare() -> None:
        raise OSError("no space left")

    async with Supervisor(tmp_path, pace=QUICK) as supervisor:
        supervisor.keep(python("database", SLEEPER, prepare=prepare))
        await until(lambda: health_of(tmp_path, "database").restarts >= 2)
        assert health_of(tmp_path, "database").last_error == "no space left"


def test_waits_double_up_to_the_longest() -> None:
    waits = [Pace().after(crashes) for crashes in range(1, 10)]
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert Pace().after(10_000) == 30


async def test_a_deaf_child_and_its_children_are_ended_by_force(tmp_path: Path) -> None:
    program = f"""
        import os, subprocess, sys, pathlib
        inner = subprocess.Popen([sys.executable, "-c", {DEAF!r}])
        pathlib.Path({str(tmp_path / "inner")!r}).write_text(str(inner.pid))
        exec({DEAF!r})
    """
    noted = tmp_path / "inner"
    child = python(
        "deaf",
        program,
        ready=lambda: noted.exists() and noted.read_text() != "",
        stop_requests=((signal.SIGTERM, 0.2),),
    )
    async with Supervisor(tmp_path) as supervisor:
        supervisor.keep(child)
        await supervisor.until_ready("deaf")
        inner = psutil.Process(int(noted.read_text()))
    await until(lambda: not inner.is_running() or inner.status() == psutil.STATUS_ZOMBIE)


async def test_all_are_asked_at_the_same_time(tmp_path: Path) -> None:
    marks = [tmp_path / f"slow-{number}" for number in range(4)]
    async with Supervisor(tmp_path) as supervisor:
        for mark in marks:
            program = f"""
                import pathlib, signal
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                pathlib.Path({str(mark)!r}).touch()
                signal.pause()
            """
            patient = ((signal.SIGTERM, 0.5),)
            supervisor.keep(python(mark.name, program, ready=mark.exists, stop_requests=patient))
        for mark in marks:
            await supervisor.until_ready(mark.name)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await supervisor.end(*(mark.name for mark in marks))
        assert 0.5 <= loop.time() - began < 1.8


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_when_the_supervisor_is_gone(tmp_path: Path, how: signal.Signals) -> None:
    program = f"""
        import asyncio, json, pathlib, sys
        from linli.app.supervisor import Child, Supervisor, bound_to_parent
        async def main():
            async with Supervisor(pathlib.Path({str(tmp_path)!r})) as supervisor:
                for name in "ab":
                    command = bound_to_parent(sys.executable, "-c", {SLEEPER!r})
                    supervisor.keep(Child(name, lambda: command))
                for name in "ab":
                    await supervisor.until_ready(name)
                print(json.dumps([one.pid for one in supervisor.health().processes]), flush=True)
                await asyncio.Event().wait()
        asyncio.run(main())
    """
    supervisor = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE
    )
    assert supervisor.stdout is not None
    with supervisor.stdout:
        children = [psutil.Process(pid) for pid in json.loads(supervisor.stdout.readline())]
        supervisor.send_signal(how)
        supervisor.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    written = read_health(tmp_path)
    assert written is not None
    assert not written.supervised
