"""Cameras as the platform keeps them: settings, signs, and the nodes that run them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from linli.sensing.vision.contracts import Polygon
from linli.sensing.vision.plan import ClipSpan, Duty, Recording, SourceKind

LONGEST_URL = 500
RECORDED = Recording()
CLIPPED = ClipSpan()


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSettings:
    """What people choose for a camera.

    `masks` are blacked out before anything is stored or shown. `blind` are the regions in which
    falls are not looked for; `blind_judged` says that somebody looked and decided about them.
    """

    work: tuple[Duty, ...]
    masks: tuple[Polygon, ...] = ()
    blind: tuple[Polygon, ...] = ()
    blind_judged: bool = False
    record: Recording = RECORDED
    clip: ClipSpan = CLIPPED
    sensitivity: int = 50
    confidence: int = 50
    priority: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera; `source_shown` is its address without the password."""

    id: UUID
    estate_id: UUID
    source_kind: SourceKind
    source_shown: str
    source_loop: bool
    settings: CameraSettings
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """Where a camera's pictures are to be fetched; `url` may hold its user and password."""

    kind: SourceKind
    url: str
    loop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignDraft:
    """A sign beside a camera: what it says, where it hangs, what for, and who answers (PIPL 26)."""

    sign_text: str
    place: str
    purpose: str
    legal_basis: str
    answers: str
    phone: str
    put_up_on: date
    photo_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A sign as recorded; the one before it ended when this one was recorded."""

    id: UUID
    camera_id: UUID
    draft: SignDraft
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node that runs cameras; it asks for its plan every few seconds."""

    connection_id: UUID
    estate_id: UUID
    address: str | None
    plan_version: str | None
    asked_at: datetime
