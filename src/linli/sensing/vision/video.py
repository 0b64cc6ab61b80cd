"""Video as linli handles it: the one place that knows PyAV.

Inside linli, coded pictures travel as `Coded`: H.264 or HEVC in Annex B, every key picture with
its parameter sets in front, or whole JPEGs; times are microseconds since 1970 UTC. Whatever a
source sends is brought into that form here or refused with `Unplayable`; nothing a stream can
contain raises anything else.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (PyAV's own stubs leave packets' streams and keyword arguments unknown.)

import contextlib
import io
import struct
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Protocol, cast

import av
import av.logging
import numpy as np
import numpy.typing as npt
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError, InvalidDataError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from linli.sensing.vision.contracts import Polygon
from linli.sensing.vision.plan import Source, SourceKind

MICROSECONDS = Fraction(1, 1_000_000)
SECOND = 1_000_000
OPEN_TIMEOUT_S = 8.0
READ_TIMEOUT_S = 8.0
LARGEST_SIDE = 8192
SMALLEST_SIDE = 16
LARGEST_PACKET = 16 << 20
# What a stream may leave out in front of its first key picture.
LONGEST_PREFACE = 1500
# Pictures that follow each other faster than any camera takes them were not taken just now.
BURST_S = 0.008
LONGEST_BURST = 500

Luma = npt.NDArray[np.uint8]

# Damaged streams would fill the log; what matters is counted instead.
av.logging.set_level(av.logging.PANIC)


class Unplayable(Exception):
    """The source cannot be opened or read any further; the text says why, without credentials."""


class Codec(StrEnum):
    """How pictures are coded."""

    H264 = "h264"
    HEVC = "hevc"
    JPEG = "mjpeg"


@dataclass(frozen=True, slots=True)
class Coded:
    """One coded picture.

    Attributes:
        pts: when it is shown; likewise `dts` when it is decoded; microseconds since 1970 UTC, the
            latter strictly growing.
        key: decoding can begin here.
        sound: the source did not mark it as damaged.
        camera_clock: the camera's own wall clock at this picture (seconds since 1970 UTC), for a
            source that tells it.
    """

    data: bytes
    pts: int
    dts: int
    key: bool
    sound: bool = True
    camera_clock: float | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """What a receiver must know before the first picture. Another format is another stream.

    Attributes:
        width: in pixels, as shown; likewise `height`.
        parameters: the parameter sets (Annex B), empty for JPEG.
        rate: pictures a second as the source declares it; 0.0 unknown.
    """

    codec: Codec
    width: int
    height: int
    parameters: bytes
    rate: float = 0.0

    @property
    def mime(self) -> str:
        """For `MediaSource.isTypeSupported`: `video/mp4; codecs="avc1.42c01e"`."""
        for unit in units(self.parameters):
            if self.codec is Codec.H264 and unit[0] & 0x1F == H264_SEQUENCE:
                return f'video/mp4; codecs="avc1.{unit[1:4].hex()}"'
        named = {Codec.H264: "avc1.42e01e", Codec.HEVC: "hvc1.1.6.L120.90", Codec.JPEG: "mp4v.6c"}
        return f'video/mp4; codecs="{named[self.codec]}"'


@dataclass(frozen=True, slots=True)
class Arrival:
    """A coded picture as it came, with its format and the moment it came (seconds since 1970).

    `jumps` counts how often the source's own times could not be followed, since it was opened.
    """

    format: Format
    coded: Coded
    at: float
    jumps: int = 0


# --- Annex B -------------------------------------------------------------------------------------

START = b"\x00\x00\x01"
H264_KEY, H264_SEQUENCE, H264_PICTURE = 5, 7, 8
HEVC_FIRST_KEY, HEVC_LAST_KEY, HEVC_VIDEO, HEVC_PICTURE = 16, 21, 32, 34


def units(stream: bytes) -> Iterator[bytes]:
    """The NAL units of an Annex B stream, without start codes; empty ones are passed over."""
    at = stream.find(START)
    while at >= 0:
        begin = at + len(START)
        at = stream.find(START, begin)
        unit = stream[begin:] if at < 0 else stream[begin:at]
        unit = unit.rstrip(b"\x00")
        if unit:
            yield unit


def parameter_sets(codec: Codec, stream: bytes) -> bytes:
    """The parameter sets in an Annex B stream, in their order, each once; empty without any."""
    found: dict[bytes, None] = {}
    for unit in units(stream[: LONGEST_PREFACE * 4]):
        if codec is Codec.H264:
            kind = unit[0] & 0x1F
            if kind in {H264_SEQUENCE, H264_PICTURE}:
                found[unit] = None
            elif 1 <= kind <= H264_KEY:
                break
        else:
            kind = unit[0] >> 1 & 0x3F
            if HEVC_VIDEO <= kind <= HEVC_PICTURE:
                found[unit] = None
            elif kind < HEVC_VIDEO:
                break
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in found)


# --- sources -------------------------------------------------------------------------------------


class Timeline:
    """Turns a stream's own times into microseconds since 1970, whatever the stream claims.

    A stream keeps its own spacing as long as it stays within `TOLERANCE_S` of arrival; when it
    jumps, stands still, runs backwards or tells no time, it is anchored anew at the arrival.
    """

    TOLERANCE_S = 5.0
    STEP = 1000

    def __init__(self) -> None:
        self._offset: int | None = None
        self._last_dts = -(1 << 62)
        self.jumps = 0
        self.jumped_s = 0.0

    def anchor(self, told: int | None, at: float) -> None:
        """Let the stream's time `told` (microseconds) be the moment `at`."""
        self._offset = None if told is None else int(at * SECOND) - told

    def placed(self, pts: int | None, dts: int | None, at: float) -> tuple[int, int]:
        """Return pts and dts in microseconds since 1970; dts grows with every call."""
        arrived = int(at * SECOND)
        told = dts if dts is not None else pts
        if told is None:
            placed_dts = max(arrived, self._last_dts + self.STEP)
            self._last_dts = placed_dts
            return placed_dts, placed_dts
        if self._offset is None:
            self._offset = arrived - told
        off = told + self._offset - arrived
        if abs(off) > self.TOLERANCE_S * SECOND or told + self._offset <= self._last_dts:
            self.jumps += 1
            self.jumped_s = off / SECOND
            self._offset = max(arrived, self._last_dts + self.STEP) - told
        placed_dts = told + self._offset
        self._last_dts = placed_dts
        shown = placed_dts if pts is None else pts + self._offset
        # A picture is never shown before it is decoded, nor long after.
        return min(max(shown, placed_dts), placed_dts + SECOND), placed_dts


