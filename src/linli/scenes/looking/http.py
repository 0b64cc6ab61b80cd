"""Unusual looking over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.directory.identity.public import names_of
from linli.directory.places.public import estates_named
from linli.kernel.web import CurrentWork, require, router
from linli.scenes.looking import store
from linli.scenes.looking.contracts import ODDITY_TITLES, Oddity

api = router("/api/looks", tag="looks")

SEE = "see_looks"


class UnusualView(BaseModel):
    """An account that read about more people than usual; `incident_id` is where it is handled."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    oddity: Oddity
    oddity_title: str
    account_id: UUID
    actor_name: str
    estate_id: UUID
    estate_title: str
    persons: int
    day: date
    from_at: AwareDatetime
    to_at: AwareDatetime
    incident_id: UUID | None


@api.get("/unusual")
async def list_unusual(
    work: CurrentWork, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> tuple[UnusualView, ...]:
    """The latest unusual looking, newest first. Needs `see_looks`."""
    require(work, SEE)
    found = await store.latest(work.connection, most=limit)
    names = await names_of(work, {one.unusual.account_id for one in found})
    estates = await estates_named(work, {one.unusual.estate_id for one in found})
    return tuple(
        UnusualView(
            id=one.id,
            oddity=one.unusual.oddity,
            oddity_title=ODDITY_TITLES[one.unusual.oddity],
            account_id=one.unusual.account_id,
            actor_name=names.get(one.unusual.account_id, ""),
            estate_id=one.unusual.estate_id,
            estate_title=estates[one.unusual.estate_id].title
            if one.unusual.estate_id in estates
            else "",
            persons=one.unusual.persons,
            day=one.unusual.day,
            from_at=one.unusual.from_,
            to_at=one.unusual.to,
            incident_id=one.incident_id,
        )
        for one in found
    )
