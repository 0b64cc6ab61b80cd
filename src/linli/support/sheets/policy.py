"""Decisions about sheets: which column is which, what a cell holds, how an import moves. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from linli.kernel.errors import BadInput, IllegalMove
from linli.support.approvals.contracts import Json
from linli.support.sheets.contracts import (
    ESTATE,
    CellKind,
    Column,
    Fault,
    Import,
    ImportState,
    Line,
    ReadTable,
    Sheet,
    TableMapping,
)

NOTES = "填写说明"
LOSSY = "\ufffd"
EXAMPLE_MARK = "示例"
MOST_FAULTS = 5_000
FIRST_DAY = date(1899, 12, 30)
EARLIEST, LATEST = date(1880, 1, 1), date(2200, 1, 1)
_SERIALS = range(1, 110_000)

ESTATE_COLUMN = Column(
    code=ESTATE,
    title="小区",
    note="不填就是上传时选择的小区；一个文件里有几个小区时填写小区名称或编号",
    synonyms=("小区名称", "小区编号", "所属小区", "项目"),
)

_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T].*)?")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")

MOVES: Mapping[ImportState, frozenset[ImportState]] = {
    ImportState.UPLOADED: frozenset({ImportState.CHECKING, ImportState.DISCARDED}),
    ImportState.CHECKING: frozenset({ImportState.CHECKED, ImportState.UPLOADED}),
    ImportState.CHECKED: frozenset(
        {ImportState.CHECKING, ImportState.RUNNING, ImportState.DISCARDED}
    ),
    ImportState.RUNNING: frozenset({ImportState.DONE, ImportState.CHECKED}),
    ImportState.DONE: frozenset({ImportState.UNDOING}),
    ImportState.UNDOING: frozenset({ImportState.UNDONE, ImportState.DONE}),
    ImportState.UNDONE: frozenset(),
    ImportState.DISCARDED: frozenset(),
}


def moved(state: ImportState, into: ImportState) -> ImportState:
    """The state after a step.

    Raises:
        IllegalMove: this step does not follow.
    """
    if into not in MOVES[state]:
        raise IllegalMove
    return into


def lines_done(one: Import) -> int:
    """How many lines an import entered or changed."""
    return sum(report.created + report.updated for report in one.reports)


def batches(lines: Sequence[Line], together: Sequence[str], most: int) -> list[list[Line]]:
    """Lines in batches of about so many; those that are one thing are never parted."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        key = next((f"{code} {line.text(code)}" for code in together if line.text(code)), "")
        groups.setdefault(key or f"row {line.row}", []).append(line)
    found: list[list[Line]] = []
    for group in groups.values():
        if found and len(found[-1]) + len(group) <= most:
            found[-1].extend(group)
        else:
            found.append(group)
    return found


def undo_request(one: Import, reason: str) -> dict[str, Json]:
    """What is asked for when an import is to be undone, exactly."""
    return {
        "import_id": str(one.id),
        "reason": reason.strip(),
        "expected_version": one.version,
    }


