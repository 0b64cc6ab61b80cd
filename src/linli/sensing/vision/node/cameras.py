"""The cameras of a node: one process each, watched, started again, never able to hurt the node."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

import msgspec
import structlog

from linli.sensing.vision.node.capacity import Level
from linli.sensing.vision.node.messages import (
    HEAD,
    Analyse,
    Answered,
    Beat,
    ClipWanted,
    ClockError,
    Configure,
    DiskFull,
    LearnView,
    LivePart,
    Order,
    OtherViews,
    PictureHealth,
    Report,
    Seen,
    StillWanted,
    Unwatch,
    ViewLearnt,
    Watch,
    packed,
    report,
)
from linli.sensing.vision.plan import CameraPlan, VisionPlan

# A camera process that says nothing for this long hangs.
SILENT_S = 20.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
GOOD_RUN_S = 120.0
MOST_MEMORY = 450 << 20
ENDS_WITHIN_S = 3.0
ANSWERS_WITHIN_S = 6.0
VIEWER_PARTS = 250
LONGEST_REPORT = 64 << 20

log = structlog.get_logger()


class Listener(Protocol):
    """Who hears what the cameras tell. Must not block."""

    def seen(self, code: str, seen: Seen) -> None:
        """An event, with its evidence on disk."""
        ...

    def health(self, code: str, health: PictureHealth) -> None:
        """The picture faults that stand now."""
        ...

    def turned(self, code: str) -> None:
        """Pictures began or ceased to come."""
        ...

    def ended(self, code: str, words: str) -> None:
        """The camera's process ended by itself and will be started again."""
        ...

    def disk_full(self, code: str) -> None:
        """Recording stopped for want of room."""
        ...


@dataclass(slots=True)
class Camera:
    """One camera as the node sees it."""

    plan: CameraPlan
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    beat: Beat | None = None
    beat_at: float = field(default_factory=time.time)
    pid: int | None = None
    restarts: int = 0
    level: Level = Level.FULL
    faults: tuple[tuple[str, str], ...] = ()
    view: bytes = b""
    writer: asyncio.StreamWriter | None = None
    task: "asyncio.Task[None] | None" = None
    requests: dict[int, "asyncio.Future[bytes | None]"] = field(
        default_factory=dict[int, "asyncio.Future[bytes | None]"]
    )
    viewers: dict[int, "asyncio.Queue[LivePart | None]"] = field(
        default_factory=dict[int, "asyncio.Queue[LivePart | None]"]
    )

    @property
    def connected(self) -> bool:
        """Whether pictures come."""
        return self.beat is not None and self.beat.connected

    def tell(self, order: Order) -> bool:
        """Give the process an order; False when it does not run."""
        if self.writer is None or self.writer.is_closing():
            return False
        self.writer.write(packed(order))
        return True