class Clock(Protocol):
    """Seconds since 1970, and a wait that may end early (returns True then)."""

    def now(self) -> float:
        """Seconds since 1970 UTC."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait; True means: stop."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an opening and a reading may take, in seconds."""

    open_s: float = OPEN_TIMEOUT_S
    read_s: float = READ_TIMEOUT_S


def arrivals(source: Source, clock: Clock, patience: Patience | None = None) -> Iterator[Arrival]:
    """Open a source and give its pictures as they come; a file at the pace of its own times.

    Ends at the end of the stream, or when `clock.wait` says stop; closing the iterator closes the
    source.

    Raises:
        Unplayable: it cannot be opened, holds no video linli can decode, or broke.
    """
    patience = patience or Patience()
    container = _opened(source, patience)
    try:
        yield from _read(container, source, clock)
    except _BROKEN as error:
        raise Unplayable(_why(error)) from error
    finally:
        _closed(container)


_BROKEN = (FFmpegError, OSError, ValueError, OverflowError, ZeroDivisionError, struct.error)


def _opened(source: Source, patience: Patience) -> InputContainer:
    options: dict[str, str] = {"fflags": "+discardcorrupt", "max_delay": "500000"}
    form: str | None = None
    if source.kind is SourceKind.RTSP:
        options |= {"rtsp_transport": "tcp", "allowed_media_types": "video"}
        form = "rtsp"
    elif source.kind is SourceKind.MJPEG:
        options |= {"multiple_requests": "0"}
        form = "mpjpeg"
    options |= {"analyzeduration": "3000000", "probesize": "4000000"}
    # The reading timeout must reach FFmpeg's protocols too: a silent peer blocks below PyAV.
    if source.kind is not SourceKind.FILE:
        key = "timeout" if source.kind is SourceKind.RTSP else "rw_timeout"
        options[key] = str(int(patience.read_s * SECOND))
    url = source.url
    if source.kind is SourceKind.FILE:
        url = url.removeprefix("file://")
        if not Path(url).is_file():
            raise Unplayable("文件不存在")
    try:
        return av.open(
            url,
            "r",
            format=form,
            options=options,
            timeout=(patience.open_s, patience.read_s),
        )
    except _BROKEN as error:
        raise Unplayable(_why(error)) from error


