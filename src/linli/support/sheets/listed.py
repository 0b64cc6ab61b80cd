"""Every list as a file: one line beside a list's endpoint makes its file and its print.

The file asks the list itself, page after page, with the same questions: what a person may not
see in the list, or sees masked, is the same in the file.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, Protocol, TypeVar, cast

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from linli.kernel.errors import BadInput, Refusal
from linli.kernel.time import SHANGHAI
from linli.kernel.web import SHOWN_ONCE, CurrentWork
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.sheets.answering import file_answer
from linli.support.sheets.writing import MEDIA, Format, written

MOST_ROWS = 5_000
PAGE_ROWS = 200
SHORTEST_REASON = 4
LONGEST_REASON = 200
Row = TypeVar("Row")
Given_co = TypeVar("Given_co", covariant=True)
PAGING = frozenset({"cursor", "limit"})


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


class FileBody(BaseModel):
    """In which form, and why (needed where people are named)."""

    model_config = ConfigDict(frozen=True)

    form: Format = Format.XLSX
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
            message = f"一次最多导出 {most} 行，请先用筛选条件缩小范围"
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
    name: str = "",
) -> None:
    """Add `POST …/file` and `POST …/print` beside a list, with the questions the list takes.

    `personal`: the rows speak of people; then a reason is needed, and no more rows go out than
    one person alone may take. `name`: of the list in the API's document, where the function's own
    name does not tell it.
    """
    asked = inspect.signature(listing)
    name = name or listing.__name__.removeprefix("list_")  # pyright: ignore[reportFunctionMemberAccess] a plain function
    work_name = next(key for key, one in asked.parameters.items() if one.annotation is CurrentWork)
    cursor = asked.parameters.get("cursor")
    reads_cursor = TypeAdapter[object](cursor.annotation) if cursor else None
    header = tuple(column.title for column in columns)

    async def lines(
        given: Mapping[str, object], most_alone: int, reason: str
    ) -> tuple[tuple[str, ...], ...]:
        why = reason.strip()
        if personal and len(why) < SHORTEST_REASON:
            message = f"名单里有个人资料，请写明用途（至少 {SHORTEST_REASON} 个字）"
            raise BadInput(message, field="reason")

        async def ask(after: str | None) -> Page[Row]:
            paging: dict[str, object] = {}
            if "limit" in asked.parameters:
                paging["limit"] = PAGE_ROWS
            if cursor is not None and reads_cursor is not None:
                paging["cursor"] = (
                    cursor.default if after is None else reads_cursor.validate_python(after)
                )
            answered = await listing(**given, **paging)
            return Whole(answered) if isinstance(answered, Sequence) else answered

        rows = await read_all(ask, min(MOST_ROWS, most_alone) if personal else MOST_ROWS)
        await record(
            cast("Work", given[work_name]),
            action=Action.LIST_EXPORTED,
            subject_kind="list",
            subject_id=None,
            subject_title=f"{title} {len(rows)} 行",
            reason=why or None,
        )
        return tuple(tuple(shown(column.read(row)) for column in columns) for row in rows)

    async def write(body: FileBody, most_alone: int, **given: object) -> Response:
        rows = await lines(given, most_alone, body.reason)
        content = await asyncio.to_thread(written, title, header, rows, body.form)
        answer = file_answer(content, MEDIA[body.form], f"{title}.{body.form.value}")
        # What goes out is not kept for a repeated request.
        answer.headers[SHOWN_ONCE] = "1"
        return answer

    async def show(
        body: PrintBody, most_alone: int, response: Response, **given: object
    ) -> PrintedList:
        rows = await lines(given, most_alone, body.reason)
        response.headers[SHOWN_ONCE] = "1"
        work = cast("Work", given[work_name])
        return PrintedList(
            title=title,
            printed_by=work.actor.name,
            printed_at=work.now,
            header=header,
            rows=rows,
        )

    _takes(write, asked, {"body": FileBody})
    _takes(show, asked, {"body": PrintBody, "response": Response})
    api.add_api_route(
        f"{path}/file",
        write,
        methods=["POST"],
        response_class=Response,
        name=f"write_{name}",
        description=f"The list `{name}` with the same questions, as xlsx or csv. 422 above "
        f"{MOST_ROWS} rows; what goes out is on record.",
    )
    api.add_api_route(
        f"{path}/print",
        show,
        methods=["POST"],
        response_model=PrintedList,
        name=f"print_{name}",
        description=f"The list `{name}` with the same questions, all of it, to be printed. 422 "
        f"above {MOST_ROWS} rows; what goes out is on record.",
    )


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