def folded(heading: str) -> str:
    """A heading without what people add to it: blanks, marks, units in brackets."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    text = re.sub(r"\(.*?\)|【.*?】|\[.*?\]", "", text)
    return "".join(one for one in text if one.isalnum())


def columns_of(sheet: Sheet) -> tuple[Column, ...]:
    """The columns of a sheet with the one every sheet has."""
    return (ESTATE_COLUMN, *sheet.columns)


def names_of(column: Column) -> frozenset[str]:
    return frozenset(folded(one) for one in (column.title, column.code, *column.synonyms))


def guessed_columns(sheet: Sheet, header: Sequence[str]) -> Mapping[str, int]:
    """In which column of a table each value of a sheet probably stands, by its heading."""
    found: dict[str, int] = {}
    headings = [folded(one) for one in header]
    for column in columns_of(sheet):
        names = names_of(column)
        at = next(
            (
                at
                for at, heading in enumerate(headings)
                if heading in names and at not in found.values()
            ),
            None,
        )
        if at is not None:
            found[column.code] = at
    return found


def guessed(sheets: Sequence[Sheet], at: int, table: ReadTable) -> TableMapping:
    """Which sheet a table probably is: by its name, else by the most headings known."""
    if not table.rows:
        return TableMapping(at, None, {})
    name = folded(table.title)
    best: tuple[tuple[bool, int, int], Sheet, Mapping[str, int]] | None = None
    for sheet in sheets:
        columns = guessed_columns(sheet, table.header)
        named = name in {folded(one) for one in (sheet.title, sheet.code, *sheet.synonyms)}
        missing = sum(1 for one in sheet.columns if one.required and one.code not in columns)
        score = (named, -missing, len(columns))
        if columns and (best is None or score > best[0]):
            best = (score, sheet, columns)
    if best is None:
        return TableMapping(at, None, {})
    return TableMapping(at, best[1].code, best[2])


def header_hash(table: ReadTable) -> bytes:
    """The same for tables with the same heading."""
    return hashlib.sha256("\x1f".join(folded(one) for one in table.header).encode()).digest()


def day_of(text: str) -> date:
    """A day as people write it: `2026-1-5`, `2026/1/5`, `2026年1月5日`, `20260105`, or a serial.

    Raises:
        BadInput: it is none.
    """
    bare = unicodedata.normalize("NFKC", text).strip()
    found = _DAY.fullmatch(bare) or _PACKED.fullmatch(bare)
    try:
        if found:
            year, month, day = (int(one) for one in found.groups())
            made = date(year, month, day)
        elif bare.isascii() and bare.isdigit() and len(bare) < 7 and int(bare) in _SERIALS:  # noqa: PLR2004 - longer ones are days themselves
            made = FIRST_DAY + timedelta(days=int(bare))
        else:
            raise BadInput("日期写成 2026-01-31 这样")
    except ValueError:
        raise BadInput("没有这一天，日期写成 2026-01-31 这样") from None
    if not EARLIEST <= made < LATEST:
        raise BadInput("日期不合理，请核对年份")
    return made


def checked(column: Column, text: str) -> str:
    """A cell in the form in which it is handed on; empty when nothing stands in it.

    Raises:
        BadInput: in words for the person who filled it in.
    """
    value = text.strip().lstrip("'")
    if not value:
        if column.required:
            raise BadInput(f"请填写{column.title}")
        return ""
    if value.startswith(LOSSY):
        raise BadInput("这一格是数字，超过 15 位的末几位已经丢失；请把这一列设为文本，重新填写")
    if any(unicodedata.category(one) == "Cc" for one in value):
        value = "".join(one for one in value if unicodedata.category(one) != "Cc")
    if len(value) > column.longest:
        raise BadInput(f"{column.title}太长，最多 {column.longest} 个字")
    match column.kind:
        case CellKind.DAY:
            value = day_of(value).isoformat()
        case CellKind.NUMBER:
            bare = unicodedata.normalize("NFKC", value).replace(",", "")
            if not _NUMBER.fullmatch(bare):
                raise BadInput(f"{column.title}应是数字")
            value = bare
        case CellKind.CHOICE:
            value = _chosen(column, value)
        case CellKind.TEXT:
            pass
    if column.check is not None:
        column.check(value)
    return value


def _chosen(column: Column, value: str) -> str:
    wanted = folded(value)
    for code, title in column.choices.items():
        if wanted in {folded(code), folded(title)}:
            return code
    raise BadInput(f"{column.title}只能是：{'、'.join(column.choices.values())}")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a table came to: lines that hold, and the cells that are wrong."""

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]
    wrong: int


def parsed(sheet: Sheet, mapping: TableMapping, table: ReadTable) -> Parsed:
    """Every line of a table, cell by cell; a line with a wrong cell is left out and named."""
    columns = columns_of(sheet)
    missing = [one for one in columns if one.required and one.code not in mapping.columns]
    if missing:
        names = "、".join(one.title for one in missing)
        fault = Fault(mapping.table, 1, missing[0].title, f"没有选择这些列：{names}")
        return Parsed((), (fault,), len(table.rows))
    faults: list[Fault] = []
    lines: list[Line] = []
    first: dict[tuple[str, str], int] = {}
    wrong = 0
    for row, cells in table.rows:
        if any(cell.startswith(EXAMPLE_MARK) for cell in cells):
            continue
        values: dict[str, str] = {}
        own: list[Fault] = []
        for column in columns:
            at = mapping.columns.get(column.code)
            text = cells[at] if at is not None and at < len(cells) else ""
            try:
                value = checked(column, text)
            except BadInput as refused:
                heading = table.header[at] if at is not None else column.title
                own.append(Fault(mapping.table, row, heading, refused.message))
                continue
            if value:
                values[column.code] = value
            if value and column.unique:
                before = first.setdefault((column.code, value.upper()), row)
                if before != row:
                    text = f"{column.title}与第 {before} 行重复"
                    own.append(Fault(mapping.table, row, column.title, text))
        if sheet.same and not own:
            key = "\x1f".join(values.get(code, "") for code in (ESTATE, *sheet.same))
            before = first.setdefault(("", key), row)
            if before != row:
                own.append(Fault(mapping.table, row, "", f"这一行与第 {before} 行重复"))
        if own:
            wrong += 1
            faults.extend(own)
        else:
            lines.append(Line(row, values))
    return Parsed(tuple(lines), tuple(faults), wrong)


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula; numbers stay as they are."""
    if text.startswith(FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text
