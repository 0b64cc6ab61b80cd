"""A camera process: `python -m linli.sensing.vision.node.camera SOCKET`.

It runs one camera: reads the source, keeps the ring, records, shows, judges the picture, looks for
what its plan says. It ends when the node does. Whatever a stream contains, the worst it can do is
to end this process, which the node then starts again.
"""

import contextlib
import os
import queue
import resource
import socket
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil
import structlog

from linli.kernel.ids import new_id
from linli.sensing.vision.health.contracts import StreamFigures
from linli.sensing.vision.health.watching import HealthWatch
from linli.sensing.vision.node.capacity import Level
from linli.sensing.vision.node.detectors import DETECTORS
from linli.sensing.vision.node.keeping import Why
from linli.sensing.vision.node.live import Live
from linli.sensing.vision.node.messages import (
    Analyse,
    Answered,
    Beat,
    ClipWanted,
    ClockError,
    Configure,
    DiskFull,
    FileMade,
    LearnView,
    Order,
    OtherViews,
    PictureHealth,
    Report,
    Seen,
    StillWanted,
    Unwatch,
    ViewLearnt,
    Watch,
    bodies,
    order,
    packed,
)
from linli.sensing.vision.node.noticing import Detector, Noticed, Shape
from linli.sensing.vision.node.recording import Recorder, mend
from linli.sensing.vision.node.ring import Ring
from linli.sensing.vision.node.shelf import CameraShelf, Entry, Line, replaced
from linli.sensing.vision.plan import CameraPlan, Source
from linli.sensing.vision.video import (
    SECOND,
    Arrival,
    Codec,
    Coded,
    Decoder,
    Encoder,
    Format,
    Picture,
    Stencil,
    Unplayable,
    WallClock,
    arrivals,
    whole_mp4,
)

# Nothing a stream contains may take the machine with it.
MOST_ADDRESS_SPACE = 6 << 30
RING_BYTES = 64 << 20
# Beyond before + after: time for the detector to be sure, and for key pictures far apart.
RING_MARGIN_S = 15.0
MOST_WAITING = 125
BEAT_EVERY_S = 1.0
LOOK_EVERY_S = 0.9
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
# A connection that held this long was a good one: the next try is made at once.
GOOD_CONNECTION_S = 20.0
# How long after its end a clip is waited for when pictures stop coming.
CLIP_PATIENCE_S = 5.0
# A node this late judges itself, not the camera's stream.
LATE_S = 2.0
VIEW = "view"
CLIP_READY = "{event}_clip"
MP4, JPEG, JSON = "video/mp4", "image/jpeg", "application/json"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Broken:
    """The source ended or could not be opened."""

    generation: int
    words: str


@dataclass(frozen=True, slots=True)
class _Came:
    generation: int
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class _NodeGone:
    pass


@dataclass(frozen=True, slots=True)
class _PendingClip:
    """A clip that can be cut when the time after the event has passed."""

    event_id: str
    event: str
    begin: int
    end: int
    around: int


Item = _Broken | _Came | _NodeGone | Order


