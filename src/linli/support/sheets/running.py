"""The work of imports: dry runs, runs and undoings, each one transaction, done by the worker.

A dry run is the run itself, rolled back: what it says is what will happen. A worker that dies
leaves nothing half done; the next one begins anew.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.kernel.database import plan_for_many
from linli.kernel.errors import BadInput, Refusal
from linli.kernel.events import Outbox
from linli.kernel.scope import Actor
from linli.kernel.work import Work, Workshop
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.sealing.ports import Cipher
from linli.support.sheets import policy, store
from linli.support.sheets.contracts import (
    ESTATE,
    Batch,
    Done,
    Fault,
    Former,
    Import,
    ImportState,
    Line,
    LineFault,
    ReadTable,
    Sheet,
    SheetReport,
    TableMapping,
)
from linli.support.sheets.policy import Parsed, columns_of, parsed
from linli.support.sheets.ports import Estates, Scopes
from linli.support.sheets.reading import read_tables

LINES_AT_ONCE = 500
"""So few that whoever shares the process is not kept waiting."""
LOOK_EVERY_S = 1.0
BROKEN = "系统出了故障，这一步没有做成，什么都没有改变；请稍后再试，或联系管理员"
BACK: Mapping[ImportState, ImportState] = {
    ImportState.CHECKING: ImportState.UPLOADED,
    ImportState.RUNNING: ImportState.CHECKED,
    ImportState.UNDOING: ImportState.DONE,
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Imports:
    """Does the work that imports wait for.

    `people` connects as `linli_app`: lines are entered in the scope of who uploaded them.
    `machine` is linli's own.
    """

    people: Workshop
    machine: Workshop
    cipher: Cipher
    sheets: Sequence[Sheet]
    estates: Estates
    scopes: Scopes
    failed: Counter
    away: Callable[[BaseException], bool]

    async def step(self) -> None:
        """Do all that waits, then wait a moment."""
        while await self.work_off():
            pass
        await asyncio.sleep(LOOK_EVERY_S)

    async def work_off(self) -> bool:
        """Do what one import waits for; False when none waits."""
        async with self.machine.work() as work:
            ids = await store.waiting(work.connection)
        for import_id in ids:
            if await self._at(import_id):
                return True
        return False

    async def _at(self, import_id: UUID) -> bool:
        async with self.machine.work() as work:
            # Held to the end, on a connection of its own: nobody else does the same meanwhile.
            if not await store.alone(work.connection, import_id):
                return False
            one = await store.find(work.connection, import_id)
            if one is None or one.state not in store.WORKING:
                return False
            try:
                if one.state is ImportState.UNDOING:
                    await self._undo(one)
                else:
                    await self._enter(one)
            except Refusal as refused:
                log.info("import_refused", state=one.state.value, code=refused.code)
                await _put_back(work, one, refused.message)
            except Exception as error:
                if self.away(error):
                    raise
                # The next import has its turn; this one may be tried again by its owner.
                log.exception("import_failed", state=one.state.value, import_id=str(one.id))
                self.failed.inc()
                await _put_back(work, one, BROKEN)
        return True

    async def _enter(self, one: Import) -> None:
        actor = Actor(kind="person", name=one.entered_by, account_id=one.account_id)
        async with self.machine.work() as work:
            scope = await self.scopes.scope_of(work, one.account_id)
            content = await store.content_of(work.connection, self.cipher, one.id)
        if content is None:
            raise BadInput("上传的文件已经按规定删除，请重新上传")
        tables = await asyncio.to_thread(read_tables, content)
        codes = {sheet.code: sheet for sheet in self.sheets}
        ready = [
            (codes[each.sheet], each) for each in one.mapping if each.sheet and each.sheet in codes
        ]
        ready.sort(key=lambda pair: pair[0].order)
        dry = one.state is ImportState.CHECKING
        async with self.people.work(actor=actor, scope=scope) as work:
            await plan_for_many(work.connection)
            if dry:
                told = await self._tried(work, one, ready, tables)
            else:
                told = await self._entered(work, one, ready, tables)
                await _recorded(work, one, told.reports)
            state = ImportState.CHECKED if dry else ImportState.DONE
            await store.change(
                work.connection,
                one.id,
                work.now,
                {
                    "state": state.value,
                    "reports": store.reports_json(told.reports),
                    "faults": len(told.faults),
                    "fault_list": store.faults_json(told.faults[: policy.MOST_FAULTS]),
                    "total_rows": sum(report.total for report in told.reports),
                    "failure": None,
                },
            )

    async def _tried(
        self,
        work: Work,
        one: Import,
        ready: Sequence[tuple[Sheet, TableMapping]],
        tables: Sequence[ReadTable],
    ) -> "Told":
        """What entering would come to; nothing of it stays."""
        try:
            async with work.connection.begin_nested():
                tried = replace(work, outbox=Outbox())
                told = await self._entered(tried, one, ready, tables)
                raise _OnlyTried(told)  # noqa: TRY301 (the savepoint takes everything back)
        except _OnlyTried as end:
            return end.told

    async def _entered(
        self,
        work: Work,
        one: Import,
        ready: Sequence[tuple[Sheet, TableMapping]],
        tables: Sequence[ReadTable],
    ) -> "Told":
        estates = await self.estates.named(work)
        told = Told([], [])
        done_rows = 0
        for sheet, mapping in ready:
            table = tables[mapping.table]
            read = await asyncio.to_thread(parsed, sheet, mapping, table)
            told.faults.extend(read.faults)
            made: list[UUID] = []
            former: dict[UUID, Former] = {}
            total = _Sum()
            total.wrong = read.wrong
            asked = Asked(sheet, mapping.table, one.estate_id)
            for estate_id, lines in asked.by_estate(work, read, estates, told.faults):
                for part in policy.batches(lines, sheet.together, LINES_AT_ONCE):
                    batch = Batch(one.id, estate_id, one.title, part)
                    done = await sheet.enter(work, self.cipher, batch)
                    told.faults.extend(
                        _fault(sheet, mapping, table, part, fault) for fault in done.faults
                    )
                    total.add(done)
                    made.extend(done.made)
                    former.update(done.former)
                    done_rows += len(part)
                    async with self.machine.work() as beside:
                        await store.progressed(beside.connection, one.id, done_rows)
            await store.add_made(work.connection, one.id, sheet.code, made)
            await store.add_former(work.connection, one.id, sheet.code, former)
            entered = total.created + total.updated + total.unchanged
            rows = entered + total.wrong + total.strange(read, entered)
            told.reports.append(
                SheetReport(
                    sheet=sheet.code,
                    title=sheet.title,
                    total=rows,
                    created=total.created,
                    updated=total.updated,
                    unchanged=total.unchanged,
                    wrong=rows - entered,
                    sums=dict(total.sums),
                )
            )
        return told

    async def _undo(self, one: Import) -> None:
        actor = Actor(kind="person", name=one.entered_by, account_id=one.account_id)
        codes = {sheet.code: sheet for sheet in self.sheets}
        ran = [codes[report.sheet] for report in one.reports if report.sheet in codes]
        async with self.machine.work(actor=actor) as work:
            await plan_for_many(work.connection)
            for sheet in sorted(ran, key=lambda each: -each.order):
                made = await store.made_by(work.connection, one.id, sheet.code)
                await sheet.undo(work, self.cipher, one.id, made)
            values = {"state": ImportState.UNDONE.value, "failure": None}
            await store.change(work.connection, one.id, work.now, values)


@dataclass(slots=True)
class Told:
    """What a run came to."""

    reports: list[SheetReport]
    faults: list[Fault]


class _OnlyTried(Exception):
    def __init__(self, told: Told) -> None:
        super().__init__()
        self.told = told


@dataclass(slots=True)
class _Sum:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    wrong: int = 0
    sums: dict[str, int] = field(default_factory=dict)

    def add(self, done: Done) -> None:
        self.created += done.created
        self.updated += done.updated
        self.unchanged += done.unchanged
        for title, fen in done.sums.items():
            self.sums[title] = self.sums.get(title, 0) + fen

    def strange(self, read: Parsed, entered: int) -> int:
        """Lines that held cell by cell and were not entered all the same."""
        return max(len(read.lines) - entered, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A table of the file, the sheet it is, and the estate of lines that name none."""

    sheet: Sheet
    table: int
    estate_id: UUID

    def by_estate(
        self, work: Work, read: Parsed, estates: Mapping[str, UUID], faults: list[Fault]
    ) -> list[tuple[UUID, list[Line]]]:
        """The lines of each estate; where they may not be entered becomes a fault."""
        found: dict[UUID, list[Line]] = {}
        for line in read.lines:
            name = line.text(ESTATE)
            estate_id = estates.get(policy.folded(name)) if name else self.estate_id
            if estate_id is None or not work.scope.may(self.sheet.needs, estate_id):
                words = "您不能在这个小区登记"
                if name:
                    words = f"没有“{name}”这个小区，或者您不能在那里登记"
                title = policy.ESTATE_COLUMN.title
                faults.append(Fault(self.table, line.row, title, words))
                continue
            found.setdefault(estate_id, []).append(line)
        return list(found.items())


