"""Keep processes running: start, watch, start again after a crash, end.

Every child is started through `launch.py` in a session of its own, so the kernel ends it when the
supervisor dies, however that happens, and whatever it left behind is ended with its group.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import psutil
import structlog

from linli.app import launch
from linli.app.health import ProcessHealth, State, SystemHealth, write_health
from linli.app.problems import Problem
from linli.kernel.time import Clock, SystemClock

TAIL_BYTES = 2_000
READ_BYTES = 65_536
SAID_LINES = 3

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Child:
    """One program to keep running.

    Attributes:
        command: its command line, asked for before each start.
        prepare: runs in a thread before each start; what it raises counts as a crash.
        ready: says whether it does its work; None means: as soon as it runs.
        stop_requests: the signals that ask it to end, each with the seconds it has to follow.
        environment: variables added to the supervisor's own.
        output: the file its words go to; None: they go where the supervisor's go.
        explain: what to say about a crash besides how it ended.
    """

    name: str
    command: Callable[[], Sequence[str]]
    prepare: Callable[[], None] | None = None
    ready: Callable[[], bool] | None = None
    stop_requests: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 5.0),)
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    output: Path | None = None
    explain: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the supervisor is, in seconds.

    Attributes:
        first: the wait after the first crash; each further one in a row doubles it.
        longest: no wait is longer.
        forgiven_after: a process that ran this long has its crashes forgotten.
        ask_ready: between two questions whether a child is ready.
    """

    first: float = 0.5
    longest: float = 30.0
    forgiven_after: float = 60.0
    ask_ready: float = 0.05

    def after(self, crashes: int) -> float:
        """The wait after that many crashes in a row."""
        return min(self.first * 2 ** min(crashes - 1, 16), self.longest)


def bound_to_parent(*command: str) -> list[str]:
    """The command line that runs `command` so that it is asked to end when this process dies."""
    script = str(Path(launch.__file__))
    asked = str(int(signal.SIGTERM))
    return [sys.executable, "-I", "-S", script, str(os.getpid()), asked, "-", *command]


class Supervisor:
    """Keeps children running. Use it with `async with`; leaving ends every child.

    How they are is written to `processes.json` in the run folder at every change.
    """

    def __init__(
        self, run_folder: Path, *, pace: Pace | None = None, clock: Clock | None = None
    ) -> None:
        self._run_folder = run_folder
        self._pace = pace or Pace()
        self._clock = clock or SystemClock()
        self._began = psutil.Process().create_time()
        self._kept: dict[str, _Kept] = {}
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in reversed(self._kept):
            await self.end(name)
        await self._tasks.__aexit__(None, None, None)

    @property
    def names(self) -> tuple[str, ...]:
        """Every child, in the order they were started."""
        return tuple(self._kept)

    def keep(self, child: Child) -> None:
        """Start the child and keep it running until `end`."""
        kept = _Kept(child, ProcessHealth(child.name, State.STARTING, self._clock.now()))
        self._kept[child.name] = kept
        self._note(kept, State.STARTING)
        kept.task = self._tasks.create_task(self._keep(kept))

    async def until_ready(self, name: str) -> None:
        """Wait until the child does its work (for the first time)."""
        await self._kept[name].ready.wait()

    async def ready_at_once(self, name: str) -> bool:
        """Wait until the child is ready (true) or has crashed for the first time (false)."""
        kept = self._kept[name]
        async with asyncio.TaskGroup() as tasks:
            either = [tasks.create_task(event.wait()) for event in (kept.ready, kept.crashed)]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            for task in either:
                task.cancel()
        return kept.ready.is_set()

    async def end(self, *names: str) -> None:
        """Ask these children to end, all at the same time; returns when they have."""
        kept = [self._kept[name] for name in names]
        for one in kept:
            one.stop.set()
        tasks = [one.task for one in kept if one.task is not None]
        if tasks:
            await asyncio.wait(tasks)

    def health(self) -> SystemHealth:
        """How the children are."""
        return SystemHealth(
            os.getpid(), self._began, tuple(kept.health for kept in self._kept.values())
        )

    async def _keep(self, kept: "_Kept") -> None:
        crashes = 0
        while not kept.stop.is_set():
            began = time.monotonic()
            ended = await self._run_once(kept)
            if kept.stop.is_set():
                break
            if time.monotonic() - began >= self._pace.forgiven_after:
                crashes = 0
            crashes += 1
            wait = self._pace.after(crashes)
            log.error("process_crashed", process=kept.name, ended=ended, again_in_s=wait)
            self._note(kept, State.WAITING, pid=None, last_error=ended)
            kept.crashed.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(kept.stop.wait(), wait)
            self._note(kept, State.STARTING, restarts=kept.health.restarts + 1)
        self._note(kept, State.STOPPED, pid=None)

    async def _run_once(self, kept: "_Kept") -> str:
        """Run the child until it ends or shall end; says how it ended."""
        child = kept.child
        try:
            if child.prepare is not None:
                await asyncio.to_thread(child.prepare)
            running = await _start(child)
        except (Problem, OSError, subprocess.SubprocessError) as error:
            return str(error)
        self._note(kept, State.STARTING, pid=running.process.pid)
        async with asyncio.TaskGroup() as tasks:
            exited = tasks.create_task(running.process.wait())
            stopping = tasks.create_task(kept.stop.wait())
            watching = tasks.create_task(self._watch_until_ready(kept))
            await asyncio.wait((exited, stopping), return_when=asyncio.FIRST_COMPLETED)
            watching.cancel()
            if not exited.done():
                await _ask_to_end(child, running.process, exited)
            stopping.cancel()
        _end_group(running.process.pid)
        said = running.close()
        if child.explain is not None and not kept.stop.is_set():
            said = await asyncio.to_thread(child.explain)
        return _how_it_ended(running.process.returncode, said)

    async def _watch_until_ready(self, kept: "_Kept") -> None:
        asked = kept.child.ready
        # Another program's readiness can only be asked for, again and again.
        while asked is not None and not await asyncio.to_thread(asked):  # noqa: ASYNC110
            await asyncio.sleep(self._pace.ask_ready)
        self._note(kept, State.RUNNING)
        kept.ready.set()

    def _note(self, kept: "_Kept", state: State, **changes: int | str | None) -> None:
        before = kept.health
        since = before.since if state is before.state else self._clock.now()
        kept.health = msgspec.structs.replace(before, state=state, since=since, **changes)
        try:
            write_health(self._run_folder, self.health())
        except OSError as error:  # a full disk must not end what still runs
            log.warning("health_not_written", error=str(error))


