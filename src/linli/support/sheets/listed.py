"""Every list as a file: one line beside a list's endpoint makes its file and its print.

The file asks the list itself, page after page, with the same questions: what a person may not
see in the list, or sees masked, is the same in the file.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    Protocol,
    TypeVar,
    cast,
    get_args,
    get_origin,
)
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.params import Depends as DependsMarker
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from linli.kernel.errors import BadInput, Refusal
from linli.kernel.time import SHANGHAI
from linli.kernel.web import SHOWN_ONCE, CurrentWork
from linli.kernel.work import Work
from linli.support.approvals.contracts import Frozen, Json, Purpose, Said, Wanted
from linli.support.approvals.public import GrewMeanwhile, ask, use
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.sheets.answering import file_answer
from linli.support.sheets.ports import Grounds
from linli.support.sheets.writing import MEDIA, Format, written

PRINT = "print"
MOST_ROWS = 5_000
MOST_AGREED = 100_000
MOST_PRINTED = 10_000
PAGE_ROWS = 1_000
SHORTEST_REASON = 4
LONGEST_REASON = 200
Row = TypeVar("Row")
Given_co = TypeVar("Given_co", covariant=True)
PAGING = frozenset({"cursor", "limit"})
UNSAID = PAGING | {"estate_id", "place_id", "sort", "order"}
"""Questions that narrow nothing, or that the ground says; every other one needs its filter."""


class NoConsentNeeded(Refusal):
    status = 422
    code = "no_consent_needed"
    text = "行数不多，不需要审批，直接导出即可"


class TooManyRows(Refusal):
    status = 422
    code = "too_many_rows"
    text = "这张清单的行数超过一次可以导出的上限"


class Page(Protocol[Given_co]):
    """What a list answers: its rows and where the next ones begin."""

    @property
    def items(self) -> Sequence[Given_co]: ...

    @property
    def next_cursor(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Whole(Generic[Row]):
    """A list that is answered whole, as its one page."""

    items: Sequence[Row]
    next_cursor: None = None


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column of the file: its heading, and what a row shows there."""

    title: str
    read: Callable[[Row], object]


def said_plainly(value: object) -> str:
    """What was asked for: a record by its being one, everything else as a cell says it."""
    return "指定的一个" if isinstance(value, UUID) else shown(value)


@dataclass(frozen=True, slots=True)
class Filter:
    """A question of a list as it is said to a person: its name, and how its value is said."""

    title: str
    words: Callable[[Any], str] = said_plainly


@dataclass(frozen=True, slots=True)
class Agreed:
    """How more rows go out than one person alone may take.

    Whoever holds the permission `by` on the same estates agrees first, and reads the `filters`,
    which stand by the name of the question. `seen_by`: the permission the list itself needs, where
    that is another one.
    """

    by: str
    filters: Mapping[str, Filter]
    seen_by: str = ""


class ConsentAskedView(BaseModel):
    """The request for consent."""

    model_config = ConfigDict(frozen=True)

    id: UUID