def _fault(
    sheet: Sheet, mapping: TableMapping, table: ReadTable, lines: Sequence[Line], fault: LineFault
) -> Fault:
    at = mapping.columns.get(fault.column) if fault.column else None
    title = next((one.title for one in columns_of(sheet) if one.code == fault.column), "")
    heading = table.header[at] if at is not None else title
    return Fault(mapping.table, lines[fault.at].row, heading, fault.message)


async def _put_back(work: Work, one: Import, words: str) -> None:
    values = {"state": policy.moved(one.state, BACK[one.state]).value, "failure": words}
    await store.change(work.connection, one.id, work.now, values)


async def _recorded(work: Work, one: Import, reports: Sequence[SheetReport]) -> None:
    counts = "，".join(f"{r.title}新增 {r.created}、更新 {r.updated}" for r in reports)
    await record(
        work,
        action=Action.IMPORTED,
        subject_kind="import",
        subject_id=one.id,
        subject_title=f"{one.title}：{counts}",
        estate_id=one.estate_id,
    )


async def enter_what_holds(
    connection: AsyncConnection,
    whole: Sequence[int],
    enter: Callable[[Sequence[int]], Awaitable[tuple[int, int, int]]],
    columns: Mapping[str, str],
) -> Done:
    """Enter lines by a verb that takes all or none.

    Those it names are left out, and it is asked again; where it names none, the lines are halved
    until the wrong ones stand alone.
    `whole` are the places of the lines in their batch, `enter(places)` answers how many were
    created, updated and unchanged, `columns` says which column a field of the faults is.
    """
    faults: list[LineFault] = []
    total = _Sum()
    waiting: list[list[int]] = [list(whole)]
    while waiting:
        places = waiting.pop()
        if not places:
            continue
        try:
            async with connection.begin_nested():
                created, updated, unchanged = await enter(places)
        except BadInput as refused:
            wrong: dict[int, tuple[str | None, str]] = {}
            for fault in refused.faults:
                at, _, field = fault.field.partition(".")
                if at.isdecimal() and int(at) < len(places):
                    wrong.setdefault(places[int(at)], (columns.get(field), fault.message))
            if not wrong and len(places) == 1:
                column = columns.get(refused.field or "")
                wrong[places[0]] = (column, refused.message)
            if wrong:
                faults.extend(LineFault(at, *said) for at, said in wrong.items())
                waiting.append([at for at in places if at not in wrong])
            else:
                half = len(places) // 2
                waiting += [places[half:], places[:half]]
        else:
            total.created += created
            total.updated += updated
            total.unchanged += unchanged
    return Done(total.created, total.updated, total.unchanged, tuple(faults))
