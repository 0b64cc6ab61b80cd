"""Verbs of imports, as people ask for them. The work itself is done by `running`."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from linli.kernel.errors import BadInput, Forbidden, NotFound, NotSignedIn, StaleVersion
from linli.kernel.work import Work
from linli.support.approvals.contracts import MOST_ALONE, Approval, Purpose, Said, Wanted
from linli.support.approvals.public import ask, use
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.sealing.ports import Cipher
from linli.support.sheets import policy, store
from linli.support.sheets.contracts import (
    Fault,
    Import,
    ImportState,
    ReadTable,
    Sheet,
    TableHead,
    TableMapping,
)
from linli.support.sheets.reading import printable, read_tables

KEPT = timedelta(days=30)
"""So long is an uploaded file kept: it names people."""
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """A file somebody uploads for an estate."""

    estate_id: UUID
    title: str
    content: bytes


def allowed(work: Work, sheets: Sequence[Sheet], estate_id: UUID) -> tuple[Sheet, ...]:
    """The sheets this session may enter in an estate."""
    return tuple(one for one in sheets if work.scope.may(one.needs, estate_id))


async def upload(work: Work, cipher: Cipher, sheets: Sequence[Sheet], given: Upload) -> Import:
    """Read a file and guess which sheet each of its tables is; nothing is entered yet.

    Raises:
        Forbidden: nothing may be entered in this estate.
        Unreadable, TooLarge: the file cannot be read.
    """
    account_id = work.scope.account_id
    if account_id is None:
        raise NotSignedIn
    may = allowed(work, sheets, given.estate_id)
    if not may:
        raise Forbidden
    tables = await asyncio.to_thread(read_tables, given.content)
    hashes = [policy.header_hash(table) for table in tables]
    known = await store.remembered(work.connection, account_id, hashes)
    mapping: list[TableMapping] = []
    for at, table in enumerate(tables):
        before = known.get(hashes[at])
        if before is not None and before[0] in {None, *(one.code for one in may)}:
            mapping.append(TableMapping(at, before[0], before[1]))
        else:
            mapping.append(policy.guessed(may, at, table))
    one = Import(
        id=work.new_id(),
        estate_id=given.estate_id,
        account_id=account_id,
        entered_by=work.actor.name,
        title=printable(given.title)[:LONGEST_TITLE] or "未命名",
        size=len(given.content),
        state=ImportState.UPLOADED,
        tables=tuple(TableHead(t.title, t.header, len(t.rows)) for t in tables),
        mapping=tuple(mapping),
        reports=(),
        faults=0,
        done_rows=0,
        total_rows=sum(len(t.rows) for t in tables),
        failure=None,
        created_at=work.now,
        changed_at=work.now,
        version=1,
    )
    await store.add(work.connection, one)
    await store.add_content(work.connection, cipher, one, given.content, work.now + KEPT)
    return one


async def import_of(work: Work, import_id: UUID) -> Import:
    """The import.

    Raises:
        NotFound: absent, or somebody else's.
    """
    found = await store.find(work.connection, import_id)
    if found is None:
        raise NotFound
    return found


async def list_imports(work: Work, *, most: int, skip: int) -> tuple[tuple[Import, ...], int]:
    """The account's imports, newest first, and how many there are."""
    rows, total = await store.page(work.connection, most=most, skip=skip)
    return tuple(rows), total


async def try_out(
    work: Work,
    sheets: Sequence[Sheet],
    import_id: UUID,
    mapping: Sequence[TableMapping],
    *,
    expected_version: int,
) -> Import:
    """Ask for a dry run with these columns; they are remembered for files with this heading.

    Raises:
        NotFound, IllegalMove, StaleVersion.
        BadInput: the columns do not fit the file.
        Forbidden: a sheet may not be entered in this estate.
    """
    one = await _moving(work, import_id, ImportState.CHECKING, expected_version)
    codes = {sheet.code: sheet for sheet in sheets}
    if sorted(each.table for each in mapping) != list(range(len(one.tables))):
        raise BadInput("请为文件里的每张表选择用途", field="mapping")
    if not any(each.sheet for each in mapping):
        raise BadInput("请至少选择一张要导入的表", field="mapping")
    for each in mapping:
        if each.sheet is None:
            continue
        sheet = codes.get(each.sheet)
        if sheet is None:
            raise BadInput("没有这种表", field="mapping")
        if not work.scope.may(sheet.needs, one.estate_id):
            raise Forbidden(f"您不能导入“{sheet.title}”")
        known = {column.code for column in policy.columns_of(sheet)}
        width = len(one.tables[each.table].header)
        if not each.columns.keys() <= known or not all(
            0 <= at < width for at in each.columns.values()
        ):
            raise BadInput("有些列不在文件里", field="mapping")
        head = one.tables[each.table]
        table = ReadTable(head.title, head.header, ())
        await store.remember(
            work.connection, one.account_id, policy.header_hash(table), each, work.now
        )
    await store.change(
        work.connection,
        one.id,
        work.now,
        {
            "state": ImportState.CHECKING.value,
            "mapping": store.mapping_json(mapping),
            "failure": None,
            "done_rows": 0,
        },
    )
    return await import_of(work, import_id)