def _closed(container: InputContainer | OutputContainer) -> None:
    # A file on a full disk cannot even be closed well.
    with contextlib.suppress(*_BROKEN):
        container.close()


def _why(error: Exception) -> str:
    """What broke, in words without the address (it may hold a password)."""
    if isinstance(error, FFmpegError):
        return f"{type(error).__name__}: {error.strerror}"
    return type(error).__name__


def _read(container: InputContainer, source: Source, clock: Clock) -> Iterator[Arrival]:
    if not container.streams.video:
        raise Unplayable("没有视频")
    stream = container.streams.video[0]
    shaping = _Shaping(stream)
    pace = _Pace(clock) if source.kind is SourceKind.FILE else None
    timeline = Timeline()
    while True:
        came = 0
        raws = shaping.packets(container, stream)
        timed = _timed(raws, clock) if pace is None else pace.kept(raws)
        for raw, at in timed:
            came += 1
            if pace is None and came == 1:
                timeline.anchor(raw.dts if raw.dts is not None else raw.pts, at)
            shaped = shaping.shaped(raw)
            if shaped is None:
                continue
            form, body, key = shaped
            # This format has no times of its own; FFmpeg makes them up.
            told = (None, None) if form.codec is Codec.JPEG and pace is None else (raw.pts, raw.dts)
            pts, dts = timeline.placed(*told, at)
            coded = Coded(
                data=body,
                pts=pts,
                dts=dts,
                key=key,
                sound=raw.sound,
                camera_clock=raw.camera_clock,
            )
            yield Arrival(form, coded, at, timeline.jumps)
        if pace is None or pace.stopped or not source.loop or not came:
            return
        container.seek(0, stream=stream)
        shaping.rewound(stream)
        pace.again()


def _timed(raws: "Iterator[_Raw]", clock: Clock) -> "Iterator[tuple[_Raw, float]]":
    """A live source's pictures with the moments they came.

    What a server sends at once at the beginning, or what gathered while the format was found out,
    was taken earlier: its moments are counted back from the first picture that came by itself.
    """
    gathered: list[_Raw] = []
    last = clock.now()
    for raw in raws:
        at = clock.now()
        if gathered and (at - last > BURST_S or len(gathered) >= LONGEST_BURST):
            yield from _counted_back(gathered, last)
            gathered = []
            yield raw, at
            break
        gathered.append(raw)
        last = at
    yield from _counted_back(gathered, last)
    for raw in raws:
        yield raw, clock.now()


