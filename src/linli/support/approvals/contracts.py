"""What others may know of approvals: what is asked, how far it has come, who decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

MOST_ALONE = 1_000
"""So many rows of personal data one person alone may take out or delete, unless set otherwise."""

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
Frozen: TypeAlias = Mapping[str, Json]


class Purpose(StrEnum):
    """What is asked for. Codes never change."""

    EXPORT_LIST = "export_list"
    UNDO_IMPORT = "undo_import"
    ERASE_PERSON = "erase_person"
    SWITCH_OFF_MODULE = "switch_off_module"


class ApprovalState(StrEnum):
    """How far a request has come."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    USED = "used"


class View(StrEnum):
    """Which requests are listed: for me to decide, my own that are open, and all that ended."""

    WAITING = "waiting"
    MINE = "mine"
    PAST = "past"


PURPOSE_TITLES: Mapping[Purpose, str] = MappingProxyType(
    {
        Purpose.EXPORT_LIST: "导出含个人资料的清单",
        Purpose.UNDO_IMPORT: "撤销导入",
        Purpose.ERASE_PERSON: "删除人员资料",
        Purpose.SWITCH_OFF_MODULE: "关闭小区模块",
    }
)
STATE_TITLES: Mapping[ApprovalState, str] = MappingProxyType(
    {
        ApprovalState.ASKED: "等待审批",
        ApprovalState.APPROVED: "已同意，待执行",
        ApprovalState.REFUSED: "未同意",
        ApprovalState.WITHDRAWN: "已撤回",
        ApprovalState.EXPIRED: "已过期",
        ApprovalState.USED: "已执行",
    }
)


@dataclass(frozen=True, slots=True)
class Said:
    """One line of what will happen, in words, without personal data."""

    label: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request: what exactly would be done, how many rows it touches, why, and who may decide.

    Who decides holds every permission of `needs` on every estate of `estate_ids`. `request` is
    done exactly as it stands here or not at all.
    """

    purpose: Purpose
    title: str
    request: Frozen
    total: int
    reason: str
    said: tuple[Said, ...]
    needs: tuple[str, ...]
    estate_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A request on its way. `expires_at` is when it lapses in its present state."""

    id: UUID
    wanted: Wanted
    request_hash: bytes
    asker_id: UUID
    asker_name: str
    asked_at: datetime
    state: ApprovalState
    version: int
    expires_at: datetime
    decided_by: UUID | None = None
    decided_name: str = ""
    decided_at: datetime | None = None
    answer: str = ""
    ended_at: datetime | None = None
