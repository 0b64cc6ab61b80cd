"""Reading files of spreadsheets: what comes in is bytes from anybody, and may be anything.

xlsx by calamine, csv as UTF-8 or GB18030. Formulas count with the value the spreadsheet last saw;
hidden sheets and empty rows are passed over; a merged cell counts once, at its upper left.
"""

import csv
import io
import lzma
import math
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from linli.kernel.errors import BadInput
from linli.support.sheets.contracts import ReadTable
from linli.support.sheets.policy import LOSSY, NOTES

MOST_BYTES = 32 * 1024 * 1024
MOST_UNPACKED = 600 * 1024 * 1024
MOST_PARTS = 2_000
MOST_ROWS = 1_000_000
MOST_COLUMNS = 200
MOST_TABLES = 30
READ_AT_ONCE = 1024 * 1024
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # locked by a password; NotImplementedError is one
)
LONGEST_CELL = 2_000
LONGEST_HEADING = 100
EXACT = 10**15
"""Spreadsheets keep fifteen digits of a number."""
ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"


class Unreadable(BadInput):
    code = "unreadable_file"
    text = "这个文件打不开，可能已经损坏；请用表格软件另存为 xlsx 后再上传"


class TooLarge(BadInput):
    code = "sheet_too_large"
    text = "文件太大：压缩前不超过 600 MB，上传不超过 32 MB，请分成几份"


def read_tables(content: bytes) -> tuple[ReadTable, ...]:
    """The tables of an xlsx or csv file, each with its heading.

    Raises:
        TooLarge: more than can be held.
        Unreadable: neither format, damaged, locked by a password, or without any row.
    """
    if len(content) > MOST_BYTES:
        raise TooLarge(field="file")
    if content.startswith(OLD_EXCEL):
        raise Unreadable(
            "这是旧版 xls 文件，或者加了密码；请另存为没有密码的 xlsx 后再上传", field="file"
        )
    tables = _read_xlsx(content) if content.startswith(ZIP) else _read_csv(content)
    if not tables:
        raise Unreadable("文件里没有内容：第一行应是列名，下面是资料", field="file")
    return tables


def _read_xlsx(content: bytes) -> tuple[ReadTable, ...]:
    _weigh(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        tables: list[ReadTable] = []
        for one in book.sheets_metadata:
            wanted = one.typ is SheetTypeEnum.WorkSheet and one.visible is SheetVisibleEnum.Visible
            if not wanted or one.name == NOTES:
                continue
            sheet = book.get_sheet_by_name(one.name)
            if sheet.height > MOST_ROWS:
                raise TooLarge(
                    f"表“{one.name}”超过 {MOST_ROWS // 10_000} 万行，请分成几份", field="file"
                )
            if sheet.width > MOST_COLUMNS:
                raise TooLarge(f"表“{one.name}”超过 {MOST_COLUMNS} 列", field="file")
            first = sheet.start[0] if sheet.start else 0
            cells = ([text_of(cell) for cell in row] for row in sheet.to_python())
            table = _table(one.name, cells, first + 1)
            if table is not None:
                tables.append(table)
            if len(tables) > MOST_TABLES:
                raise TooLarge(f"文件里的表超过 {MOST_TABLES} 张", field="file")
    except CalamineError as error:
        raise Unreadable(field="file") from error
    return tuple(tables)


def _weigh(content: bytes) -> None:
    """Look at what a zip says of itself, then whether that is true, before it is unpacked whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS or sum(one.file_size for one in parts) > MOST_UNPACKED:
                raise TooLarge(field="file")
            for one in parts:
                # Reads no more than was said; a part that holds more fails its checksum.
                with packed.open(one) as part:
                    while part.read(READ_AT_ONCE):
                        pass
    except DAMAGED as error:
        raise Unreadable(field="file") from error


def _read_csv(content: bytes) -> tuple[ReadTable, ...]:
    text = _decoded(content)
    first = text.split("\n", 1)[0]
    separator = max(",\t;", key=first.count)
    csv.field_size_limit(1_000_000)
    try:
        rows = [
            [cell.strip()[:LONGEST_CELL] for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        ]
    except csv.Error as error:
        words = "这个 csv 文件的格式不对，请用表格软件另存后再上传"
        raise Unreadable(words, field="file") from error
    if len(rows) > MOST_ROWS:
        raise TooLarge(f"超过 {MOST_ROWS // 10_000} 万行，请分成几份", field="file")
    if any(len(row) > MOST_COLUMNS for row in rows):
        raise TooLarge(f"超过 {MOST_COLUMNS} 列", field="file")
    table = _table("csv", rows, 1)
    return (table,) if table else ()


def _decoded(content: bytes) -> str:
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("只能读取 xlsx 和 csv 文件", field="file")
    for encoding in ("utf-8-sig", "utf-16", "gb18030"):
        if encoding == "utf-16" and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
            continue
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("看不出文字的编码，请另存为 UTF-8 或 GB18030 的 csv", field="file")


def _table(title: str, rows: Iterable[Sequence[str]], first: int) -> ReadTable | None:
    """The heading is the first row with two filled cells or more: titles above it are left out."""
    header: tuple[str, ...] | None = None
    kept: list[tuple[int, tuple[str, ...]]] = []
    for at, row in enumerate(rows):
        filled = sum(1 for cell in row if cell)
        if not filled:
            continue
        if header is None:
            if filled > 1:
                header = tuple(printable(cell).strip(" *＊")[:LONGEST_HEADING] for cell in row)
            continue
        kept.append((first + at, tuple(row)))
    if header is None:
        return None
    return ReadTable(printable(title)[:100], header, tuple(kept))


def printable(text: str) -> str:
    """A text without what no person sees."""
    return "".join(one for one in text if one.isprintable())


def text_of(cell: object) -> str:
    """A cell as a person would write it; a number beyond fifteen digits is marked as lossy."""
    match cell:
        case str():
            return cell.strip()[:LONGEST_CELL]
        case bool():
            return "是" if cell else "否"
        case int() | float():
            if math.isfinite(cell) and abs(cell) >= EXACT:
                return f"{LOSSY}{cell:.0f}"
            if isinstance(cell, float) and cell.is_integer():
                return str(int(cell))
            return f"{cell:.10g}" if isinstance(cell, float) else str(cell)
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return ""