def _counted_back(gathered: "list[_Raw]", last: float) -> "Iterator[tuple[_Raw, float]]":
    newest = next((one.dts for one in reversed(gathered) if one.dts is not None), None)
    following = None
    times: list[tuple[_Raw, float]] = []
    for raw in reversed(gathered):
        told = raw.dts
        if told is None and following is not None:  # the first picture often has no time
            told = following - SECOND // 25
            raw = replace(raw, pts=told, dts=told)  # noqa: PLW2901
        following = told
        before = 0 if newest is None or told is None else max(newest - told, 0)
        times.append((raw, last - before / SECOND))
    yield from reversed(times)


@dataclass(frozen=True, slots=True)
class _Raw:
    data: bytes
    pts: int | None
    dts: int | None
    key: bool
    sound: bool
    camera_clock: float | None


class _Pace:
    """Holds a file's pictures back until their time, and lets its repetitions follow on."""

    LONGEST_GAP = 5 * SECOND
    USUAL_STEP = SECOND // 25

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began: float | None = None
        self._first: int | None = None
        self._shift = 0
        self._last = 0
        self._step = self.USUAL_STEP
        self.stopped = False

    def again(self) -> None:
        """The file begins anew."""
        self._first = None
        self._shift = self._last + self._step

    def kept(self, raws: "Iterator[_Raw]") -> "Iterator[tuple[_Raw, float]]":
        """The pictures when they are due, with times from the beginning."""
        for raw in raws:
            pts, dts, self.stopped = self._keep(raw.pts, raw.dts)
            if self.stopped:
                return
            yield replace(raw, pts=pts, dts=dts), self._clock.now()

    def _keep(self, pts: int | None, dts: int | None) -> tuple[int, int, bool]:
        """Wait until a picture is due; returns its times, and whether to stop.

        Times that jump or stand still are replaced by usual steps.
        """
        told = dts if dts is not None else pts
        if told is None:
            told = (self._first or 0) + self._last - self._shift + self._step
        if self._first is None:
            self._first = told
        due = told - self._first + self._shift
        if not self._last < due < self._last + self.LONGEST_GAP and self._began is not None:
            self._first = told
            self._shift = self._last + self._step
            due = self._shift
        ahead = 0 if pts is None or dts is None else min(max(pts - dts, 0), SECOND)
        if self._began is None:
            self._began = self._clock.now() - due / SECOND
        if 0 < due - self._last < SECOND:
            self._step = due - self._last
        self._last = due
        wait = self._began + due / SECOND - self._clock.now()
        if wait < -1.0:  # the reader was held up: do not rush after
            self._began -= wait
        stop = self._clock.wait(max(wait, 0.0))
        return due + ahead, due, stop


_ANNEX_B = {Codec.H264: "h264_mp4toannexb", Codec.HEVC: "hevc_mp4toannexb"}
_NAMES = {"h264": Codec.H264, "hevc": Codec.HEVC, "mjpeg": Codec.JPEG}


