"""What others may know of files: what a file is, what it is for, and how it comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Purpose(StrEnum):
    """What a file is kept for; the law's basis and the time it is kept follow from it."""

    ORDER_EVIDENCE = "order_evidence"
    INCIDENT_REPORT = "incident_report"
    DEVICE_EVIDENCE = "device_evidence"
    EVIDENCE_PACK = "evidence_pack"


PURPOSE_TITLES: Mapping[Purpose, str] = {
    Purpose.ORDER_EVIDENCE: "工单照片",
    Purpose.INCIDENT_REPORT: "上报照片",
    Purpose.DEVICE_EVIDENCE: "设备抓拍",
    Purpose.EVIDENCE_PACK: "证据包",
}


class FileKind(StrEnum):
    """How a file is shown."""

    PHOTO = "photo"
    VIDEO = "video"
    RECORD = "record"
    PACK = "pack"


KIND_OF: Mapping[str, FileKind] = {
    "video/mp4": FileKind.VIDEO,
    "application/json": FileKind.RECORD,
    "application/zip": FileKind.PACK,
}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is kept. `width` and `height` in pixels, of photos only."""

    id: UUID
    purpose: Purpose
    media_type: str
    bytes: int
    width: int | None
    height: int | None
    uploaded_by: UUID | None
    estate_id: UUID | None
    created_at: datetime

    @property
    def url(self) -> str:
        """Where it is read, behind the reader's session."""
        return f"/api/files/{self.id}"

    @property
    def kind(self) -> FileKind:
        return KIND_OF.get(self.media_type, FileKind.PHOTO)


@dataclass(frozen=True, slots=True)
class Content:
    """What is known of a file's content without reading it: hash, size, and until when it stays."""

    sha256: bytes
    size: int
    retain_until: datetime
    hold: bool


@dataclass(frozen=True, slots=True)
class Attachment:
    """To what files are attached: whoever holds one of the permissions there may see them."""

    estate_id: UUID
    permissions: tuple[str, ...]
    incident_id: UUID | None = None