class Reader:
    """Reads one source on a thread of its own, again and again, until stopped."""

    def __init__(self, source: Source, generation: int, inbox: "queue.Queue[Item]") -> None:
        self._source = source
        self._generation = generation
        self._inbox = inbox
        self._stop = threading.Event()
        self._clock = WallClock(self._stop.wait)
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, daemon=True, name="source")
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end; it may take as long as a reading times out."""
        self._stop.set()

    def _run(self) -> None:
        pause = FIRST_PAUSE_S
        while not self._stop.is_set():
            began = time.monotonic()
            words = "码流结束"
            try:
                self._read_once()
            except Unplayable as error:
                words = str(error)
            if self._stop.is_set():
                return
            self._inbox.put(_Broken(self._generation, words))
            good = time.monotonic() - began >= GOOD_CONNECTION_S
            pause = FIRST_PAUSE_S if good else min(pause * 2, LONGEST_PAUSE_S)
            self._stop.wait(pause)

    def _read_once(self) -> None:
        skipping = False
        for arrival in arrivals(self._source, self._clock):
            if self._stop.is_set():
                return
            # Too much to do: give up whole groups of pictures rather than single ones.
            if self._inbox.qsize() > MOST_WAITING:
                skipping = True
            elif arrival.coded.key:
                skipping = False
            if skipping:
                self.dropped += 1
                continue
            self._inbox.put(_Came(self._generation, arrival))


class Figures:
    """Counts what came, over a few seconds."""

    def __init__(self) -> None:
        self._pictures: list[tuple[float, int, bool]] = []
        self.last_at = 0.0
        self.key_gap_s = 0.0
        self._last_key = 0.0
        self._began = 0.0

    def add(self, arrival: Arrival) -> None:
        """A picture came."""
        coded, at = arrival.coded, arrival.at
        if at - self.last_at > BEAT_EVERY_S * 5:
            self._began = at
        self._pictures.append((at, len(coded.data), coded.sound))
        while self._pictures[0][0] < at - 5 * BEAT_EVERY_S:
            self._pictures.pop(0)
        if coded.key:
            if self._last_key:
                self.key_gap_s = at - self._last_key
            self._last_key = at
        self.last_at = at

    def rate(self, now: float) -> float:
        """Pictures a second."""
        span = min(max(now - self._began, 0.5), 5.0)
        return sum(at > now - 5.0 for at, _, _ in self._pictures) / span

    def kilobits(self, now: float) -> float:
        """A second."""
        span = min(max(now - self._began, 0.5), 5.0)
        return sum(size for at, size, _ in self._pictures if at > now - 5.0) * 8 / 1000 / span

    def unsound(self, now: float) -> int:
        """Damaged pictures of the last five seconds."""
        return sum(at > now - 5.0 and not sound for at, _, sound in self._pictures)


class CameraProcess:
    """One camera. Everything but reading happens on the main thread, in `run`."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._inbox: queue.Queue[Item] = queue.Queue()
        self._plan: CameraPlan | None = None
        self._reader: Reader | None = None
        self._generation = 0
        self._level = Level.FULL
        self._process = psutil.Process()
        self._live = Live(self._send)
        self._words = "正在连接"
        self._connected = False
        self._beat_at = 0.0
        self._told_faults: tuple[tuple[str, str], ...] | None = None
        self._pending: list[_PendingClip] = []
        self._stills: list[int] = []
        self._others: dict[str, bytes] = {}
        self._told_view = -1
        self._clock_error_ms: float | None = None

    def run(self) -> None:
        """Work until the node is gone."""
        threading.Thread(target=self._listen, daemon=True, name="orders").start()
        while True:
            try:
                item = self._inbox.get(timeout=BEAT_EVERY_S / 4)
            except queue.Empty:
                item = None
            if isinstance(item, _NodeGone):
                self._close()
                return
            try:
                self._handle(item)
                self._now_and_then()
            except OSError:  # the node is gone: its socket is closed
                self._close()
                return

    def _listen(self) -> None:
        try:
            for body in bodies(self._wire):
                self._inbox.put(order(body))
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("orders_ended", error=repr(error))
        self._inbox.put(_NodeGone())

    def _send(self, message: Report) -> None:
        self._wire.sendall(packed(message))

    # --- what comes --------------------------------------------------------------------------

    def _handle(self, item: Item | None) -> None:
        match item:
            case None:
                pass
            case _Came(generation, arrival):
                if generation == self._generation:
                    self._came(arrival)
            case _Broken(generation, words):
                if generation == self._generation:
                    self._broke(words)
            case Configure(plan, folder):
                self._configure(plan, Path(folder))
            case Analyse(level):
                self._level = Level(level)
            case Watch(viewer):
                self._live.watch(viewer, () if self._codes_for_viewers else self._ring.since_key())
            case Unwatch(viewer):
                self._live.unwatch(viewer)
            case StillWanted(request):
                self._stills.append(request)
            case ClipWanted():
                self._clip_wanted(item)
            case LearnView():
                self._health.learn_view()
            case ClockError(milliseconds):
                self._clock_error_ms = milliseconds
            case OtherViews(views):
                self._others = views
                self._health.others(views)
            case _NodeGone():
                pass

    def _configure(self, plan: CameraPlan, folder: Path) -> None:
        before, self._plan = self._plan, plan
        if before is None:
            self._shelf = CameraShelf(folder, plan.code)
            self._shelf.make()
            mend(self._shelf)
            self._recorder = Recorder(self._shelf, plan.record, self._disk_full)
            self._health = HealthWatch(self._stored_view())
            self._health.others(self._others)
        self._recorder.wants(plan.record)
        if before is None or (before.source, before.masks) != (plan.source, plan.masks):
            self._recorder.close()
            self._anew()
            if self._reader is not None:
                self._reader.stop()
            self._generation += 1
            self._reader = Reader(plan.source, self._generation, self._inbox)
        elif (before.work, before.blind, before.facades, before.sensitivity, before.confidence) != (
            plan.work,
            plan.blind,
            plan.facades,
            plan.sensitivity,
            plan.confidence,
        ):
            self._detectors = None
        if before is not None and before.clip != plan.clip:
            self._ring = self._fresh_ring(plan)

    def _stored_view(self) -> bytes | None:
        try:
            return (self._shelf.folder / VIEW).read_bytes()
        except OSError:
            return None

    def _anew(self) -> None:
        """Forget what belongs to the stream so far; earlier pictures had other masks."""
        plan = self._expected_plan()
        self._ring = self._fresh_ring(plan)
        self._figures = Figures()
        self._form: Format | None = None
        self._decoder: Decoder | None = None
        self._encoder: Encoder | None = None
        self._stencil: Stencil | None = None
        self._detectors: list[Detector] | None = None
        self._newest: Picture | None = None
        self._looked_at = 0.0
        self._turn = 0
        self._behind = 0.0
        self._errors = 0
        self._jumps = 0
        self._clock_off: float | None = None
        self._live.stop()

    def _fresh_ring(self, plan: CameraPlan) -> Ring:
        return Ring(plan.clip.before_s + plan.clip.after_s + RING_MARGIN_S, RING_BYTES)

    def _expected_plan(self) -> CameraPlan:
        if self._plan is None:
            raise RuntimeError("the node configures a camera before anything else")
        return self._plan

    def _broke(self, words: str) -> None:
        now = time.time()
        if self._connected:
            log.warning("camera_offline", camera=self._expected_plan().code, words=words)
        self._connected, self._words = False, words
        self._recorder.pause(int(now * 1000), Why.CAMERA_OFFLINE)
        if self._decoder is not None:
            self._errors += self._decoder.errors
            self._decoder = None
        self._live.stop()
        self._health.offline(words, now)

    # --- a picture ---------------------------------------------------------------------------

    @property
    def _recodes(self) -> bool:
        """Whether what is kept is coded here: masks, or a coding no player takes from an MP4."""
        return bool(self._expected_plan().masks) or (
            self._form is not None and self._form.codec is Codec.JPEG
        )

    @property
    def _codes_for_viewers(self) -> bool:
        return self._form is not None and self._form.codec is Codec.HEVC and not self._recodes

    def _came(self, arrival: Arrival) -> None:
        form, coded = arrival.format, arrival.coded
        if form != self._form:
            self._new_format(form)
        self._connected, self._words = True, ""
        self._figures.add(arrival)
        self._jumps = arrival.jumps
        if coded.camera_clock is not None:
            self._clock_off = coded.camera_clock - arrival.at
        self._behind = max(time.time() - arrival.at, 0.0)
        if not self._recodes:
            self._keep(form, coded)
        for picture in self._decoded(coded):
            self._look(picture, arrival.at)
        self._cut_pending(coded.dts)

    def _new_format(self, form: Format) -> None:
        if self._form is not None:
            log.info("format_changed", camera=self._expected_plan().code, codec=form.codec.value)
        self._form = form
        if self._decoder is not None:
            self._errors += self._decoder.errors
        self._decoder = Decoder(form)
        self._encoder = None
        self._stencil = None
        self._detectors = None

    def _decoded(self, coded: Coded) -> list[Picture]:
        if self._decoder is None:
            return []
        analyses = self._level is not Level.OFF and self._duties_that_see
        watched = self._codes_for_viewers and bool(self._live)
        if self._recodes or analyses or watched:
            return self._decoder.pictures(coded)
        due = coded.dts / SECOND - self._looked_at >= LOOK_EVERY_S
        if coded.key and (due or self._stills):
            picture = self._decoder.key_only(coded)
            return [] if picture is None else [picture]
        return []

    @property
    def _duties_that_see(self) -> bool:
        return any(duty in DETECTORS for duty in self._expected_plan().work)

    def _look(self, picture: Picture, arrived: float) -> None:
        plan, form = self._expected_plan(), self._form
        if form is None:
            return
        at = picture.pts / SECOND
        if plan.masks:
            if self._stencil is None or self._stencil.size != picture.size:
                self._stencil = Stencil(plan.masks, picture.size)
            picture = picture.masked(self._stencil)
        self._newest = picture
        if self._recodes:
            if self._encoder is None:
                self._encoder = Encoder(picture.size, form.rate or self._figures.rate(arrived))
            for made_form, made in self._encoder.coded(picture):
                self._keep(made_form, made)
        elif self._codes_for_viewers and self._live:
            self._live.add_coding(picture, form.rate)
        if at - self._looked_at >= LOOK_EVERY_S or at < self._looked_at:
            self._looked_at = at
            self._health.picture(picture.luma(), at)
        self._detect(picture, at)

    def _detect(self, picture: Picture, at: float) -> None:
        if self._level is Level.OFF:
            return
        self._turn += 1
        if self._level is Level.HALF and self._turn % 2:
            return
        if self._detectors is None:
            plan, form = self._expected_plan(), self._form
            rate = (form.rate if form else 0.0) or self._figures.rate(at) or 25.0
            shape = Shape(*picture.size, rate)
            self._detectors = [
                DETECTORS[duty](plan, shape) for duty in plan.work if duty in DETECTORS
            ]
        if self._detectors:
            luma = picture.luma()
            for detector in self._detectors:
                for noticed in detector.see(luma, at):
                    self._noticed(noticed)

    def _keep(self, form: Format, coded: Coded) -> None:
        self._ring.add(form, coded)
        self._recorder.add(form, coded)
        if form.codec is Codec.H264:
            self._live.add(form, coded)

    # --- events ------------------------------------------------------------------------------

    def _noticed(self, noticed: Noticed) -> None:
        """Tell it at once with still and track; the clip follows when its time has passed."""
        plan = self._expected_plan()
        now = time.time()
        event_id = str(new_id(datetime.fromtimestamp(now, UTC)))
        begin = int((noticed.began - plan.clip.before_s) * SECOND)
        end = int((noticed.ended + plan.clip.after_s) * SECOND)
        middle = int((noticed.began + noticed.ended) / 2 * SECOND)
        folder = self._shelf.evidence_folder / event_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files: list[FileMade] = []
        still = self._picture_at(middle) or self._newest
        if still is not None:
            path = folder / "still.jpg"
            path.write_bytes(still.jpeg())
            files.append(FileMade(str(path), JPEG))
        if noticed.track is not None:
            clip = self._ring.cut(begin, end, middle)
            clip_from = clip[1][0].dts / SECOND if clip else noticed.began
            path = folder / "track.json"
            path.write_bytes(noticed.track(event_id, clip_from, self._clock_error_ms))
            files.append(FileMade(str(path), JSON))
        self._shelf.note(Line(Entry.EVIDENCE, begin // 1000, end // 1000))
        self._send(
            Seen(
                id=event_id,
                event=noticed.event,
                at_ms=int(noticed.ended * 1000),
                fields=dict(noticed.fields),
                files=tuple(files),
            )
        )
        self._pending.append(_PendingClip(event_id, noticed.event, begin, end, middle))

    def _picture_at(self, at: int) -> Picture | None:
        """Decode the ring's picture shown at a moment."""
        cut = self._ring.cut(at, at, at)
        if cut is None:
            return None
        decoder, found = Decoder(cut[0]), None
        for coded in cut[1]:
            for picture in decoder.pictures(coded):
                found = picture
        if found is not None and self._stencil is not None and not self._recodes:
            found = found.masked(self._stencil)
        return found

    def _cut_pending(self, newest: int) -> None:
        due = [clip for clip in self._pending if newest >= clip.end]
        self._pending = [clip for clip in self._pending if clip not in due]
        for clip in due:
            self._cut(clip)

    def _cut(self, clip: _PendingClip) -> None:
        cut = self._ring.cut(clip.begin, clip.end, clip.around)
        path = self._shelf.evidence_folder / clip.event_id / "clip.mp4"
        fields: dict[str, str | float | bool] = {"of": clip.event_id}
        files: tuple[FileMade, ...] = ()
        form, pictures = cut or (None, [])
        try:
            if form is None:
                raise FileNotFoundError("事发前后的画面没有留下")
            # The folder went when the platform had taken still and track.
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            whole_mp4(form, pictures, path)
            fields["clip_from"] = pictures[0].dts // 1000
            fields["clip_to"] = pictures[-1].dts // 1000
            files = (FileMade(str(path), MP4),)
        except (Unplayable, OSError) as error:
            log.warning("clip_not_made", of=clip.event_id, error=str(error))
            fields["missing"] = str(error)
        self._send(
            Seen(
                id=f"{clip.event_id}-clip",
                event=CLIP_READY.format(event=clip.event),
                at_ms=clip.end // 1000,
                fields=fields,
                files=files,
            )
        )

    def _clip_wanted(self, wanted: ClipWanted) -> None:
        begin, end = wanted.begin * 1000, wanted.end * 1000
        cut = self._ring.cut(begin, end, begin)
        made: bytes | None = None
        if cut is not None and cut[1][0].dts <= begin:
            try:
                whole_mp4(*cut, Path(wanted.path))
                made = b""
            except (Unplayable, OSError) as error:
                log.warning("clip_not_made", error=str(error))
        self._send(Answered(wanted.request, made))

    def _disk_full(self, at_ms: int) -> None:
        self._send(DiskFull(at_ms))

    # --- now and then ------------------------------------------------------------------------

    def _now_and_then(self) -> None:
        if self._plan is None:
            return
        now = time.time()
        if self._stills and (self._newest is not None or not self._connected):
            self._answer_stills(now)
        late = [clip for clip in self._pending if now > clip.end / SECOND + CLIP_PATIENCE_S]
        if late:
            self._cut_pending(max(clip.end for clip in late))
        if not self._connected:
            self._recorder.missing(int(now * 1000), Why.CAMERA_OFFLINE)
        if now - self._beat_at >= BEAT_EVERY_S or now < self._beat_at:
            self._beat_at = now
            self._judge(now)
            self._beat(now)

    def _answer_stills(self, now: float) -> None:
        picture = self._newest
        # The newest picture decoded may be a key picture of a while ago: decode up to the present.
        if self._connected and not self._duties_that_see and not self._recodes:
            picture = self._picture_at(int(now * SECOND)) or picture
        content = picture.jpeg() if picture is not None and self._connected else None
        for request in self._stills:
            self._send(Answered(request, content))
        self._stills.clear()

    def _judge(self, now: float) -> None:
        figures = self._figures
        late = self._behind > LATE_S
        errors = self._errors + (self._decoder.errors if self._decoder is not None else 0)
        if self._connected and not late:
            self._health.stream(
                StreamFigures(
                    at=now,
                    rate=figures.rate(now),
                    declared_rate=self._form.rate if self._form is not None else 0.0,
                    kilobits=figures.kilobits(now),
                    unsound=figures.unsound(now),
                    errors=errors,
                    clock_off_s=self._clock_off,
                    silent_s=now - figures.last_at,
                ),
                self._jumps,
            )
        elif not self._connected:
            self._health.offline(self._words, now)
        changes = self._health.view_changes
        if changes != self._told_view and (view := self._health.view):
            self._told_view = changes
            with contextlib.suppress(OSError):  # a full disk: it is learnt again next time
                replaced(self._shelf.folder / VIEW, view)
            self._send(ViewLearnt(view))
        faults = tuple((fault.kind.value, fault.detail) for fault in self._health.faults)
        if faults != self._told_faults:
            if self._told_faults is None or [f[0] for f in faults] != [
                f[0] for f in self._told_faults
            ]:
                self._send(PictureHealth(int(now * 1000), faults))
            self._told_faults = faults

    def _beat(self, now: float) -> None:
        figures, form = self._figures, self._form
        seen = figures.last_at if self._behind > LATE_S else now
        with self._process.oneshot():
            times = self._process.cpu_times()
            memory = self._process.memory_info().rss
        self._send(
            Beat(
                connected=self._connected,
                words=self._words,
                frames_per_second=figures.rate(seen) if self._connected else 0.0,
                kilobits=figures.kilobits(seen) if self._connected else 0.0,
                behind_s=self._behind if self._connected else 0.0,
                cpu_s=times.user + times.system,
                memory=memory,
                ring_from=(self._ring.begins or 0) // 1000,
                dropped=self._reader.dropped if self._reader is not None else 0,
                size=(form.width, form.height) if form is not None else (0, 0),
                codec=form.codec.value if form is not None else "",
            )
        )

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.stop()
        if self._plan is not None:
            self._recorder.close()


def main() -> None:
    """Run the camera whose node holds the other end of the socket (a file descriptor)."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESS_SPACE, MOST_ADDRESS_SPACE))
    wire = socket.socket(fileno=int(sys.argv[1]))
    CameraProcess(wire).run()
    # A reading that blocks must not hold up the end.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