class _Shaping:
    """Brings one opened stream's packets into linli's form."""

    def __init__(self, stream: VideoStream) -> None:
        codec = _NAMES.get(stream.codec_context.name)
        if codec is None:
            raise Unplayable(f"编码 {stream.codec_context.name} 不支持")
        self._codec = codec
        rate = stream.average_rate or stream.base_rate
        self._rate = float(rate) if rate else 0.0
        extradata = stream.codec_context.extradata or b""
        self._filter: BitStreamFilterContext | None = None
        # MP4 and the like hold lengths instead of start codes.
        if codec in _ANNEX_B and extradata[:1] == b"\x01":
            self._filter = BitStreamFilterContext(_ANNEX_B[codec], stream)
            extradata = b""
        self._parameters = parameter_sets(codec, extradata)
        self._format: Format | None = None

    def rewound(self, stream: VideoStream) -> None:
        """The file was set back to its beginning."""
        if self._filter is not None:
            self._filter = BitStreamFilterContext(_ANNEX_B[self._codec], stream)

    def packets(self, container: InputContainer, stream: VideoStream) -> Iterator[_Raw]:
        for packet in container.demux(stream):
            if not packet.size or packet.size > LARGEST_PACKET:
                continue
            camera_clock = _producer_time(packet)
            for one in self._filter.filter(packet) if self._filter is not None else (packet,):
                base = one.time_base or MICROSECONDS
                yield _Raw(
                    data=bytes(one),
                    pts=_microseconds(one.pts, base),
                    dts=_microseconds(one.dts, base),
                    key=one.is_keyframe or self._codec is Codec.JPEG,
                    sound=not one.is_corrupt,
                    camera_clock=camera_clock,
                )

    def shaped(self, raw: _Raw) -> tuple[Format, bytes, bool] | None:
        """The picture with its format; None before the first key picture that can be decoded."""
        if self._codec is Codec.JPEG:
            return self._shaped_jpeg(raw)
        body = raw.data
        if raw.key:
            found = parameter_sets(self._codec, body)
            parameters = found or self._parameters
            if not parameters:
                return None
            if not found:
                body = parameters + body
            if self._format is None or parameters != self._parameters:
                form = _format_of(self._codec, body, parameters, self._rate)
                if form is None:
                    return None
                self._parameters, self._format = parameters, form
        if self._format is None:
            return None
        return self._format, body, raw.key

    def _shaped_jpeg(self, raw: _Raw) -> tuple[Format, bytes, bool] | None:
        size = jpeg_size(raw.data)
        if size is None:
            return None
        if self._format is None or size != (self._format.width, self._format.height):
            self._format = Format(self._codec, *size, b"", self._rate)
        return self._format, raw.data, True


def _microseconds(ticks: int | None, base: Fraction) -> int | None:
    if ticks is None:
        return None
    found = ticks * base.numerator * SECOND // base.denominator
    return found if abs(found) < 1 << 60 else None


def _producer_time(packet: "av.Packet[VideoStream]") -> float | None:
    """The camera's wall clock: FFmpeg takes it from RTCP sender reports."""
    if not packet.has_sidedata("prft"):
        return None
    raw = bytes(packet.get_sidedata("prft"))
    if len(raw) < struct.calcsize("q"):
        return None
    (microseconds,) = struct.unpack_from("q", raw)
    return microseconds / SECOND


