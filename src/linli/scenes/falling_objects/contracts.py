"""What others may know of façades and falls. Storeys and columns count as people do, from 1."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

Corner = tuple[float, float]
"""Fractions of the picture: x to the right, y downwards."""


class Grade(StrEnum):
    """How sure the camera is."""

    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"

    @property
    def words(self) -> str:
        return "确认" if self is Grade.CONFIRMED else "疑似"


class Agreement(StrEnum):
    """How what several cameras saw fits together."""

    SINGLE = "single"
    AGREES = "agrees"
    CONTRADICTS = "contradicts"

    @property
    def words(self) -> str:
        return _AGREEMENTS[self]


_AGREEMENTS = {
    Agreement.SINGLE: "只有一路摄像机看到",
    Agreement.AGREES: "多路摄像机的推算一致",
    Agreement.CONTRADICTS: "多路摄像机的推算互相矛盾，请人工核对",
}


@dataclass(frozen=True, slots=True)
class FacadeDraft:
    """A façade of a building as one camera sees it.

    `corners`: top left, top right, bottom right, bottom left of the wall that holds `storeys`
    storeys from `ground_storey` up, and `columns` columns of windows. `mirrored`: the first home
    of the building lies on the right, as the camera sees it.
    """

    building_id: UUID
    camera_id: UUID
    title: str
    corners: tuple[Corner, Corner, Corner, Corner]
    storeys: int
    ground_storey: int
    columns: int
    storey_height_m: float
    width_m: float
    error_px: float = 1.5
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class KeptFacade:
    """A calibrated façade."""

    id: UUID
    estate_id: UUID
    draft: FacadeDraft
    version: int
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Window:
    """What lies behind one window: a home, or something else (`label`: 楼梯间, 设备层, 无窗)."""

    storey: int
    column: int
    home_id: UUID | None
    label: str = ""
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """The windows a thing may have come from, both ends included."""

    storey_low: int
    storey_high: int
    column_low: int
    column_high: int


@dataclass(frozen=True, slots=True)
class PossibleHome:
    """A home from which it may have come; `windows` of it lie in the band (storey, column)."""

    home_id: UUID
    title: str
    windows: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ClearedHome:
    """A home from which it cannot have come, and why."""

    home_id: UUID
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where it came from, as far as can be said. `words` is that as a sentence."""

    storey_low: int | None
    storey_high: int | None
    agreement: Agreement
    words: str
    possible: tuple[PossibleHome, ...] = ()
    cleared: tuple[ClearedHome, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one camera saw of a fall. `facade` is the calibration as it was then.

    `storey`, `column` are the likeliest window, `band` where the truth lies; all None where no
    façade is calibrated.
    """

    id: UUID
    fall_id: UUID
    estate_id: UUID
    camera_id: UUID
    camera_title: str
    event_id: str
    observed_at: datetime
    received_at: datetime
    released_at: datetime
    impact_at: datetime
    grade: Grade
    reasons: tuple[str, ...]
    confidence: float | None
    facade_id: UUID | None
    facade: FacadeDraft | None
    storey: int | None
    column: int | None
    band: Band | None
    windows: tuple[Window, ...] = ()
    clip_id: UUID | None = None
    still_id: UUID | None = None
    track_id: UUID | None = None
    clip_from: datetime | None = None
    """The moment of the film's first picture."""
    missing: str = ""
    """Why there is no film."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """One thing that fell, as seen by one camera or several."""

    id: UUID
    estate_id: UUID
    building_id: UUID | None
    incident_id: UUID | None
    grade: Grade
    released_at: datetime
    impact_at: datetime
    verdict: Verdict
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """An exported evidence pack."""

    id: UUID
    fall_id: UUID
    file_id: UUID
    sha256: str
    key_id: str
    made_at: datetime
    made_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of the pack: its name, what it is, its SHA-256 (hexadecimal) and size."""

    name: str
    title: str
    sha256: str
    size: int
