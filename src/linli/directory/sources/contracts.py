"""What others may know of sources: who said so, what entering a list did, and old versions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID


class SourceKind(StrEnum):
    """What kind of hand a fact came from."""

    CLERK = "clerk"
    SELF = "self"
    IMPORT = "import"
    SYSTEM = "system"
    DEMO = "demo"


KIND_TITLES: Mapping[SourceKind, str] = {
    SourceKind.CLERK: "工作人员登记",
    SourceKind.SELF: "本人提供",
    SourceKind.IMPORT: "批量导入",
    SourceKind.SYSTEM: "其他系统",
    SourceKind.DEMO: "演示数据",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts come from.

    `title` is what people call it (a file, a system); `id` names one import, so that all it
    entered can be found and taken back.
    """

    kind: SourceKind
    title: str = ""
    id: UUID | None = None


CLERK = Source(SourceKind.CLERK)

NO_IDS: Mapping[str, UUID] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Entered:
    """What entering a list did. `ids` answers each entry's natural key with the row's id."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    ids: Mapping[str, UUID] = field(default_factory=lambda: NO_IDS)

    @property
    def total(self) -> int:
        return self.created + self.updated + self.unchanged


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a fact: when it was entered, by whom, from where, what it changed.

    `changed` holds names of columns that differ from the version before; empty for the first.
    """

    version: int
    entered_at: datetime
    entered_by: str
    source: Source
    changed: tuple[str, ...]
