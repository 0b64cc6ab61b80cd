"""Who looked, over HTTP: for the data officer."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.kernel.web import CurrentWork, require, router
from linli.support.looks import store
from linli.support.looks.contracts import WHAT_TITLES, Look, LookSearch, What
from linli.support.sheets.public import Agreed, Column, Filter, as_file

api = router("/api/looks", tag="looks")

SEE = "see_looks"


class LookView(BaseModel):
    """One reading: who read what about whom, and why."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    at: AwareDatetime
    account_id: UUID | None
    actor_name: str
    what: What
    what_title: str
    person_id: UUID | None
    subject_kind: str
    subject_id: UUID
    subject_title: str
    reason: str | None
    address: str | None
    estate_id: UUID | None


class LookPage(BaseModel):
    """Looks, newest first; `total` counts all that match."""

    model_config = ConfigDict(frozen=True)

    items: tuple[LookView, ...]
    next_cursor: str | None
    total: int


class LookerView(BaseModel):
    """How much one account looked at."""

    model_config = ConfigDict(frozen=True)

    account_id: UUID
    actor_name: str
    looks: int
    persons: int
    last_at: AwareDatetime


@api.get("")
async def list_looks(
    work: CurrentWork,
    *,
    account_id: UUID | None = None,
    person_id: UUID | None = None,
    estate_id: UUID | None = None,
    what: What | None = None,
    from_: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    to: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: UUID | None = None,
) -> LookPage:
    """Who looked at what, newest first. Needs `see_looks`."""
    require(work, SEE)
    search = LookSearch(
        account_id=account_id,
        person_ids=None if person_id is None else frozenset({person_id}),
        estate_id=estate_id,
        what=what,
        from_=from_,
        to=to,
    )
    found = await store.find(work.connection, search, before=cursor, most=limit + 1)
    page = found[:limit]
    return LookPage(
        items=tuple(view(look) for look in page),
        next_cursor=str(page[-1].id) if len(found) > limit else None,
        total=await store.count(work.connection, search),
    )


as_file(
    api,
    list_looks,
    "查看记录",
    (
        Column("时间", lambda row: row.at),
        Column("谁", lambda row: row.actor_name),
        Column("看了什么", lambda row: row.what_title),
        Column("谁的", lambda row: row.subject_title),
        Column("事由", lambda row: row.reason),
        Column("来自", lambda row: row.address),
    ),
    personal=True,
    agreed=Agreed(
        SEE,
        {
            "account_id": Filter("谁"),
            "person_id": Filter("谁的"),
            "what": Filter("看了什么", WHAT_TITLES.__getitem__),
            "from_": Filter("从"),
            "to": Filter("到"),
        },
    ),
)


@api.get("/lookers")
async def list_lookers(
    work: CurrentWork,
    *,
    estate_id: UUID | None = None,
    from_: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    to: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> tuple[LookerView, ...]:
    """Accounts by how many different persons they looked at, the most first. Needs `see_looks`."""
    require(work, SEE)
    search = LookSearch(estate_id=estate_id, from_=from_, to=to)
    return tuple(
        LookerView(
            account_id=one.account_id,
            actor_name=one.actor_name,
            looks=one.looks,
            persons=one.persons,
            last_at=one.last_at,
        )
        for one in await store.lookers(work.connection, search, most=limit)
    )


def view(look: Look) -> LookView:
    """The wire shape of a look."""
    return LookView(
        id=look.id,
        at=look.at,
        account_id=look.account_id,
        actor_name=look.actor_name,
        what=look.what,
        what_title=WHAT_TITLES[look.what],
        person_id=look.person_id,
        subject_kind=look.subject_kind,
        subject_id=look.subject_id,
        subject_title=look.subject_title,
        reason=look.reason,
        address=look.address,
        estate_id=look.estate_id,
    )
