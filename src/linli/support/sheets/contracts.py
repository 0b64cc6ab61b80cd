"""What others may know of sheets: how one is declared, and what became of an import."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher

ESTATE = "estate"
"""The column every sheet has: the estate a line belongs to, when it is not the import's own."""


class CellKind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    DAY = "day"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a sheet.

    `check` answers the text in the form in which it is stored, and raises `BadInput`. A cell of a
    CHOICE holds one of the `choices` by title or code and is handed on as the code; a DAY is handed
    on as `2026-01-31`. `synonyms` are other headings people use.
    """

    code: str
    title: str
    kind: CellKind = CellKind.TEXT
    required: bool = False
    unique: bool = False
    note: str = ""
    example: str = ""
    synonyms: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    check: Callable[[str], object] | None = None
    longest: int = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A line whose cells hold: its row in the sheet (the heading is row 1) and its values."""

    row: int
    values: Mapping[str, str]

    def text(self, code: str) -> str:
        """The value; empty when the cell is."""
        return self.values.get(code, "")

    def maybe(self, code: str) -> str | None:
        return self.values.get(code) or None


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines of one estate, to be entered for one import."""

    import_id: UUID
    estate_id: UUID
    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class LineFault:
    """A line that was not entered: its place in the batch, the column's code, and why."""

    at: int
    column: str | None
    message: str


Former = Mapping[str, str | int | None]
"""What a row was before an import changed it, as its context writes and reads it."""


@dataclass(frozen=True, slots=True)
class Done:
    """What entering a batch did.

    `made` are ids that only the import itself can name later; `former` is what rows were that it
    changed, where nothing else keeps that; `sums` are amounts in fen, by title, of what the lines
    that hold come to.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    faults: tuple[LineFault, ...] = ()
    made: tuple[UUID, ...] = ()
    former: Mapping[UUID, Former] = field(default_factory=lambda: MappingProxyType({}))
    sums: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What undoing an import did: rows removed, and rows that are again what they were."""

    removed: int = 0
    restored: int = 0


Enter = Callable[[Work, Cipher, Batch], Awaitable[Done]]
Undo = Callable[[Work, Cipher, UUID, Sequence[UUID]], Awaitable[TakenBack]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet that a context can enter.

    `needs` is the permission in the estate. Sheets of one workbook are entered by `order` and taken
    back the other way round. `enter` enters what holds and names the other lines; `undo` removes
    what an import added and restores what it changed, and raises `IllegalMove` with the reason
    where later work depends on it. Two lines equal in all columns of `same` are one too many.
    `samples` are made-up lines by column that fit those of the other sheets.
    Lines equal in the first filled column of `together` are one thing and come in one batch.
    """

    code: str
    title: str
    needs: str
    order: int
    columns: tuple[Column, ...]
    enter: Enter
    undo: Undo
    same: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    samples: tuple[Mapping[str, str], ...] = ()
    together: tuple[str, ...] = ()

    def column(self, code: str) -> Column | None:
        return next((one for one in self.columns if one.code == code), None)


@dataclass(frozen=True, slots=True)
class ReadTable:
    """One table of a file as it was read: heading, and rows of texts with their numbers."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class TableMapping:
    """Which sheet a table of the file is, and in which of its columns each value stands.

    `sheet` None: the table is passed over.
    """

    table: int
    sheet: str | None
    columns: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TableHead:
    """What is kept of a table of the file: its name, heading, number of rows, first values."""

    title: str
    header: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that is wrong: table, row as the spreadsheet counts, column by heading, and why."""

    table: int
    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What a sheet came to; `wrong` are lines left out, `sums` amounts in fen by title."""

    sheet: str
    title: str
    total: int
    created: int
    updated: int
    unchanged: int
    wrong: int
    sums: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


class ImportState(StrEnum):
    """How far an import has come."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    DISCARDED = "discarded"


STATE_TITLES: Mapping[ImportState, str] = {
    ImportState.UPLOADED: "待核对列",
    ImportState.CHECKING: "试算中",
    ImportState.CHECKED: "待确认",
    ImportState.RUNNING: "导入中",
    ImportState.DONE: "已导入",
    ImportState.UNDOING: "撤销中",
    ImportState.UNDONE: "已撤销",
    ImportState.DISCARDED: "已放弃",
}


@dataclass(frozen=True, slots=True)
class Import:
    """A file on its way into the base.

    `faults` counts wrong cells; `failure` says in words why the last step could not be done.
    """

    id: UUID
    estate_id: UUID
    account_id: UUID
    entered_by: str
    title: str
    size: int
    state: ImportState
    tables: tuple[TableHead, ...]
    mapping: tuple[TableMapping, ...]
    reports: tuple[SheetReport, ...]
    faults: int
    done_rows: int
    total_rows: int
    failure: str | None
    created_at: datetime
    changed_at: datetime
    version: int
