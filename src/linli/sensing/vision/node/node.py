"""A whole node: plan, cameras, door, disk and uplink, put together."""

import asyncio
import base64
import binascii
import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
import psutil
import structlog

from linli.kernel.ids import new_id
from linli.sensing.vision.health.contracts import PictureFault
from linli.sensing.vision.node.cameras import Camera, Cameras
from linli.sensing.vision.node.capacity import LEVEL_TEXTS, Balance, Level, Load
from linli.sensing.vision.node.detectors import DETECTORS
from linli.sensing.vision.node.door import SCRATCH, DoorWay, free_port, serving
from linli.sensing.vision.node.housekeeping import Removal, forget_scratch, keep_house
from linli.sensing.vision.node.messages import PictureHealth, Seen
from linli.sensing.vision.node.outbox import Enclosed, Letter, Outbox, forget_orphans
from linli.sensing.vision.node.platform import NotTaken, Platform, PlatformAway
from linli.sensing.vision.node.settings import NodeSettings
from linli.sensing.vision.node.shelf import replaced
from linli.sensing.vision.node.uplink import STATE, TELEMETRY, Command, Json, Reply, Uplink
from linli.sensing.vision.node.working import run_together
from linli.sensing.vision.plan import VisionPlan

POLL_S = 5.0
BALANCE_S = 1.0
HOUSE_S = 30.0
TELL_S = 60.0
DEAD_S = 20.0
ROOM_AFTER_FULL = 256 << 20
PLAN_FILE = "plan.json"

log = structlog.get_logger()


