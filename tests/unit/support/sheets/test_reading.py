"""Files from anybody: whatever comes in is read, or refused in words; what goes out comes back."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.kernel.errors import BadInput
from linli.support.sheets import reading
from linli.support.sheets.contracts import CellKind, Column, ReadTable, Sheet, TableMapping
from linli.support.sheets.policy import checked, day_of, guessed, parsed
from linli.support.sheets.reading import LOSSY, TooLarge, Unreadable, read_tables, text_of
from linli.support.sheets.writing import Format, marked, template, written

words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cn", "Cf")), max_size=20
).map(str.strip)
VALID = written("名单", ("姓名", "手机号"), [("王一", "13800000001")], Format.XLSX)


def read_or_refused(content: bytes) -> str:
    """The heading, or the words of the refusal; any other error is raised."""
    try:
        return "".join(read_tables(content)[0].header)
    except BadInput as refused:
        return refused.message


async def nothing(*_: object) -> None:
    raise AssertionError("not entered here")


PEOPLE = Sheet(
    code="people",
    title="人员",
    needs="manage_people",
    order=1,
    columns=(
        Column(code="name", title="姓名", required=True, synonyms=("住户姓名",)),
        Column(code="born", title="出生日期", kind=CellKind.DAY),
        Column(code="number", title="编号", unique=True),
    ),
    enter=nothing,  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    undo=nothing,  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
)


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for one in (content, b"PK\x03\x04" + content):
        assert read_or_refused(one)


@given(st.integers(0, len(VALID) - 1), st.binary(min_size=1, max_size=8))
@settings(deadline=None)
def test_a_damaged_workbook_is_read_or_refused(at: int, put: bytes) -> None:
    damaged = VALID[:at] + put + VALID[at + len(put) :]
    assert read_or_refused(damaged)


@given(st.lists(st.tuples(words, words), max_size=8), st.sampled_from(Format))
@settings(deadline=None)
def test_what_goes_out_comes_back(rows: Sequence[tuple[str, str]], form: Format) -> None:
    (table,) = read_tables(written("名单", ("甲", "乙"), rows, form))
    column = Column(code="any", title="任意", longest=50)
    back = [tuple(checked(column, cell) for cell in cells) for _, cells in table.rows]
    meant = [tuple(one.lstrip("'").strip() for one in row) for row in rows if any(row)]
    assert [row for row in back if any(row)] == [row for row in meant if any(row)]


def test_a_zip_that_unpacks_to_more_than_it_may_is_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000)
    honest = held.getvalue()
    size = honest.index(b"PK\x01\x02") + 24
    with pytest.raises(TooLarge):
        read_tables(honest[:size] + (2**31).to_bytes(4, "little") + honest[size + 4 :])
    # One that holds more than it says is not unpacked to the end.
    with pytest.raises(Unreadable):
        read_tables(honest[:size] + (100).to_bytes(4, "little") + honest[size + 4 :])


def test_a_zip_of_very_many_parts_is_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as crowd:
        for number in range(reading.MOST_PARTS + 1):
            crowd.writestr(str(number), b"")
    with pytest.raises(TooLarge):
        read_tables(held.getvalue())


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xd0\xcf\x11\xe0rest", "只有标题".encode()])
def test_what_holds_no_table_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read_tables(content)
    assert refused.value.field == "file"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_the_encodings_people_have(encoding: str) -> None:
    (table,) = read_tables("住户登记表,\n姓名,手机\n王㐂,13800000001\n".encode(encoding))
    assert table.header == ("姓名", "手机")
    assert table.rows == ((3, ("王㐂", "13800000001")),)


def test_numbers_come_as_people_see_them() -> None:
    cells = (13800000001.0, 90.5, 110101194912310020.0, True, None)
    assert [text_of(cell) for cell in cells] == [
        "13800000001",
        "90.5",
        LOSSY + "110101194912310016",
        "是",
        "",
    ]


@pytest.mark.parametrize(
    "text", ["1949-12-31", "1949/12/31", "1949.12.31", "1949年12月31日", "19491231", "18263"]
)
def test_days_as_people_write_them(text: str) -> None:
    assert day_of(text) == date(1949, 12, 31)


@pytest.mark.parametrize("text", ["1949-02-30", "昨天", "31/12/1949", "0", "99991231"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        day_of(text)


def test_columns_are_known_by_their_headings() -> None:
    table = ReadTable(
        "住户表", ("序号", "住户姓名*", "出生日期(年月日)"), ((2, ("1", "王一", "")),)
    )
    assert guessed([PEOPLE], 0, table) == TableMapping(0, "people", {"name": 1, "born": 2})


def test_every_wrong_cell_of_a_line_is_named() -> None:
    table = ReadTable(
        "人员",
        ("姓名", "出生日期", "编号"),
        (
            (2, ("示例（本行不导入）", "", "")),
            (3, ("", "某天", "a")),
            (4, ("王一", "2000-1-1", "A")),
            (5, ("王二", "", "b")),
        ),
    )
    read = parsed(PEOPLE, TableMapping(0, "people", {"name": 0, "born": 1, "number": 2}), table)
    assert [line.row for line in read.lines] == [5]
    assert [(one.row, one.column) for one in read.faults] == [
        (3, "姓名"),
        (3, "出生日期"),
        (4, "编号"),
    ]
    (back,) = read_tables(marked([table], read.faults))
    assert back.header[-1].startswith("错误")
    assert [cells[-1][:6] for _, cells in back.rows] == ["原第 3 行", "原第 4 行"]


def test_a_template_is_read_as_an_empty_list() -> None:
    (table,) = read_tables(template([PEOPLE]))
    mapping = guessed([PEOPLE], 0, table)
    assert set(mapping.columns) == {"estate", "name", "born", "number"}
    assert parsed(PEOPLE, mapping, table).lines == ()
