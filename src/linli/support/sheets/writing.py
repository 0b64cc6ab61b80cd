"""Writing spreadsheets: templates, tables that go out, and a file with its faults marked.

No cell is ever written as a formula: what begins like one gets an apostrophe.
"""

# XlsxWriter tells its types only in part.
# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import xlsxwriter

from linli.support.sheets.contracts import CellKind, Fault, ReadTable, Sheet
from linli.support.sheets.policy import EXAMPLE_MARK, LOSSY, NOTES, columns_of, neutral

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
LIST_ROWS = 5_000
LONGEST_LIST = 255
OPTIONS = {
    "in_memory": True,
    "constant_memory": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class Format(StrEnum):
    """In which form a table goes out."""

    XLSX = "xlsx"
    CSV = "csv"


MEDIA: Mapping[Format, str] = {Format.XLSX: XLSX, Format.CSV: CSV}


def written(
    title: str, header: Sequence[str], rows: Iterable[Sequence[str]], form: Format
) -> bytes:
    """A table as a file; csv begins with a mark, so that spreadsheets read it as UTF-8."""
    if form is Format.CSV:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow([neutral(one) for one in header])
        writer.writerows([neutral(one) for one in row] for row in rows)
        return text.getvalue().encode("utf-8-sig")
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, OPTIONS) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF5", "border": 1})
        as_text = book.add_format({"num_format": "@"})
        page = book.add_worksheet(title[:31])
        page.freeze_panes(1, 0)
        page.set_column(0, max(len(header) - 1, 0), 18, as_text)
        page.write_row(0, 0, [neutral(one) for one in header], bold)
        for at, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                page.write_string(at, place, neutral(cell), as_text)
        if header:
            page.autofilter(0, 0, 0, len(header) - 1)
    return held.getvalue()


def template(sheets: Sequence[Sheet]) -> bytes:
    """A workbook to fill in: one page for each sheet, lists to choose from, an example, notes."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, OPTIONS) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8EEF5", "border": 1})
        must = book.add_format(
            {"bold": True, "bg_color": "#E8EEF5", "border": 1, "font_color": "#B42318"}
        )
        grey = book.add_format({"font_color": "#6B7280", "italic": True, "num_format": "@"})
        as_text = book.add_format({"num_format": "@"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.title)
            page.freeze_panes(1, 0)
            for at, column in enumerate(columns_of(sheet)):
                heading = column.title + ("*" if column.required else "")
                page.write_string(0, at, heading, must if column.required else head)
                page.set_column(at, at, max(12, len(heading) * 2 + 4), as_text)
                if column.note:
                    page.write_comment(0, at, column.note, {"x_scale": 2})
                example = f"{EXAMPLE_MARK}（本行不导入）" if at == 0 else column.example
                page.write_string(1, at, example, grey)
                titles = list(column.choices.values())
                if column.kind is CellKind.CHOICE and len(",".join(titles)) <= LONGEST_LIST:
                    page.data_validation(
                        1, at, LIST_ROWS, at, {"validate": "list", "source": titles}
                    )
        notes = book.add_worksheet(NOTES)
        notes.set_column(0, 1, 14)
        notes.set_column(2, 2, 10)
        notes.set_column(3, 3, 80)
        notes.write_row(0, 0, ["表", "列", "必填", "怎么填"], head)
        row = 1
        for sheet in sheets:
            for column in columns_of(sheet):
                words = [column.note] if column.note else []
                if column.choices:
                    words.append("可选：" + "、".join(column.choices.values()))
                if column.kind is CellKind.DAY:
                    words.append("日期写成 2026-01-31")
                required = "是" if column.required else ""
                texts = (sheet.title, column.title, required, "；".join(words))
                for at, text in enumerate(texts):
                    notes.write_string(row, at, text)
                row += 1
    return held.getvalue()


def sample(sheets: Sequence[Sheet]) -> bytes:
    """A workbook that can be imported as it is: made-up lines that fit one another."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, OPTIONS) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8EEF5", "border": 1})
        as_text = book.add_format({"num_format": "@"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.title)
            page.freeze_panes(1, 0)
            for at, column in enumerate(sheet.columns):
                page.write_string(0, at, column.title, head)
                page.set_column(at, at, max(12, len(column.title) * 2 + 4), as_text)
                for row, values in enumerate(sheet.samples, start=1):
                    page.write_string(row, at, values.get(column.code, ""), as_text)
        notes = book.add_worksheet(NOTES)
        notes.set_column(0, 0, 80)
        notes.write_string(0, 0, "样例：里面的人、房屋和号码都是编造的，可以直接上传试算。", head)
        notes.write_string(1, 0, "请不要导入正在使用的小区；导入了可以整批撤销。")
    return held.getvalue()


def marked(tables: Sequence[ReadTable], faults: Sequence[Fault]) -> bytes:
    """The lines that are wrong, as they were uploaded, with a column that says what is wrong."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, OPTIONS) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8EEF5", "border": 1})
        red = book.add_format({"bg_color": "#FDE8E8", "num_format": "@"})
        as_text = book.add_format({"num_format": "@"})
        for at, table in enumerate(tables):
            wrong: dict[int, list[Fault]] = {}
            for fault in faults:
                if fault.table == at:
                    wrong.setdefault(fault.row, []).append(fault)
            if not wrong:
                continue
            page = book.add_worksheet(f"{at + 1} {_plain(table.title)}"[:31])
            page.freeze_panes(1, 0)
            page.set_column(0, len(table.header), 16, as_text)
            last = len(table.header)
            page.set_column(last, last, 60)
            page.write_row(0, 0, [neutral(one) for one in table.header], head)
            page.write_string(0, last, "错误（改好后删去本列再上传）", head)
            line = 1
            for row, cells in table.rows:
                own = wrong.get(row)
                if own is None:
                    continue
                bad = {fault.column for fault in own}
                for place, cell in enumerate(cells):
                    heading = table.header[place] if place < last else ""
                    text = neutral(cell.removeprefix(LOSSY))
                    page.write_string(line, place, text, red if heading in bad else as_text)
                said = "；".join(f"{one.column}：{one.message}".lstrip("：") for one in own)
                page.write_string(line, last, f"原第 {row} 行　{said}")
                line += 1
        if not book.worksheets():
            book.add_worksheet("没有错误")
    return held.getvalue()


def _plain(title: str) -> str:
    return "".join(one for one in title if one not in "[]:*?/\\'")