async def start(work: Work, import_id: UUID, *, expected_version: int) -> Import:
    """Let the import run: the lines that hold are entered, whole or not at all.

    Raises:
        NotFound, IllegalMove, StaleVersion.
        BadInput: no line holds.
    """
    one = await _moving(work, import_id, ImportState.RUNNING, expected_version)
    if not any(report.total > report.wrong for report in one.reports):
        raise BadInput("没有可以导入的行，请先改正错误")
    return await _moved(work, one, ImportState.RUNNING)


async def take_back(
    work: Work,
    sheets: Sequence[Sheet],
    import_id: UUID,
    *,
    reason: str,
    expected_version: int,
    most_alone: int = MOST_ALONE,
) -> Import:
    """Ask for everything the import did to be undone.

    Raises:
        NotFound, IllegalMove, StaleVersion.
        Forbidden: the right to enter one of its sheets has ended.
        IllegalMove: it changed what cannot be restored.
        SecondPairNeeded: it did more than `most_alone` lines, and nobody agreed to undo them.
    """
    one = await _undoing(work, sheets, import_id, expected_version)
    if policy.lines_done(one) > most_alone:
        await use(work, Purpose.UNDO_IMPORT, policy.undo_request(one, reason))
    await record(
        work,
        action=Action.IMPORT_UNDONE,
        subject_kind="import",
        subject_id=one.id,
        subject_title=one.title,
        reason=reason,
        estate_id=one.estate_id,
    )
    return await _moved(work, one, ImportState.UNDOING)


async def ask_to_take_back(
    work: Work,
    sheets: Sequence[Sheet],
    import_id: UUID,
    *,
    reason: str,
    expected_version: int,
    most_alone: int = MOST_ALONE,
) -> Approval:
    """Ask a second person to agree to the undoing of a large import.

    Raises:
        NotFound, IllegalMove, StaleVersion, Forbidden: as `take_back`.
        BadInput: so few lines need nobody's consent.
    """
    one = await _undoing(work, sheets, import_id, expected_version)
    total = policy.lines_done(one)
    if total <= most_alone:
        raise BadInput("这次导入不需要审批，可以直接撤销")
    done = {report.sheet for report in one.reports if report.created + report.updated}
    said = [
        Said(report.title, f"新增 {report.created} 行会被删除，更新 {report.updated} 行会恢复原样")
        for report in one.reports
        if report.sheet in done
    ]
    return await ask(
        work,
        Wanted(
            purpose=Purpose.UNDO_IMPORT,
            title=f"撤销导入 {total} 行",
            request=policy.undo_request(one, reason),
            total=total,
            reason=reason.strip(),
            said=(Said("文件", one.title), *said),
            needs=tuple(sorted({sheet.needs for sheet in sheets if sheet.code in done})),
            estate_ids=(one.estate_id,),
        ),
    )


async def discard(work: Work, import_id: UUID, *, expected_version: int) -> Import:
    """Give an import up before it ran; its file is forgotten at once.

    Raises:
        NotFound, IllegalMove, StaleVersion.
    """
    one = await _moving(work, import_id, ImportState.DISCARDED, expected_version)
    await store.drop_content(work.connection, one.id)
    return await _moved(work, one, ImportState.DISCARDED)


async def faults_of(work: Work, import_id: UUID) -> Sequence[Fault]:
    """The wrong cells of an import, at most `policy.MOST_FAULTS`.

    Raises:
        NotFound: absent, or somebody else's.
    """
    await import_of(work, import_id)
    return await store.faults_of(work.connection, import_id)


async def tables_of(work: Work, cipher: Cipher, import_id: UUID) -> tuple[ReadTable, ...]:
    """The tables of an import as they were uploaded.

    Raises:
        NotFound: absent, somebody else's, or its file is no longer kept.
    """
    await import_of(work, import_id)
    content = await store.content_of(work.connection, cipher, import_id)
    if content is None:
        raise NotFound("上传的文件已经按规定删除")
    return await asyncio.to_thread(read_tables, content)


async def _undoing(
    work: Work, sheets: Sequence[Sheet], import_id: UUID, expected_version: int
) -> Import:
    one = await _moving(work, import_id, ImportState.UNDOING, expected_version)
    may = {sheet.code for sheet in allowed(work, sheets, one.estate_id)}
    if not may.issuperset(report.sheet for report in one.reports):
        raise Forbidden
    return one


async def _moving(work: Work, import_id: UUID, into: ImportState, expected_version: int) -> Import:
    one = await store.find(work.connection, import_id, lock=True)
    if one is None:
        raise NotFound
    policy.moved(one.state, into)
    if one.version != expected_version:
        raise StaleVersion
    return one


async def _moved(work: Work, one: Import, into: ImportState) -> Import:
    values = {"state": into.value, "failure": None, "done_rows": 0}
    await store.change(work.connection, one.id, work.now, values)
    return await import_of(work, one.id)
