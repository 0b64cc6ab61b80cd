"""What a look is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from linli.kernel.errors import BadInput

SHORTEST_REASON = 4


class ReasonNeeded(BadInput):
    """Nobody looks without saying why."""

    code = "reason_needed"
    text = f"请写明查看的原因（至少 {SHORTEST_REASON} 个字）"


def reason_given(reason: str) -> str:
    """The reason for a full look, trimmed. Pure.

    Raises:
        ReasonNeeded: there is none worth the name.
    """
    trimmed = reason.strip()
    if len(trimmed) < SHORTEST_REASON:
        raise ReasonNeeded(field="reason")
    return trimmed


class What(StrEnum):
    """What was read."""

    DETAILS = "details"
    PLATE = "plate"
    CARD = "card"
    NOTES = "notes"
    PICTURE = "picture"
    RECORDING = "recording"
    EVIDENCE = "evidence"
    FILE = "file"


WHAT_TITLES: Mapping[What, str] = {
    What.DETAILS: "电话、证件号和住址",
    What.PLATE: "车牌号",
    What.CARD: "门卡号",
    What.NOTES: "关爱档案和备注",
    What.PICTURE: "摄像机画面",
    What.RECORDING: "录像",
    What.EVIDENCE: "抛物证据",
    What.FILE: "照片或文件",
}


@dataclass(frozen=True, slots=True)
class Look:
    """One reading. `person_id` is None where a picture may show anybody."""

    id: UUID
    at: datetime
    account_id: UUID | None
    actor_name: str
    what: What
    person_id: UUID | None
    subject_kind: str
    subject_id: UUID
    subject_title: str
    reason: str | None
    address: str | None
    estate_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookDraft:
    """What is being read: as `Look`, before it is known who reads and when.

    `subject_title` is what people call it, names masked.
    """

    what: What
    subject_kind: str
    subject_id: UUID
    subject_title: str
    estate_id: UUID | None
    person_id: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookSearch:
    """What to look for; `from_` ≤ time < `to`. `person_ids` None: anybody."""

    account_id: UUID | None = None
    person_ids: frozenset[UUID] | None = None
    estate_id: UUID | None = None
    what: What | None = None
    from_: datetime | None = None
    to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Looker:
    """How much one account looked at: readings, different persons, and when last."""

    account_id: UUID
    actor_name: str
    looks: int
    persons: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """That an account read about a person of an estate."""

    account_id: UUID
    person_id: UUID
    estate_id: UUID
    at: datetime