def jpeg_size(picture: bytes) -> tuple[int, int] | None:
    """Width and height a JPEG declares (ITU-T T.81 B.2.2); None when it is none."""
    if picture[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(picture):
        if picture[at] != 0xFF:  # noqa: PLR2004 (a marker begins with it)
            return None
        marker = picture[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 (fill byte)
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # noqa: PLR2004 (T.81)
            height, width = struct.unpack_from(">HH", picture, at + 5)
            return (width, height) if _sane(width, height) else None
        at += 2 + int(struct.unpack_from(">H", picture, at + 2)[0])
    return None


def _sane(width: int, height: int) -> bool:
    return all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (width, height))


def _format_of(codec: Codec, key_picture: bytes, parameters: bytes, rate: float) -> Format | None:
    """Read the size out of a key picture with its parameter sets; None when it makes no sense."""
    try:
        with _template(codec, key_picture) as stream:
            width, height = stream.codec_context.width, stream.codec_context.height
    except (*_BROKEN, Unplayable):
        return None
    if not _sane(width, height):
        return None
    return Format(codec, width, height, parameters, rate)


@contextlib.contextmanager
def _template(codec: Codec, key_picture: bytes) -> Generator[VideoStream]:
    """A stream of this format, to be copied by a muxer."""
    options = {"analyzeduration": "0", "probesize": str(max(len(key_picture) * 2, 2048))}
    container = av.open(io.BytesIO(key_picture), "r", format=codec.value, options=options)
    try:
        if not container.streams.video:
            raise Unplayable("没有视频")
        yield container.streams.video[0]
    finally:
        container.close()


# --- decoding ------------------------------------------------------------------------------------


class Picture:
    """A decoded picture. Its luma is a view of the decoder's memory as long as it lives."""

    def __init__(self, frame: VideoFrame) -> None:
        self._frame = frame

    @property
    def pts(self) -> int:
        """When it is shown, microseconds since 1970."""
        return self._frame.pts or 0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self._frame.width, self._frame.height

    @property
    def sound(self) -> bool:
        """Whether the decoder found nothing wrong with it."""
        return not self._frame.is_corrupt

    def luma(self) -> Luma:
        """Brightness, 8 bits, rows by columns; not copied where the decoder's form allows it."""
        name = self._frame.format.name
        if name in _LUMA_8:
            return _plane(self._frame)
        return _plane(self._frame.reformat(format="gray8"))

    def jpeg(self, quality: int = 85) -> bytes:
        """The picture as a JPEG, quality 1 to 100."""
        made = io.BytesIO()
        self._frame.to_image().save(made, "JPEG", quality=quality)
        return made.getvalue()

    def masked(self, stencil: "Stencil") -> "Picture":
        """A copy of the picture with the stencil's regions black."""
        frame = self._frame.reformat(format="yuv420p")
        if frame is self._frame:
            frame = VideoFrame.from_ndarray(self._frame.to_ndarray(), format="yuv420p")
        for index, plane in enumerate(frame.planes):
            pixels = np.frombuffer(cast("bytes", plane), np.uint8).reshape(
                plane.height, plane.line_size
            )
            mask = stencil.luma if index == 0 else stencil.chroma
            pixels[:, : plane.width][mask] = 16 if index == 0 else 128
        frame.pts, frame.time_base = self._frame.pts, self._frame.time_base
        return Picture(frame)

    @property
    def frame(self) -> VideoFrame:
        """PyAV's own; for this module's encoder."""
        return self._frame


_LUMA_8 = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"}) | {
    "nv12",
    "nv21",
    "gray",
}


def _plane(frame: VideoFrame) -> Luma:
    plane = frame.planes[0]
    rows = np.frombuffer(cast("bytes", plane), np.uint8)[: plane.line_size * plane.height]
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]


class Stencil:
    """Which pixels of a picture of this size lie in the polygons (fractions of the picture)."""

    def __init__(self, polygons: Sequence[Polygon], size: tuple[int, int]) -> None:
        self.size = size
        width, height = size
        self.luma = inside(polygons, (width, height))
        padded = np.pad(self.luma, ((0, height % 2), (0, width % 2)), mode="edge")
        # A chroma sample is black when any of its four pixels is.
        self.chroma = (
            padded[0::2, 0::2] | padded[1::2, 0::2] | padded[0::2, 1::2] | (padded[1::2, 1::2])
        )


