"""Retention over HTTP."""

from collections.abc import Sequence
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.kernel.web import CurrentWork, require, router
from linli.support.retention import store
from linli.support.retention.contracts import Term
from linli.support.sheets.public import Column, as_file

api = router("/api/retention", tag="looks")

SEE = "see_looks"


class TermView(BaseModel):
    """Something that is kept: what for, how long, by which law, and how much went so far."""

    model_config = ConfigDict(frozen=True)

    code: str
    title: str
    why: str
    law: str
    days: int
    least_days: int
    removed: int
    last_run_at: AwareDatetime | None


class RunView(BaseModel):
    """One run: everything older than `before` went."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    at: AwareDatetime
    code: str
    title: str
    days: int
    before: AwareDatetime
    removed: int


class RunPage(BaseModel):
    """Runs, newest first."""

    model_config = ConfigDict(frozen=True)

    items: tuple[RunView, ...]
    next_cursor: str | None


def _terms_of(request: Request) -> Sequence[Term]:
    return cast("Sequence[Term]", request.app.state.terms)


Terms = Annotated[Sequence[Term], Depends(_terms_of)]


@api.get("")
async def list_terms(work: CurrentWork, terms: Terms) -> tuple[TermView, ...]:
    """What is kept about people, how long and why. Needs `see_looks`."""
    require(work, SEE)
    tallies = await store.tallies(work.connection)
    return tuple(
        TermView(
            code=term.purpose.code,
            title=term.purpose.title,
            why=term.purpose.why,
            law=term.purpose.law,
            days=term.days,
            least_days=term.purpose.least,
            removed=tallies[term.purpose.code].removed if term.purpose.code in tallies else 0,
            last_run_at=tallies[term.purpose.code].last_at
            if term.purpose.code in tallies
            else None,
        )
        for term in terms
    )


as_file(
    api,
    list_terms,
    "保存期限",
    (
        Column("保存什么", lambda row: row.title),
        Column("用途", lambda row: row.why),
        Column("保存天数", lambda row: row.days),
        Column("最少天数", lambda row: row.least_days),
        Column("依据", lambda row: row.law),
        Column("已删除条数", lambda row: row.removed),
        Column("最近清理", lambda row: row.last_run_at),
    ),
    name="retention_terms",
)


@api.get("/runs")
async def list_runs(
    work: CurrentWork,
    terms: Terms,
    *,
    code: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: UUID | None = None,
) -> RunPage:
    """What the runs forgot, newest first. Needs `see_looks`."""
    require(work, SEE)
    titles = {term.purpose.code: term.purpose.title for term in terms}
    found = await store.runs(work.connection, code=code, before=cursor, most=limit + 1)
    page = found[:limit]
    return RunPage(
        items=tuple(
            RunView(
                id=run.id,
                at=run.at,
                code=run.code,
                title=titles.get(run.code, run.code),
                days=run.days,
                before=run.before,
                removed=run.removed,
            )
            for run in page
        ),
        next_cursor=str(page[-1].id) if len(found) > limit else None,
    )


as_file(
    api,
    list_runs,
    "清理报告",
    (
        Column("清理时间", lambda row: row.at),
        Column("保存什么", lambda row: row.title),
        Column("早于", lambda row: row.before),
        Column("保存天数", lambda row: row.days),
        Column("删除条数", lambda row: row.removed),
    ),
    path="/runs",
    name="retention_runs",
)
