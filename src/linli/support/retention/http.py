"""Retention over HTTP."""

from collections.abc import Sequence
from typing import Annotated, cast
from uuid import UUID

from fastapi import Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.kernel.web import CurrentWork, require, router
from linli.support.retention import store
from linli.support.retention.contracts import Term

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


@api.get("")
async def list_terms(work: CurrentWork, request: Request) -> tuple[TermView, ...]:
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
        for term in _terms(request)
    )


@api.get("/runs")
async def list_runs(
    work: CurrentWork,
    request: Request,
    *,
    code: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: UUID | None = None,
) -> RunPage:
    """What the runs forgot, newest first. Needs `see_looks`."""
    require(work, SEE)
    titles = {term.purpose.code: term.purpose.title for term in _terms(request)}
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


def _terms(request: Request) -> Sequence[Term]:
    return cast("Sequence[Term]", request.app.state.terms)
