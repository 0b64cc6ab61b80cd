"""Imports over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Form, Query, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.errors import BadInput, Forbidden
from linli.kernel.web import CurrentWork, router
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher
from linli.support.sheets import policy, service, writing
from linli.support.sheets.answering import file_answer
from linli.support.sheets.contracts import (
    STATE_TITLES,
    CellKind,
    Import,
    ImportState,
    Sheet,
    TableMapping,
)
from linli.support.sheets.listed import Column, as_file
from linli.support.sheets.reading import MOST_BYTES, MOST_COLUMNS, MOST_TABLES, TooLarge

api = router("/api/imports", tag="imports")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class SheetColumnView(_Frozen):
    """A column of a sheet, as the template shows it."""

    code: str
    title: str
    kind: CellKind
    required: bool
    note: str
    choices: tuple[str, ...]


class SheetView(_Frozen):
    """A sheet that can be entered."""

    code: str
    title: str
    needs: str
    columns: tuple[SheetColumnView, ...]


class SheetList(_Frozen):
    """The sheets somebody may fill in."""

    items: tuple[SheetView, ...]


class TableHeadView(_Frozen):
    """A table of the file: its name, heading and number of rows below it."""

    title: str
    header: tuple[str, ...]
    rows: int


class TableMappingView(_Frozen):
    """Which sheet a table is (null: passed over) and in which of its columns each value stands."""

    table: int = Field(ge=0, lt=MOST_TABLES + 1)
    sheet: str | None = Field(max_length=40)
    columns: dict[str, int] = Field(max_length=MOST_COLUMNS)


class SheetReportView(_Frozen):
    """What a sheet came to, in lines; `sums`: amounts in fen by title, where lines hold money."""

    sheet: str
    title: str
    total: int
    created: int
    updated: int
    unchanged: int
    wrong: int
    sums: dict[str, int]


class ImportView(_Frozen):
    """An import: its file, columns, progress (`done_rows` of `total_rows`) and outcome."""

    id: UUID
    estate_id: UUID
    entered_by: str
    title: str
    size: int
    state: ImportState
    state_title: str
    tables: tuple[TableHeadView, ...]
    mapping: tuple[TableMappingView, ...]
    reports: tuple[SheetReportView, ...]
    faults: int
    done_rows: int
    total_rows: int
    failure: str | None
    created_at: datetime
    changed_at: datetime
    version: int


class ImportPageView(_Frozen):
    """Imports, the newest first."""

    items: tuple[ImportView, ...]
    next_cursor: str | None
    total: int


class FaultView(_Frozen):
    """A wrong cell: the table, the row as the spreadsheet counts, the heading, and why."""

    table: int
    table_title: str
    row: int
    column: str
    message: str


class FaultPageView(_Frozen):
    """Wrong cells, from the top down."""

    items: tuple[FaultView, ...]
    next_cursor: str | None
    total: int


class TryBody(_Frozen):
    """Which sheet each table is and where its values stand."""

    mapping: tuple[TableMappingView, ...] = Field(max_length=MOST_TABLES + 1)
    expected_version: int = Field(ge=1, lt=1 << 31)


class MoveBody(_Frozen):
    """The version that was seen."""

    expected_version: int = Field(ge=1, lt=1 << 31)


class UndoAskedView(_Frozen):
    """The request that waits now."""

    id: UUID


class UndoBody(_Frozen):
    """Why an import is taken back."""

    reason: str = Field(min_length=4, max_length=300)
    expected_version: int = Field(ge=1, lt=1 << 31)


def _sheets_of(request: Request) -> Sequence[Sheet]:
    return cast("Sequence[Sheet]", request.app.state.sheets)


def _cipher_of(request: Request) -> Cipher:
    return cast("Cipher", request.app.state.cipher)


Sheets = Annotated[Sequence[Sheet], Depends(_sheets_of)]


def _most_alone_of(request: Request) -> int:
    return cast("int", request.app.state.most_alone)


InstallationCipher = Annotated[Cipher, Depends(_cipher_of)]
MostAlone = Annotated[int, Depends(_most_alone_of)]


@api.get("/sheets")
async def list_sheets(work: CurrentWork, sheets: Sheets) -> SheetList:
    """The sheets this session may enter somewhere, with their columns."""
    return SheetList(
        items=tuple(
            SheetView(
                code=sheet.code,
                title=sheet.title,
                needs=sheet.needs,
                columns=tuple(
                    SheetColumnView(
                        code=one.code,
                        title=one.title,
                        kind=one.kind,
                        required=one.required,
                        note=one.note,
                        choices=tuple(one.choices.values()),
                    )
                    for one in policy.columns_of(sheet)
                ),
            )
            for sheet in _may(work, sheets)
        )
    )


@api.get("/template", response_class=Response)
async def read_template(
    work: CurrentWork,
    sheets: Sheets,
    sheet: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """A workbook to fill in: all sheets, or one; with notes, lists to choose from, an example."""
    wanted = [one for one in _may(work, sheets) if sheet in {None, one.code}]
    if not wanted:
        raise BadInput("没有这种表", field="sheet")
    title = wanted[0].title if sheet else "全部"
    return file_answer(writing.template(wanted), writing.XLSX, f"导入模板-{title}.xlsx")


@api.get("/sample", response_class=Response)
async def read_sample(work: CurrentWork, sheets: Sheets) -> Response:
    """A workbook of made-up lines that can be tried out as it is, of the sheets one may import."""
    wanted = sorted(_may(work, sheets), key=lambda one: one.order)
    if not wanted:
        raise BadInput("没有您可以导入的表", field="sheet")
    return file_answer(writing.sample(wanted), writing.XLSX, "导入样例.xlsx")


@api.post("", status_code=201)
async def upload_import(
    work: CurrentWork,
    cipher: InstallationCipher,
    sheets: Sheets,
    file: UploadFile,
    estate_id: Annotated[UUID, Form()],
) -> ImportView:
    """Upload an xlsx or csv file for an estate. Nothing is entered yet: the columns are guessed.

    422 the file cannot be read, 403 nothing may be entered in this estate.
    """
    content = await file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise TooLarge(field="file")
    title = (file.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    given = service.Upload(estate_id, title, content)
    return _view(await service.upload(work, cipher, sheets, given))


@api.get("")
async def list_imports(
    work: CurrentWork,
    sheets: Sheets,
    *,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> ImportPageView:
    """The session's own imports, newest first."""
    _may(work, sheets)
    rows, total = await service.list_imports(work, most=limit, skip=cursor)
    return ImportPageView(
        items=tuple(_view(one) for one in rows),
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


as_file(
    api,
    list_imports,
    "导入记录",
    (
        Column("时间", lambda row: row.created_at),
        Column("文件", lambda row: row.title),
        Column("登记人", lambda row: row.entered_by),
        Column("表", lambda row: tuple(one.title for one in row.tables)),
        Column("行数", lambda row: row.total_rows),
        Column("错误", lambda row: row.faults),
        Column("状态", lambda row: row.state_title),
        Column("失败原因", lambda row: row.failure),
    ),
)


@api.get("/{import_id}")
async def read_import(work: CurrentWork, import_id: UUID) -> ImportView:
    """One import, with its progress."""
    return _view(await service.import_of(work, import_id))


@api.post("/{import_id}/try")
async def try_import(
    work: CurrentWork, sheets: Sheets, import_id: UUID, body: TryBody
) -> ImportView:
    """Try the import out with these columns: counts and faults, without any change."""
    mapping = [TableMapping(one.table, one.sheet, one.columns) for one in body.mapping]
    tried = await service.try_out(
        work, sheets, import_id, mapping, expected_version=body.expected_version
    )
    return _view(tried)


@api.post("/{import_id}/run")
async def run_import(work: CurrentWork, import_id: UUID, body: MoveBody) -> ImportView:
    """Let a tried import run: lines that hold are entered, whole or not at all."""
    return _view(await service.start(work, import_id, expected_version=body.expected_version))


@api.post("/{import_id}/undo")
async def undo_import(
    work: CurrentWork, sheets: Sheets, most_alone: MostAlone, import_id: UUID, body: UndoBody
) -> ImportView:
    """Take a whole import back. Where later work depends on it, `failure` says so and it stays.

    409 `second_pair_needed`: so many lines that somebody else has to agree first.
    """
    return _view(
        await service.take_back(
            work,
            sheets,
            import_id,
            reason=body.reason,
            expected_version=body.expected_version,
            most_alone=most_alone,
        )
    )


@api.post("/{import_id}/undo/ask", status_code=201)
async def ask_undo(
    work: CurrentWork, sheets: Sheets, most_alone: MostAlone, import_id: UUID, body: UndoBody
) -> UndoAskedView:
    """Ask for somebody else's consent to undo a large import; 422: it needs none."""
    approval = await service.ask_to_take_back(
        work,
        sheets,
        import_id,
        reason=body.reason,
        expected_version=body.expected_version,
        most_alone=most_alone,
    )
    return UndoAskedView(id=approval.id)


@api.post("/{import_id}/discard")
async def discard_import(work: CurrentWork, import_id: UUID, body: MoveBody) -> ImportView:
    """Give an import up before it ran; its file is deleted at once."""
    return _view(await service.discard(work, import_id, expected_version=body.expected_version))


@api.get("/{import_id}/faults")
async def list_faults(
    work: CurrentWork,
    import_id: UUID,
    *,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> FaultPageView:
    """The wrong cells, by table and row."""
    one = await service.import_of(work, import_id)
    faults = sorted(
        await service.faults_of(work, import_id), key=lambda each: (each.table, each.row)
    )
    return FaultPageView(
        items=tuple(
            FaultView(
                table=each.table,
                table_title=one.tables[each.table].title,
                row=each.row,
                column=each.column,
                message=each.message,
            )
            for each in faults[cursor : cursor + limit]
        ),
        next_cursor=str(cursor + limit) if cursor + limit < len(faults) else None,
        total=len(faults),
    )


@api.get("/{import_id}/marked", response_class=Response)
async def read_marked(work: CurrentWork, cipher: InstallationCipher, import_id: UUID) -> Response:
    """The wrong lines as they were uploaded, with a column that says what is wrong (xlsx)."""
    tables = await service.tables_of(work, cipher, import_id)
    faults = await service.faults_of(work, import_id)
    return file_answer(writing.marked(tables, faults), writing.XLSX, "需要改正的行.xlsx")


def _may(work: Work, sheets: Sequence[Sheet]) -> tuple[Sheet, ...]:
    may = tuple(one for one in sheets if work.scope.may_anywhere(one.needs))
    if not may:
        raise Forbidden
    return may


def _view(one: Import) -> ImportView:
    return ImportView(
        id=one.id,
        estate_id=one.estate_id,
        entered_by=one.entered_by,
        title=one.title,
        size=one.size,
        state=one.state,
        state_title=STATE_TITLES[one.state],
        tables=tuple(
            TableHeadView(title=t.title, header=t.header, rows=t.rows) for t in one.tables
        ),
        mapping=tuple(
            TableMappingView(table=m.table, sheet=m.sheet, columns=dict(m.columns))
            for m in one.mapping
        ),
        reports=tuple(
            SheetReportView(
                sheet=r.sheet,
                title=r.title,
                total=r.total,
                created=r.created,
                updated=r.updated,
                unchanged=r.unchanged,
                wrong=r.wrong,
                sums=dict(r.sums),
            )
            for r in one.reports
        ),
        faults=one.faults,
        done_rows=one.done_rows,
        total_rows=one.total_rows,
        failure=one.failure,
        created_at=one.created_at,
        changed_at=one.changed_at,
        version=one.version,
    )
