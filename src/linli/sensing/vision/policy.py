"""Decisions about cameras: what settings are admissible, what people are shown. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

import msgspec

from linli.kernel.errors import BadInput, FieldFault
from linli.sensing.vision.cameras import (
    LONGEST_URL,
    CameraSettings,
    Node,
    SignDraft,
    SourceDraft,
)
from linli.sensing.vision.contracts import Polygon
from linli.sensing.vision.plan import CameraPlan, Duty, SourceKind

CAMERA_KINDS = ("falling_object_camera", "lift_camera", "camera")
FALLING_KINDS = frozenset({"falling_object_camera"})

MOST_POLYGONS = 8
FEWEST_CORNERS = 3
MOST_CORNERS = 20
KEEP_MOST = 180
SEGMENTS_S = (10, 600)
CLIP_S = (2.0, 60.0)
NODE_SILENT_AFTER = timedelta(seconds=30)
SCHEMES = {
    SourceKind.RTSP: frozenset({"rtsp", "rtsps"}),
    SourceKind.MJPEG: frozenset({"http", "https"}),
    SourceKind.FILE: frozenset({"file", ""}),
}


@dataclass(frozen=True, slots=True)
class Retention:
    """How long pictures of public places are to be kept at least, since when, and by what law."""

    since: datetime
    days: int
    source: str


# Dated: the newest one in force counts.
RETENTION: tuple[Retention, ...] = (
    Retention(
        datetime(2025, 3, 31, 16, tzinfo=UTC),
        30,
        "《公共安全视频图像信息系统管理条例》（国令第799号，2025-04-01起施行）：保存不少于30日",
    ),
)
LEGAL_BASES = (
    "《个人信息保护法》第二十六条：公共场所图像采集设备应为维护公共安全所必需，并设置显著提示标识",
    "《公共安全视频图像信息系统管理条例》（国令第799号）",
    "《民法典》第一千二百五十四条：物业服务企业应采取必要的安全保障措施防止高空抛物",
)


def retention_at(now: datetime) -> Retention:
    """The rule in force."""
    return max((rule for rule in RETENTION if rule.since <= now), key=lambda rule: rule.since)


def check_source(draft: SourceDraft) -> None:
    """Raise BadInput when no picture can come from there."""
    if not draft.url.strip() or len(draft.url) > LONGEST_URL:
        raise BadInput(f"请填写取流地址，最长 {LONGEST_URL} 个字符", field="source_url")
    try:
        parts = urlsplit(draft.url)
        port = parts.port
    except ValueError as error:
        raise BadInput("取流地址写得不对", field="source_url") from error
    del port
    if parts.scheme not in SCHEMES[draft.kind]:
        wanted = "、".join(sorted(f"{scheme}://" for scheme in SCHEMES[draft.kind] if scheme))
        raise BadInput(f"这种来源的地址以 {wanted} 开头", field="source_url")
    if draft.kind is not SourceKind.FILE and not parts.hostname:
        raise BadInput("取流地址里没有主机名", field="source_url")


def shown(url: str) -> str:
    """The address without user and password, and without a query that may hold them."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))[:LONGEST_URL]


def check_settings(settings: CameraSettings, kind: str, now: datetime) -> None:
    """Raise BadInput with every field that cannot be."""
    faults: list[FieldFault] = []
    least = retention_at(now)
    record = settings.record
    if record.enabled and not least.days <= record.keep_days <= KEEP_MOST:
        faults.append(
            FieldFault(
                "keep_days", f"录像至少保存 {least.days} 天，最多 {KEEP_MOST} 天：{least.source}"
            )
        )
    if not SEGMENTS_S[0] <= record.segment_s <= SEGMENTS_S[1]:
        faults.append(FieldFault("segment_s", "录像分段应在 10 到 600 秒之间"))
    clip = settings.clip
    if not all(CLIP_S[0] <= span <= CLIP_S[1] for span in (clip.before_s, clip.after_s)):
        faults.append(FieldFault("before_s", "短片前后应在 2 到 60 秒之间"))
    faults.extend(
        FieldFault(name, "应在 0 到 100 之间")
        for name, value in (
            ("sensitivity", settings.sensitivity),
            ("confidence", settings.confidence),
        )
        if not 0 <= value <= 100  # noqa: PLR2004 - percent
    )
    if not 1 <= settings.priority <= 9:  # noqa: PLR2004 - one figure
        faults.append(FieldFault("priority", "应在 1 到 9 之间"))
    for name, polygons in (("masks", settings.masks), ("blind", settings.blind)):
        problem = polygon_problem(polygons)
        if problem:
            faults.append(FieldFault(name, problem))
    if Duty.FALLING in settings.work:
        if kind not in FALLING_KINDS:
            faults.append(FieldFault("work", "只有高空抛物摄像机能识别抛物"))
        if not settings.blind_judged:
            faults.append(
                FieldFault(
                    "blind", "请先看一遍画面，把天空、树、马路圈进不识别区，或确认没有这样的区域"
                )
            )
    if faults:
        raise BadInput(faults[0].message, field=faults[0].field, faults=tuple(faults))


def polygon_problem(polygons: Sequence[Polygon]) -> str | None:
    """Why these regions cannot be, in Chinese; corners are fractions of the picture."""
    if len(polygons) > MOST_POLYGONS:
        return f"最多 {MOST_POLYGONS} 个区域"
    for polygon in polygons:
        if not FEWEST_CORNERS <= len(polygon) <= MOST_CORNERS:
            return f"每个区域应有 {FEWEST_CORNERS} 到 {MOST_CORNERS} 个角"
        if not all(0 <= x <= 1 and 0 <= y <= 1 for x, y in polygon):
            return "区域的角应在画面之内"
    return None


def check_sign(draft: SignDraft) -> None:
    """Raise BadInput where the sign leaves out what the law wants told."""
    wanted = (
        ("sign_text", draft.sign_text, "请写明提示牌上的文字"),
        ("place", draft.place, "请写明提示牌挂在哪里"),
        ("purpose", draft.purpose, "请写明用途"),
        ("legal_basis", draft.legal_basis, "请写明依据"),
        ("answers", draft.answers, "请写明由谁负责"),
        ("phone", draft.phone, "请写明联系电话"),
    )
    faults = tuple(FieldFault(name, words) for name, value, words in wanted if not value.strip())
    if faults:
        raise BadInput(faults[0].message, field=faults[0].field, faults=faults)


def is_silent(node: Node | None, now: datetime) -> bool:
    """Whether nobody runs the cameras of this node: it has not asked for its plan lately."""
    return node is None or now - node.asked_at > NODE_SILENT_AFTER


def plan_version(view_key: bytes, cameras: Sequence[CameraPlan]) -> str:
    """Changes with anything a node is told."""
    digest = hashlib.sha256(view_key)
    for camera in cameras:
        digest.update(msgspec.json.encode(camera, order="deterministic"))
    return digest.hexdigest()[:32]


def node_address(said: str) -> str | None:
    """Where a node listens, when it says something that can be an address."""
    if len(said) > LONGEST_URL:
        return None
    try:
        parts = urlsplit(said)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port is None:
        return None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