class FileBody(BaseModel):
    """In which form, and why (needed where people are named)."""

    model_config = ConfigDict(frozen=True)

    form: Format = Format.XLSX
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class ConsentBody(BaseModel):
    """As a file of which form or on paper, and why: exactly what will be sent once it is agreed."""

    model_config = ConfigDict(frozen=True)

    form: Format | Literal["print"] = Format.XLSX
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class PrintBody(BaseModel):
    """Why a list is printed (needed where people are named)."""

    model_config = ConfigDict(frozen=True)

    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class PrintedList(BaseModel):
    """A list to be printed: its heading, who printed it and when, and its rows as texts."""

    model_config = ConfigDict(frozen=True)

    title: str
    printed_by: str
    printed_at: AwareDatetime
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def shown(value: object) -> str:
    """A value as a cell says it: times in Shanghai, yes and no in words, nothing as nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case datetime():
            return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        case tuple() | list():
            return "、".join(shown(one) for one in cast("Sequence[object]", value))
        case _:
            return str(value)


async def read_all(
    ask: Callable[[str | None], Awaitable[Page[Row]]], most: int = MOST_ROWS
) -> list[Row]:
    """All rows of a list, page after page.

    Raises TooManyRows above `most`.
    """
    rows: list[Row] = []
    cursor: str | None = None
    while True:
        page = await ask(cursor)
        rows.extend(page.items)
        cursor = page.next_cursor
        if len(rows) > most or (cursor is not None and len(rows) >= most):
            message = f"这张清单超过 {most} 行，一次最多这么多，请先用筛选条件缩小范围"
            raise TooManyRows(message)
        if cursor is None or not page.items:
            return rows


def as_file(
    api: APIRouter,
    listing: Callable[..., Awaitable[Page[Row] | Sequence[Row]]],
    title: str,
    columns: Sequence[Column[Row]],
    *,
    path: str = "",
    personal: bool = False,
    agreed: Agreed | None = None,
    name: str = "",
) -> None:
    """Add `POST …/file` and `POST …/print` beside a list, with the questions the list takes.

    `personal`: the rows speak of people; then a reason is needed, and no more rows go out than
    one person alone may take, unless another person `agreed`: for that there is also
    `POST …/file/ask`. `name`: of the list in the API's document, where the function's own name
    does not tell it.
    """
    name = name or listing.__name__.removeprefix("list_")  # pyright: ignore[reportFunctionMemberAccess] a plain function
    out = _Out(listing, title, tuple(columns), personal=personal, agreed=agreed)

    async def write(body: FileBody, most_alone: int, request: Request, **given: object) -> Response:
        rows = await out.file_rows(given, body, most_alone, request)
        content = await asyncio.to_thread(written, title, out.header, rows, body.form)
        answer = file_answer(content, MEDIA[body.form], f"{title}.{body.form.value}")
        # What goes out is not kept for a repeated request.
        answer.headers[SHOWN_ONCE] = "1"
        return answer

    async def show(
        body: PrintBody, most_alone: int, request: Request, response: Response, **given: object
    ) -> PrintedList:
        rows = await out.printed_rows(given, body, most_alone, request)
        response.headers[SHOWN_ONCE] = "1"
        work = out.work_of(given)
        return PrintedList(
            title=title,
            printed_by=work.actor.name,
            printed_at=work.now,
            header=out.header,
            rows=rows,
        )

    async def ask_for(
        body: ConsentBody, most_alone: int, request: Request, **given: object
    ) -> ConsentAskedView:
        return ConsentAskedView(id=await out.ask(given, body, most_alone, request))

    consent = (
        " 409 `second_pair_needed`: of people, and more than one person alone may take; ask for it "
        "with the same questions and body, and send it again once it is approved."
        if agreed
        else ""
    )
    _takes(write, out.asked, {"body": FileBody, "request": Request})
    _takes(show, out.asked, {"body": PrintBody, "request": Request, "response": Response})
    api.add_api_route(
        f"{path}/file",
        write,
        methods=["POST"],
        response_class=Response,
        name=f"write_{name}",
        description=f"The list `{name}` with the same questions, as xlsx or csv. 422 above "
        f"{MOST_ROWS} rows; what goes out is on record.{consent}",
    )
    api.add_api_route(
        f"{path}/print",
        show,
        methods=["POST"],
        response_model=PrintedList,
        name=f"print_{name}",
        description=f"The list `{name}` with the same questions, all of it, to be printed. 422 "
        f"above {MOST_ROWS} rows; what goes out is on record.{consent}",
    )
    if agreed is None:
        return
    _takes(ask_for, out.asked, {"body": ConsentBody, "request": Request})
    api.add_api_route(
        f"{path}/file/ask",
        ask_for,
        methods=["POST"],
        status_code=201,
        response_model=ConsentAskedView,
        name=f"ask_for_{name}",
        description=f"Ask for somebody else's consent to a file or a print of the list `{name}` "
        "that one person alone may not take. 422: so few need no consent, or above "
        f"{MOST_AGREED} rows in a file, {MOST_PRINTED} on paper.",
    )


class _Out(Generic[Row]):
    """A list on its way out: all its rows, within what one person alone may take or two agreed."""

    def __init__(
        self,
        listing: Callable[..., Awaitable[Page[Row] | Sequence[Row]]],
        title: str,
        columns: tuple[Column[Row], ...],
        *,
        personal: bool,
        agreed: Agreed | None,
    ) -> None:
        self.asked = inspect.signature(listing)
        self.header = tuple(column.title for column in columns)
        self._listing = listing
        self._title = title
        self._columns = columns
        self._personal = personal
        self._agreed = agreed
        self._work_name = next(
            key for key, one in self.asked.parameters.items() if one.annotation is CurrentWork
        )
        self._cursor = self.asked.parameters.get("cursor")
        self._reads_cursor = TypeAdapter[object](self._cursor.annotation) if self._cursor else None
        if agreed is not None:
            questions = {
                key
                for key, one in self.asked.parameters.items()
                if get_origin(one.annotation) is not Annotated
                or not any(isinstance(more, DependsMarker) for more in get_args(one.annotation))
            }
            unsaid = questions - UNSAID - agreed.filters.keys()
            if unsaid:
                message = f"{title}: who agrees would not read {sorted(unsaid)}"
                raise ValueError(message)

    def work_of(self, given: Mapping[str, object]) -> Work:
        return cast("Work", given[self._work_name])

    async def file_rows(
        self, given: Mapping[str, object], body: FileBody, most_alone: int, request: Request
    ) -> tuple[tuple[str, ...], ...]:
        """The rows of a file, as texts.

        Raises SecondPairNeeded above what one alone may take, GrewMeanwhile above what another
        agreed to, TooManyRows where nobody can agree, BadInput without a reason.
        """
        why = self._reason(body.reason)
        return await self._rows(given, body.form.value, why, most_alone, request)

    async def printed_rows(
        self, given: Mapping[str, object], body: PrintBody, most_alone: int, request: Request
    ) -> tuple[tuple[str, ...], ...]:
        """The rows of a print, as texts. Raises what `file_rows` raises."""
        why = self._reason(body.reason)
        return await self._rows(given, PRINT, why, most_alone, request)

    async def _rows(
        self,
        given: Mapping[str, object],
        form: str,
        why: str,
        most_alone: int,
        request: Request,
    ) -> tuple[tuple[str, ...], ...]:
        try:
            rows = await self._read(given, self._alone(most_alone))
        except TooManyRows:
            if self._agreed is None:
                raise
            wanted = self._request(request.url.path, form, why, request)
            approval = await use(self.work_of(given), Purpose.EXPORT_LIST, wanted)
            try:
                rows = await self._read(given, approval.wanted.total)
            except TooManyRows:
                raise GrewMeanwhile from None
        return await self._gone(given, rows, why)

    async def ask(
        self, given: Mapping[str, object], body: ConsentBody, most_alone: int, request: Request
    ) -> UUID:
        """Ask another person to agree to the file or print; answers the request's id.

        Raises NoConsentNeeded, TooManyRows, BadInput without a reason.
        """
        agreed = cast("Agreed", self._agreed)
        why = self._reason(body.reason)
        work = self.work_of(given)
        form = str(body.form)
        printed = form == PRINT
        total = len(await self._read(given, MOST_PRINTED if printed else MOST_AGREED))
        if total <= self._alone(most_alone):
            raise NoConsentNeeded
        estate_id = cast("UUID | None", given.get("estate_id"))
        place_id = cast("UUID | None", given.get("place_id"))
        sees = agreed.seen_by or agreed.by
        estates = (estate_id,) if estate_id else tuple(sorted(work.scope.estates_for(sees)))
        grounds = cast("Grounds", request.app.state.grounds)
        said = [Said("范围", await grounds.said(work, estates, place_id))]
        for key in self.asked.parameters:
            value = given.get(key)
            if key in agreed.filters and value not in (None, "", False):
                one = agreed.filters[key]
                said.append(Said(one.title, one.words(value)))
        said.append(Said("内容", "、".join(self.header)))
        said.append(Said("格式", "打印" if printed else form))
        beside = request.url.path.removesuffix("/file/ask")
        path = f"{beside}/{PRINT if printed else 'file'}"
        wanted = Wanted(
            purpose=Purpose.EXPORT_LIST,
            title=f"{'打印' if printed else '导出'}{self._title} {total} 行",
            request=self._request(path, form, why, request),
            total=total,
            reason=why,
            said=tuple(said),
            needs=(agreed.by,),
            estate_ids=estates,
        )
        return (await ask(work, wanted)).id

    def _alone(self, most_alone: int) -> int:
        return min(MOST_ROWS, most_alone) if self._personal else MOST_ROWS

    def _reason(self, reason: str) -> str:
        why = reason.strip()
        if self._personal and len(why) < SHORTEST_REASON:
            message = f"名单里有个人资料，请写明用途（至少 {SHORTEST_REASON} 个字）"
            raise BadInput(message, field="reason")
        return why

    def _request(self, path: str, form: str, why: str, request: Request) -> Frozen:
        """What the asker sends to do it, exactly: where to, which questions, which body."""
        pairs = sorted((key, value) for key, value in request.query_params.multi_items() if value)
        query: list[Json] = [[key, value] for key, value in pairs]
        return {"path": path, "query": query, "form": form, "reason": why}

    async def _read(self, given: Mapping[str, object], most: int) -> list[Row]:
        async def ask(after: str | None) -> Page[Row]:
            paging: dict[str, object] = {}
            if "limit" in self.asked.parameters:
                paging["limit"] = PAGE_ROWS
            if self._cursor is not None and self._reads_cursor is not None:
                paging["cursor"] = (
                    self._cursor.default
                    if after is None
                    else self._reads_cursor.validate_python(after)
                )
            answered = await self._listing(**given, **paging)
            return Whole(answered) if isinstance(answered, Sequence) else answered

        return await read_all(ask, most)

    async def _gone(
        self, given: Mapping[str, object], rows: Sequence[Row], why: str
    ) -> tuple[tuple[str, ...], ...]:
        await record(
            self.work_of(given),
            action=Action.LIST_EXPORTED,
            subject_kind="list",
            subject_id=None,
            subject_title=f"{self._title} {len(rows)} 行",
            reason=why or None,
        )
        return tuple(tuple(shown(column.read(row)) for column in self._columns) for row in rows)


def _most_alone_of(request: Request) -> int:
    return cast("int", request.app.state.most_alone)


def _takes(
    answer: Callable[..., object], asked: inspect.Signature, own: Mapping[str, object]
) -> None:
    """Let FastAPI ask for what the list asks for, without its paging, and for `own`."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    questions = [
        one.replace(kind=keyword) for key, one in asked.parameters.items() if key not in PAGING
    ]
    extra = [inspect.Parameter(key, keyword, annotation=kind) for key, kind in own.items()]
    alone = inspect.Parameter(
        "most_alone", keyword, annotation=Annotated[int, Depends(_most_alone_of)]
    )
    signature = inspect.Signature([*questions, *extra, alone])
    answer.__signature__ = signature  # pyright: ignore[reportFunctionMemberAccess] FastAPI reads it