def inside(polygons: Sequence[Polygon], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Mark pixels touched by any polygon (even-odd rule; a border of one pixel belongs to it)."""
    width, height = size
    marked = np.zeros((height, width), np.bool_)
    columns = (np.arange(width) + 0.5) / width
    for polygon in polygons:
        if len(polygon) < 3:  # noqa: PLR2004 (fewer corners enclose nothing)
            continue
        closed = [*polygon, polygon[0]]
        for row in range(height):
            y = (row + 0.5) / height
            crossings = sorted(
                x1 + (y - y1) * (x2 - x1) / (y2 - y1)
                for (x1, y1), (x2, y2) in pairwise(closed)
                if (y1 <= y) != (y2 <= y)
            )
            for left, right in zip(crossings[::2], crossings[1::2], strict=False):
                edge = 1.0 / width
                marked[row] |= (columns >= left - edge) & (columns <= right + edge)
    return marked


class Decoder:
    """Decodes one stream, on one thread. Damaged pictures are counted, never raised."""

    def __init__(self, form: Format) -> None:
        self._format = form
        self._context = self._fresh()
        self._waiting = True
        self.errors = 0

    def _fresh(self) -> VideoCodecContext:
        context = av.CodecContext.create(self._format.codec.value, "r")
        context.thread_count = 1
        return context

    def pictures(self, coded: Coded) -> list[Picture]:
        """The pictures that can be shown now."""
        if self._waiting and not coded.key:
            return []
        self._waiting = False
        packet = av.Packet(coded.data)
        packet.pts, packet.dts, packet.time_base = coded.pts, coded.dts, MICROSECONDS
        try:
            return [Picture(frame) for frame in self._context.decode(packet)]
        except _BROKEN:
            self.errors += 1
            return []

    def key_only(self, coded: Coded) -> Picture | None:
        """Decode a key picture by itself, without those between: much cheaper."""
        if not coded.key:
            return None
        found = self.pictures(coded)
        with contextlib.suppress(*_BROKEN):
            found += [Picture(frame) for frame in self._context.decode(None)]
            self._context.flush_buffers()
        self._waiting = True
        return found[-1] if found else None

    def forget(self) -> None:
        """Begin anew at the next key picture."""
        self._context = self._fresh()
        self._waiting = True


# --- encoding ------------------------------------------------------------------------------------


class Encoder:
    """Codes pictures as H.264 for storing and showing, with a key picture every two seconds."""

    KEY_EVERY_S = 2.0

    def __init__(self, size: tuple[int, int], rate: float) -> None:
        self._size = size
        self._rate = rate if 1.0 <= rate <= 120.0 else 25.0  # noqa: PLR2004 (sane rates)
        self._format: Format | None = None
        context = av.CodecContext.create("libx264", "w")
        width, height = size
        context.width, context.height = width - width % 2, height - height % 2
        context.pix_fmt = "yuv420p"
        context.time_base = MICROSECONDS
        context.framerate = Fraction(self._rate).limit_denominator(1001)
        context.gop_size = max(int(self._rate * self.KEY_EVERY_S), 1)
        context.thread_count = 1
        context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "25"}
        self._context = context
        self._last = -(1 << 62)

    def coded(self, picture: Picture) -> list[tuple[Format, Coded]]:
        """The coded form of a picture (times kept)."""
        frame = picture.frame
        wanted = self._context.width, self._context.height
        if (frame.width, frame.height) != wanted or frame.format.name != "yuv420p":
            frame = frame.reformat(*wanted, format="yuv420p")
        pts = max(picture.pts, self._last + 1)
        self._last = pts
        frame.pts, frame.time_base = pts, MICROSECONDS
        frame.pict_type = 0
        found: list[tuple[Format, Coded]] = []
        for packet in self._context.encode(frame):
            body, key = bytes(packet), packet.is_keyframe
            if key:
                parameters = parameter_sets(Codec.H264, body)
                if self._format is None or parameters != self._format.parameters:
                    self._format = Format(Codec.H264, *wanted, parameters, self._rate)
            if self._format is not None:
                at = packet.pts if packet.pts is not None else pts
                found.append((self._format, Coded(body, at, at, key)))
        return found


# --- MP4 -----------------------------------------------------------------------------------------

WHOLE = {"movflags": "faststart"}
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
LIVE = {"movflags": "frag_every_frame+empty_moov+default_base_moof", "flush_packets": "1"}


class Muxer:
    """Writes coded pictures of one format into an MP4, without coding them anew.

    The first picture must be a key picture; its `dts` is the file's zero.

    Raises (all methods):
        Unplayable: these pictures cannot be put into a file.
        OSError: the file cannot be written (a full disk).
    """

    def __init__(
        self,
        target: str | io.RawIOBase | io.BytesIO,
        form: Format,
        first: Coded,
        options: dict[str, str],
    ) -> None:
        try:
            self._container = av.open(target, "w", format="mp4", options=options)
        except FFmpegError as error:
            raise _disk_or_stream(error) from error
        try:
            with _template(form.codec, first.data) as template:
                self._stream = self._container.add_stream_from_template(template)
        except _BROKEN as error:
            raise _disk_or_stream(error) from error
        self._zero = first.dts
        self._held: Coded | None = None
        self._last_step = SECOND // 25

    def add(self, coded: Coded) -> None:
        """Put the next picture into the file (it is written when the one after it is known)."""
        held, self._held = self._held, coded
        if held is not None:
            self._last_step = max(coded.dts - held.dts, 1)
            self._write(held, self._last_step)

    def close(self) -> None:
        """Write what is left and close the file."""
        held, self._held = self._held, None
        try:
            if held is not None:
                self._write(held, self._last_step)
            self._container.close()
        except FFmpegError as error:
            raise _disk_or_stream(error) from error

    def _write(self, coded: Coded, duration: int) -> None:
        packet = av.Packet(coded.data)
        packet.stream = self._stream
        packet.time_base = MICROSECONDS
        packet.pts, packet.dts = coded.pts - self._zero, coded.dts - self._zero
        packet.duration = duration
        packet.is_keyframe = coded.key
        try:
            self._container.mux_one(packet)
        except (FFmpegError, ValueError) as error:
            raise _disk_or_stream(error) from error


def _disk_or_stream(error: Exception) -> Exception:
    if isinstance(error, OSError) and not isinstance(error, (InvalidDataError, ValueError)):
        return OSError(error.errno, error.strerror)
    return Unplayable(_why(error))


def whole_mp4(form: Format, pictures: Sequence[Coded], target: Path) -> None:
    """Write an ordinary MP4 of these pictures; the first must be a key picture.

    Raises:
        Unplayable: there is nothing that could be shown.
        OSError: the file cannot be written.
    """
    if not pictures or not pictures[0].key:
        raise Unplayable("没有可播放的画面")
    muxer = Muxer(str(target), form, pictures[0], WHOLE)
    for coded in pictures:
        muxer.add(coded)
    muxer.close()


class _Parts(io.RawIOBase):
    """A file that is handed on as it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: "bytes | bytearray | memoryview", /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]  # a buffer is all PyAV writes
        self._parts.append(bytes(part))
        return len(part)

    def taken(self) -> bytes:
        whole, self._parts = b"".join(self._parts), []
        return whole


