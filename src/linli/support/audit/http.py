"""The audit over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.kernel.web import CurrentWork, require, router
from linli.support.audit import store
from linli.support.audit.contracts import ACTION_TITLES, Action, AuditSearch, Entry, Outcome

api = router("/api/audit", tag="audit")

SEE_AUDIT = "see_audit"


class EntryView(BaseModel):
    """One line of the audit."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    at: AwareDatetime
    actor_id: UUID | None
    actor_name: str
    action: Action
    action_title: str
    subject_kind: str
    subject_id: UUID | None
    subject_title: str
    reason: str | None
    address: str | None
    outcome: Outcome
    terminal: str | None


class EntryPage(BaseModel):
    """Entries, newest first; `total` counts all that match."""

    model_config = ConfigDict(frozen=True)

    items: tuple[EntryView, ...]
    next_cursor: str | None
    total: int


class ActionView(BaseModel):
    """An action one may filter by."""

    model_config = ConfigDict(frozen=True)

    code: Action
    title: str


@api.get("")
async def list_entries(
    work: CurrentWork,
    *,
    actor_id: UUID | None = None,
    subject_id: UUID | None = None,
    action: Action | None = None,
    from_: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    to: AwareDatetime | None = None,
    sort: Literal["at", "-at"] = "-at",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: UUID | None = None,
) -> EntryPage:
    """Who did what, newest first (`at`: oldest first), of one's own area. Needs `see_audit`."""
    require(work, SEE_AUDIT)
    search = AuditSearch(
        actor_id=actor_id,
        subject_id=subject_id,
        action=action,
        from_=from_,
        to=to,
        oldest=sort == "at",
    )
    found = await store.find(work.connection, search, after=cursor, most=limit + 1)
    page = found[:limit]
    return EntryPage(
        items=tuple(_view(entry) for entry in page),
        next_cursor=str(page[-1].id) if len(found) > limit else None,
        total=await store.count(work.connection, search),
    )


@api.get("/actions")
async def list_actions(work: CurrentWork) -> tuple[ActionView, ...]:
    """The actions that the audit knows, with their titles."""
    require(work, SEE_AUDIT)
    return tuple(ActionView(code=code, title=title) for code, title in ACTION_TITLES.items())


def _view(entry: Entry) -> EntryView:
    return EntryView(
        id=entry.id,
        at=entry.at,
        actor_id=entry.actor_id,
        actor_name=entry.actor_name,
        action=entry.action,
        action_title=ACTION_TITLES[entry.action],
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        subject_title=entry.subject_title,
        reason=entry.reason,
        address=entry.address,
        outcome=entry.outcome,
        terminal=entry.terminal,
    )