class _Kept:
    """A child and what the supervisor knows of it."""

    def __init__(self, child: Child, health: ProcessHealth) -> None:
        self.child = child
        self.name = child.name
        self.health = health
        self.stop = asyncio.Event()
        self.ready = asyncio.Event()
        self.crashed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class _Running:
    """A started process. Its error output passes through, and the end of it is remembered."""

    def __init__(self, process: asyncio.subprocess.Process, reader: int | None) -> None:
        self.process = process
        self._reader = reader
        self._tail = b""
        if reader is not None:
            os.set_blocking(reader, False)
            asyncio.get_running_loop().add_reader(reader, self._pass_on)

    def close(self) -> str:
        """Pass on what is left; returns the last lines said."""
        if self._reader is not None:
            while self._pass_on():
                pass
            asyncio.get_running_loop().remove_reader(self._reader)
            os.close(self._reader)
            self._reader = None
        return "\n".join(self._tail.decode(errors="replace").strip().splitlines()[-SAID_LINES:])

    def _pass_on(self) -> bool:
        if self._reader is None:
            return False
        try:
            words = os.read(self._reader, READ_BYTES)
        except BlockingIOError:
            return False
        if not words:
            asyncio.get_running_loop().remove_reader(self._reader)
            return False
        self._tail = (self._tail + words)[-TAIL_BYTES:]
        with contextlib.suppress(OSError, ValueError):  # the terminal may be gone
            sys.stderr.write(words.decode(errors="replace"))
            sys.stderr.flush()
        return True


async def _start(child: Child) -> _Running:
    environment = {**os.environ, **child.environment}
    if child.output is not None:
        with child.output.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *child.command(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,
            )
        return _Running(process, None)
    # A pipe of our own: a grandchild that keeps it open does not hide that the child has ended.
    reader, writer = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *child.command(),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=writer,
            env=environment,
            start_new_session=True,
        )
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    return _Running(process, reader)


async def _ask_to_end(
    child: Child, process: asyncio.subprocess.Process, exited: "asyncio.Task[int]"
) -> None:
    for request, seconds in child.stop_requests:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(request)
        done, _ = await asyncio.wait((exited,), timeout=seconds)
        if done:
            return
    log.warning("process_killed", process=child.name)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await asyncio.wait((exited,))


def _end_group(pid: int) -> None:
    """End what a process left behind; it led its own group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _how_it_ended(code: int | None, said: str) -> str:
    if code is not None and code < 0:
        how = f"killed by {signal.Signals(-code).name}"
    else:
        how = f"exit code {code}"
    return f"{how}: {said}" if said else how
