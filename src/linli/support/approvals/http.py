"""Approvals over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from linli.kernel.web import CurrentWork, router
from linli.kernel.work import Work
from linli.support.approvals import service
from linli.support.approvals.contracts import (
    PURPOSE_TITLES,
    STATE_TITLES,
    Approval,
    ApprovalState,
    Purpose,
    View,
)

api = router("/api/approvals", tag="approvals")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class SaidView(_Frozen):
    """One line of what will happen."""

    label: str
    words: str


class ApprovalView(_Frozen):
    """A request: what will be done, to how many rows, why, who asked, who decided.

    `request` is what the asker sends to do it, once it is approved; others get none.
    """

    id: UUID
    purpose: Purpose
    purpose_title: str
    title: str
    total: int
    reason: str
    said: tuple[SaidView, ...]
    request: dict[str, JsonValue] | None
    asker_name: str
    asked_at: AwareDatetime
    state: ApprovalState
    state_title: str
    version: int
    expires_at: AwareDatetime
    decided_name: str
    decided_at: AwareDatetime | None
    answer: str
    mine: bool
    may_decide: bool


class ApprovalPageView(_Frozen):
    """Requests, the newest first."""

    items: tuple[ApprovalView, ...]
    next_cursor: str | None
    total: int


class DecideBody(_Frozen):
    """Whether to agree; a refusal says why in `answer`."""

    approve: bool
    answer: str = Field(default="", max_length=300)
    expected_version: int = Field(ge=1, lt=1 << 31)


class WithdrawBody(_Frozen):
    """The version that was seen."""

    expected_version: int = Field(ge=1, lt=1 << 31)


@api.get("")
async def list_approvals(
    work: CurrentWork,
    *,
    view: View = View.WAITING,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> ApprovalPageView:
    """Requests for me to decide, my own open ones, or those that ended."""
    rows, total = await service.list_approvals(work, view, most=limit, skip=cursor)
    return ApprovalPageView(
        items=tuple(_view(work, one) for one in rows),
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


@api.get("/{approval_id}")
async def read_approval(work: CurrentWork, approval_id: UUID) -> ApprovalView:
    """One request. 404: neither one's own nor one's to decide."""
    return _view(work, await service.approval_of(work, approval_id))


@api.post("/{approval_id}/decide")
async def decide(work: CurrentWork, approval_id: UUID, body: DecideBody) -> ApprovalView:
    """Agree or not. 403 for the asker, 409 when it was decided, taken back or lapsed meanwhile."""
    decided = await service.decide(
        work,
        approval_id,
        approve=body.approve,
        answer=body.answer,
        expected_version=body.expected_version,
    )
    return _view(work, decided)


@api.post("/{approval_id}/withdraw")
async def withdraw(work: CurrentWork, approval_id: UUID, body: WithdrawBody) -> ApprovalView:
    """Take one's own request back."""
    back = await service.withdraw(work, approval_id, expected_version=body.expected_version)
    return _view(work, back)


def _view(work: Work, one: Approval) -> ApprovalView:
    wanted = one.wanted
    mover = service.mover_of(work, one)
    mine = mover.account_id == one.asker_id
    return ApprovalView(
        id=one.id,
        purpose=wanted.purpose,
        purpose_title=PURPOSE_TITLES[wanted.purpose],
        title=wanted.title,
        total=wanted.total,
        reason=wanted.reason,
        said=tuple(SaidView(label=line.label, words=line.words) for line in wanted.said),
        request=dict(wanted.request) if mine else None,
        asker_name=one.asker_name,
        asked_at=one.asked_at,
        state=one.state,
        state_title=STATE_TITLES[one.state],
        version=one.version,
        expires_at=one.expires_at,
        decided_name=one.decided_name,
        decided_at=one.decided_at,
        answer=one.answer,
        mine=mine,
        may_decide=not mine and mover.holds and one.state is ApprovalState.ASKED,
    )