class LiveMuxer:
    """Fragmented MP4 for one viewer, a fragment a picture; its time begins at zero."""

    def __init__(self, form: Format, first: Coded) -> None:
        self._parts = _Parts()
        self._muxer = Muxer(self._parts, form, first, LIVE)

    def part(self, coded: Coded) -> bytes:
        """What the viewer is to get now (the first time with the initialisation segment)."""
        self._muxer.add(coded)
        return self._parts.taken()


def stored(path: Path) -> Iterator[tuple[Format, Coded]]:
    """The pictures of an MP4 written here, times from its zero, as far as it is whole.

    Raises:
        Unplayable: it holds nothing that can be read.
    """
    try:
        container = av.open(str(path), "r", format="mp4")
    except _BROKEN as error:
        raise Unplayable(_why(error)) from error
    try:
        if not container.streams.video:
            raise Unplayable("没有视频")
        stream = container.streams.video[0]
        shaping = _Shaping(stream)
        with contextlib.suppress(*_BROKEN):  # the end of a file being written may be missing
            for raw in shaping.packets(container, stream):
                shaped = shaping.shaped(raw)
                if shaped is not None:
                    form, body, key = shaped
                    pts = raw.pts or 0
                    dts = raw.dts if raw.dts is not None else pts
                    yield form, Coded(body, pts, dts, key)
    finally:
        _closed(container)


class WallClock:
    """The machine's clock, with a wait that `stop` ends."""

    def __init__(self, stopped: Callable[[float], bool]) -> None:
        self._stopped = stopped

    def now(self) -> float:
        """Seconds since 1970 UTC."""
        return time.time()

    def wait(self, seconds: float) -> bool:
        """Wait; True means: stop."""
        return self._stopped(seconds)