class Node:
    """Runs until `stop`; nothing a camera or the platform does ends it."""

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings
        self._plan: VisionPlan | None = None
        self._etag = ""
        self._balance = Balance()
        self._room_wanted = asyncio.Event()
        self._poll_now = asyncio.Event()
        self._standing: dict[str, tuple[str, ...]] = {}
        self._speaking: asyncio.Queue[tuple[str, Json]] = asyncio.Queue(1000)
        self._cpu: dict[str, tuple[int | None, float]] = {}
        self._load = 0.0
        self.port = settings.port
        self.ready = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Run the node.

        Raises:
            NodeMisconfigured: a setting makes no sense.
            OSError: the folder cannot be written, or the door's port is taken.
        """
        settings = self._settings
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        forget_scratch(settings.folder / SCRATCH)
        self._outbox = Outbox(settings.folder / "outbox")
        forget_orphans(settings.folder / "evidence", self._outbox)
        self.port = settings.port or free_port(settings.host)
        async with Platform(settings) as platform, Cameras(settings.folder, self) as cameras:
            self._platform, self._cameras = platform, cameras
            self._uplink = Uplink(
                settings, platform, self._outbox, greeting=self._greeting, obey=self._obey
            )
            self._follow_stored_plan()
            way = DoorWay(self._view_key, cameras, settings.folder)
            async with serving(way, settings.host, self.port):
                log.info("node_listening", host=settings.host, port=self.port)
                self.ready.set()
                await run_together(
                    self._uplink.run(),
                    self._poll(),
                    self._keep_balance(),
                    self._keep_house(),
                    self._tell(),
                    self._speak(),
                    until=stop,
                )

    @property
    def cameras(self) -> Cameras:
        """The cameras, once the node is ready."""
        return self._cameras

    @property
    def address(self) -> str:
        """How the platform reaches the door."""
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        return self._settings.address or f"http://{host}:{self.port}"

    # --- the plan ----------------------------------------------------------------------------

    async def _poll(self) -> None:
        away = False
        while True:
            try:
                answer = await self._platform.plan(self._etag, time.time(), self.address)
                self._uplink.demo_ahead_ms = round(answer.demo_ahead_s * 1000)
                if answer.clock_ahead_s is not None:
                    # The answer's date is whole seconds.
                    self._cameras.clock_error(abs(answer.clock_ahead_s) * 1000 + 500)
                if answer.plan is not None:
                    self._etag = answer.etag
                    self._follow(answer.plan)
                    with contextlib.suppress(OSError):  # a full disk: it is fetched again
                        body = msgspec.json.encode(answer.plan)
                        await asyncio.to_thread(replaced, self._settings.folder / PLAN_FILE, body)
                if away:
                    log.info("plan_answers_again")
                away = False
            except (PlatformAway, NotTaken) as error:
                if not away:
                    log.warning("no_plan_now", error=str(error))
                away = True
            self._poll_now.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._poll_now.wait()

    def _follow_stored_plan(self) -> None:
        """Begin with what was to be done last: cameras need no platform to be watched."""
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            body = (self._settings.folder / PLAN_FILE).read_bytes()
            self._follow(msgspec.json.decode(body, type=VisionPlan))

    def _follow(self, plan: VisionPlan) -> None:
        log.info("plan_followed", version=plan.version, cameras=len(plan.cameras))
        self._plan = plan
        self._cameras.follow(plan)
        for code in [code for code in self._standing if code not in self._cameras.by_code]:
            del self._standing[code]

    def _view_key(self) -> bytes:
        if self._plan is None:
            return b""
        try:
            return base64.b64decode(self._plan.view_key, validate=True)
        except (binascii.Error, ValueError):
            return b""

    # --- what cameras tell -------------------------------------------------------------------

    def seen(self, code: str, seen: Seen) -> None:
        """An event: on disk first, then on its way."""
        files = tuple(Enclosed(one.path, one.media_type) for one in seen.files)
        self._uplink.put(
            Letter(
                id=seen.id,
                camera=code,
                event=seen.event,
                at_ms=seen.at_ms,
                fields=dict(seen.fields),
                files=files,
            )
        )

    def health(self, code: str, health: PictureHealth) -> None:
        """Tell what is new among the faults, and what is over."""
        details = dict(health.faults)
        before = self._standing.get(code, ())
        if PictureFault.BEYOND_CAPACITY.value in before:  # the node's own judgement stays
            details[PictureFault.BEYOND_CAPACITY.value] = ""
        self._standing[code] = tuple(details)
        for fault, detail in details.items():
            if fault not in before:
                self._happened(code, "picture_fault", fault=fault, detail=detail)
        for fault in before:
            if fault not in details:
                self._happened(code, "picture_restored", fault=fault)
        self._say_state(code)

    def turned(self, code: str) -> None:
        """Pictures began or ceased to come."""
        self._say_state(code)

    def ended(self, code: str, words: str) -> None:
        """A camera's process crashed: it begins anew by itself."""
        log.warning("camera_restarting", camera=code, words=words)

    def disk_full(self, code: str) -> None:
        """Make room now."""
        log.warning("disk_full", camera=code)
        self._room_wanted.set()

    def _happened(self, code: str, event: str, **fields: str | float | bool) -> None:
        now = time.time()
        letter_id = str(new_id(datetime.fromtimestamp(now, UTC)))
        self._uplink.put(
            Letter(
                id=letter_id, camera=code, event=event, at_ms=int(now * 1000), fields=dict(fields)
            )
        )

    # --- what is only of interest now --------------------------------------------------------

    def _say_state(self, code: str) -> None:
        for topic, body in self._state_of(code).items():
            with contextlib.suppress(asyncio.QueueFull):  # it is said again within a minute
                self._speaking.put_nowait((topic, body))

    async def _speak(self) -> None:
        while True:
            topic, body = await self._speaking.get()
            await self._uplink.say(topic, body)

    def _state_of(self, code: str) -> dict[str, Json]:
        """A camera's present state, and its values unless it is offline."""
        camera = self._cameras.by_code.get(code)
        if camera is None:
            return {}
        now_ms = int(time.time() * 1000)
        child = f"linli/v1/child/{code}"
        faults = self._standing.get(code, ())
        if PictureFault.OFFLINE.value in faults:
            return {f"{child}/state": {"ts": now_ms, "online": False}}
        if camera.beat is None or not camera.beat.connected:
            return {}
        values: dict[str, float | bool] = {
            "picture_ok": not [one for one in faults if one != PictureFault.BEYOND_CAPACITY],
            "picture_fault": min((PictureFault(one).code for one in faults), default=0),
            "frames_per_second": round(camera.beat.frames_per_second, 1),
            "bitrate": round(camera.beat.kilobits),
        }
        return {
            f"{child}/state": {"ts": now_ms, "online": True},
            f"{child}/telemetry": {"ts": now_ms, "values": values},
        }

    def _greeting(self) -> Mapping[str, Json]:
        said: dict[str, Json] = {
            STATE: {
                "online": True,
                "firmware": f"linli {version('linli')}",
                "vision_address": self.address,
            }
        }
        for code in self._cameras.by_code:
            said |= self._state_of(code)
        return said

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TELL_S)
            cameras = self._cameras.by_code
            letters = await asyncio.to_thread(self._outbox.waiting)
            values = {
                "children_online": sum(camera.connected for camera in cameras.values()),
                "waiting": len(letters),
                "cpu": round(min(self._load, 1.0) * 100),
                "memory": round(psutil.virtual_memory().percent),
            }
            await self._uplink.say(TELEMETRY, {"ts": int(time.time() * 1000), "values": values})
            await self._uplink.say(STATE, self._greeting()[STATE])
            for code in tuple(cameras):
                self._say_state(code)

    # --- commands ----------------------------------------------------------------------------

    async def _obey(self, command: Command) -> Reply:
        match command:
            case Command(command="plan_changed", child=None):
                self._poll_now.set()
                return Reply("done", "正在取新的方案")
            case Command(command="snapshot", child=str(code)):
                return await self._snapshot(code)
            case Command(command="learn_view", child=str(code)):
                if self._cameras.learn_view(code):
                    return Reply("done", "已按现在的画面重新学习")
                return Reply("failed", "摄像机没有运行")
            case _:
                return Reply("refused", "视觉节点不认识这个指令")

    async def _snapshot(self, code: str) -> Reply:
        picture = await self._cameras.still(code)
        if picture is None:
            return Reply("failed", "现在没有画面")
        path = (
            self._settings.folder
            / SCRATCH
            / f"{new_id(datetime.fromtimestamp(time.time(), UTC))}.jpg"
        )
        try:
            await asyncio.to_thread(_written, path, picture)
            file_id = await self._platform.keep(path, "image/jpeg")
        except (PlatformAway, NotTaken, OSError) as error:
            return Reply("failed", f"照片没有送到：{error}")
        finally:
            path.unlink(missing_ok=True)
        return Reply("done", f"已拍照，文件 {file_id}")

    # --- load --------------------------------------------------------------------------------

    def _analysing(self) -> list[Camera]:
        """The cameras whose pictures are analysed one by one, the most important first."""
        found = [
            camera
            for camera in self._cameras.by_code.values()
            if any(duty in DETECTORS for duty in camera.plan.work)
        ]
        return sorted(found, key=lambda camera: camera.plan.priority)

    async def _keep_balance(self) -> None:
        while True:
            await asyncio.sleep(BALANCE_S)
            analysing = self._analysing()
            self._load = self._share()
            behind = max(
                (one.beat.behind_s for one in analysing if one.beat and one.level < Level.OFF),
                default=0.0,
            )
            self._miss_dead_cameras(time.time())
            step = self._balance.judged(
                Load(self._load, behind), [one.plan.code for one in analysing], time.monotonic()
            )
            if step is not None:
                self._announce(*step)

    def _miss_dead_cameras(self, now: float) -> None:
        """A camera whose process does not come back is offline, whoever is to blame."""
        offline = PictureFault.OFFLINE.value
        for code, camera in self._cameras.by_code.items():
            dead = camera.beat is None and now - camera.beat_at > DEAD_S
            if dead and offline not in self._standing.get(code, ()):
                self.health(code, PictureHealth(int(now * 1000), ((offline, "取流进程反复退出"),)))

    def _announce(self, code: str, level: Level) -> None:
        before = self._cameras.by_code[code].level
        self._cameras.analyse(code, level)
        log.warning("analysis_changed", camera=code, to=level.name, load=round(self._load, 2))
        fault = PictureFault.BEYOND_CAPACITY.value
        standing = tuple(one for one in self._standing.get(code, ()) if one != fault)
        if level is Level.FULL:
            self._happened(code, "picture_restored", fault=fault)
        else:
            standing += (fault,)
            if level > before:
                self._happened(code, "picture_fault", fault=fault, detail=LEVEL_TEXTS[level])
        self._standing[code] = standing
        self._say_state(code)

    def _share(self) -> float:
        """The share of all cores the cameras used since the last look."""
        used = 0.0
        for code, camera in self._cameras.by_code.items():
            if camera.beat is None:
                continue
            pid, before = self._cpu.get(code, (None, camera.beat.cpu_s))
            if pid == camera.pid:
                used += max(camera.beat.cpu_s - before, 0.0)
            self._cpu[code] = (camera.pid, camera.beat.cpu_s)
        now = used / BALANCE_S / (os.cpu_count() or 1)
        # Beats come about once a second: smooth what falls between two looks.
        return 0.7 * self._load + 0.3 * now

    # --- the disk ----------------------------------------------------------------------------

    async def _keep_house(self) -> None:
        while True:
            more = ROOM_AFTER_FULL if self._room_wanted.is_set() else 0
            self._room_wanted.clear()
            keep_days: dict[str, int] = {
                code: camera.plan.record.keep_days for code, camera in self._cameras.by_code.items()
            }
            try:
                gone = await asyncio.to_thread(
                    keep_house, self._settings, keep_days, int(time.time() * 1000), more=more
                )
                self._say_removed(gone)
            except OSError as error:
                log.error("house_not_kept", error=str(error))  # noqa: TRY400 (the disk, no bug)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HOUSE_S):
                    await self._room_wanted.wait()

    def _say_removed(self, gone: Sequence[Removal]) -> None:
        for one in gone:
            log.warning("recordings_removed", camera=one.camera, count=one.count, bytes=one.size)
            if one.camera in self._cameras.by_code:
                self._happened(
                    one.camera,
                    "recordings_removed",
                    why="磁盘快满，已删除最早的录像",
                    count=one.count,
                    megabytes=round(one.size / 1e6, 1),
                    oldest=one.oldest_ms,
                    evidence=one.evidence,
                )


def _written(path: Path, picture: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(picture)