class Cameras:
    """All camera processes of a node. Use it with `async with`; leaving ends every process."""

    def __init__(self, folder: Path, listener: Listener) -> None:
        self._folder = folder
        self._listener = listener
        self._tasks = asyncio.TaskGroup()
        self._numbers = 0
        self._clock_error_ms: float | None = None
        self.by_code: dict[str, Camera] = {}

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for camera in self.by_code.values():
            camera.stop.set()
        await self._tasks.__aexit__(None, None, None)

    def follow(self, plan: VisionPlan) -> None:
        """Start, change and end cameras so that exactly those of the plan run."""
        wanted = {camera.code: camera for camera in plan.cameras}
        for code in [code for code in self.by_code if code not in wanted]:
            self.by_code.pop(code).stop.set()
        for code, one in wanted.items():
            camera = self.by_code.get(code)
            if camera is None:
                camera = Camera(one)
                self.by_code[code] = camera
                camera.task = self._tasks.create_task(self._keep(camera))
            elif camera.plan != one:
                camera.plan = one
                camera.tell(Configure(one, str(self._folder)))
        self._tell_views()

    def analyse(self, code: str, level: Level) -> None:
        """Set how much of a camera's pictures is analysed."""
        camera = self.by_code[code]
        camera.level = level
        camera.tell(Analyse(int(level)))

    def clock_error(self, milliseconds: float) -> None:
        """Tell the cameras how far the node's clock may be from the platform's."""
        self._clock_error_ms = milliseconds
        for camera in self.by_code.values():
            camera.tell(ClockError(milliseconds))

    def learn_view(self, code: str) -> bool:
        """Accept what a camera sees now; False when it does not run."""
        camera = self.by_code.get(code)
        return camera is not None and camera.tell(LearnView())

    async def still(self, code: str) -> bytes | None:
        """The newest picture as a JPEG; None without one."""
        camera = self.by_code.get(code)
        if camera is None:
            return None
        return await self._ask(camera, StillWanted(self._number()))

    async def clip(self, code: str, begin_ms: int, end_ms: int, path: Path) -> bool:
        """Let the ring write this while to `path`; False when it does not hold all of it."""
        camera = self.by_code.get(code)
        if camera is None or camera.beat is None or not 0 < camera.beat.ring_from <= begin_ms:
            return False
        wanted = ClipWanted(self._number(), begin_ms, end_ms, str(path))
        return await self._ask(camera, wanted) is not None

    async def watch(self, code: str) -> AsyncGenerator[LivePart]:
        """Parts for one viewer, until the camera goes or the viewer is too slow."""
        camera = self.by_code.get(code)
        if camera is None:
            return
        viewer = self._number()
        parts: asyncio.Queue[LivePart | None] = asyncio.Queue(VIEWER_PARTS)
        camera.viewers[viewer] = parts
        try:
            camera.tell(Watch(viewer))
            while (part := await parts.get()) is not None:
                yield part
        finally:
            camera.viewers.pop(viewer, None)
            camera.tell(Unwatch(viewer))

    async def _ask(self, camera: Camera, wanted: StillWanted | ClipWanted) -> bytes | None:
        answer: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        camera.requests[wanted.request] = answer
        try:
            if not camera.tell(wanted):
                return None
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                return await answer
        except TimeoutError:
            return None
        finally:
            camera.requests.pop(wanted.request, None)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _tell_views(self) -> None:
        for code, camera in self.by_code.items():
            others: Mapping[str, bytes] = {
                other: one.view for other, one in self.by_code.items() if other != code and one.view
            }
            camera.tell(OtherViews(dict(others)))

    async def _keep(self, camera: Camera) -> None:
        pause = FIRST_PAUSE_S
        code = camera.plan.code
        while not camera.stop.is_set():
            began = time.monotonic()
            try:
                words = await self._run_once(camera)
            except OSError as error:
                words = str(error)
            if camera.stop.is_set():
                break
            if time.monotonic() - began >= GOOD_RUN_S:
                pause = FIRST_PAUSE_S
            log.error("camera_process_ended", camera=code, ended=words, again_in_s=pause)
            camera.restarts += 1
            self._listener.ended(code, words)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await camera.stop.wait()
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _run_once(self, camera: Camera) -> str:
        """Run the process until it ends or shall end; says how it ended."""
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "linli.sensing.vision.node.camera",
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        camera.pid = process.pid
        reader, camera.writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
        camera.tell(Configure(camera.plan, str(self._folder)))
        camera.tell(Analyse(int(camera.level)))
        if self._clock_error_ms is not None:
            camera.tell(ClockError(self._clock_error_ms))
        self._tell_views()
        words = "killed by the node"
        try:
            words = await self._serve(camera, reader)
        finally:
            self._forget(camera)
            words = await _ended(process, words)
        return words

    async def _serve(self, camera: Camera, reader: asyncio.StreamReader) -> str:
        """Take reports until the process ends, hangs, grows too large or shall stop."""
        async with asyncio.TaskGroup() as tasks:
            stopping = tasks.create_task(camera.stop.wait())
            reading = tasks.create_task(self._read(camera, reader))
            await asyncio.wait((stopping, reading), return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if reading.done():
                return reading.result()
            reading.cancel()
            return "stopped"

    async def _read(self, camera: Camera, reader: asyncio.StreamReader) -> str:
        try:
            while True:
                async with asyncio.timeout(SILENT_S):
                    (length,) = HEAD.unpack(await reader.readexactly(HEAD.size))
                    if length > LONGEST_REPORT:
                        return "a report too long"
                    body = await reader.readexactly(length)
                told = report(body)
                if isinstance(told, Beat) and told.memory > MOST_MEMORY:
                    return f"too much memory: {told.memory >> 20} MiB"
                self._take(camera, told)
        except TimeoutError:
            return f"silent for {SILENT_S:.0f} s"
        except (asyncio.IncompleteReadError, ConnectionError):
            return "ended"
        except msgspec.MsgspecError as error:
            return f"unreadable report: {error}"

    def _take(self, camera: Camera, told: Report) -> None:
        code = camera.plan.code
        match told:
            case Beat():
                before = camera.connected
                camera.beat, camera.beat_at = told, time.time()
                if camera.connected is not before:
                    self._listener.turned(code)
            case LivePart(viewer):
                self._hand_on(camera, viewer, told)
            case Answered(request, content):
                answer = camera.requests.get(request)
                if answer is not None and not answer.done():
                    answer.set_result(content)
            case Seen():
                self._listener.seen(code, told)
            case PictureHealth(_, faults):
                camera.faults = faults
                self._listener.health(code, told)
            case ViewLearnt(view):
                camera.view = view
                self._tell_views()
            case DiskFull():
                self._listener.disk_full(code)

    def _hand_on(self, camera: Camera, viewer: int, part: LivePart) -> None:
        parts = camera.viewers.get(viewer)
        if parts is None:
            return
        try:
            parts.put_nowait(part)
        except asyncio.QueueFull:
            # A viewer this slow begins anew rather than fall behind for ever.
            log.warning("viewer_too_slow", camera=camera.plan.code)
            self._dismiss(camera, viewer)

    def _dismiss(self, camera: Camera, viewer: int) -> None:
        parts = camera.viewers.pop(viewer, None)
        if parts is not None:
            while parts.full():
                parts.get_nowait()
            parts.put_nowait(None)

    def _forget(self, camera: Camera) -> None:
        """The process is gone: nobody waits for it any longer."""
        if camera.writer is not None:
            camera.writer.close()
        camera.writer, camera.beat, camera.pid = None, None, None
        for answer in camera.requests.values():
            if not answer.done():
                answer.set_result(None)
        for viewer in tuple(camera.viewers):
            self._dismiss(camera, viewer)


async def _ended(process: asyncio.subprocess.Process, words: str) -> str:
    """Wait for the end of a process whose socket is closed; then end it."""
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
    return f"{words} (exit code {process.returncode})"
