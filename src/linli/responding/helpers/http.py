"""Helpers over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.kernel.web import CurrentWork, require, router
from linli.responding.helpers import policy, service
from linli.responding.helpers.contracts import Helper

api = router("/api", tag="helpers")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class HelperShape(Shape):
    """Somebody asked in to one incident."""

    id: UUID
    name: str
    house: str
    basis: str
    asked_at: AwareDatetime
    asked_by: str
    valid_to: AwareDatetime
    ended_at: AwareDatetime | None
    ended_by: str
    stands: bool


class HelperRequest(Shape):
    """Whom to ask in by their exact login, on what ground, for how many hours (1 to 72)."""

    login: Annotated[str, Field(max_length=60)]
    basis: Annotated[str, Field(max_length=policy.LONGEST_BASIS)]
    hours: int


def _shape(helper: Helper, now: datetime) -> HelperShape:
    return HelperShape(
        id=helper.id,
        name=helper.name,
        house=helper.house,
        basis=helper.basis,
        asked_at=helper.asked_at,
        asked_by=helper.asked_by,
        valid_to=helper.valid_to,
        ended_at=helper.ended_at,
        ended_by=helper.ended_by,
        stands=helper.stands(now),
    )


@api.get("/incidents/{incident_id}/helpers")
async def list_helpers(work: CurrentWork, incident_id: UUID) -> list[HelperShape]:
    """Who was asked in to the incident, newest first. 404 out of reach."""
    require(work, service.DISPATCH)
    return [_shape(one, work.now) for one in await service.helpers_of(work, incident_id)]


@api.post("/incidents/{incident_id}/helpers", status_code=201)
async def ask_helper(work: CurrentWork, incident_id: UUID, asked: HelperRequest) -> HelperShape:
    """Let somebody of another house see the incident for some hours; it ends by itself.

    404 out of reach, 409 when the incident is over, 422 names the field.
    """
    require(work, service.DISPATCH)
    wanted = service.Asked(asked.login, asked.basis, asked.hours)
    return _shape(await service.ask_in(work, incident_id, wanted), work.now)


@api.post("/helpers/{helper_id}/end")
async def end_help(work: CurrentWork, helper_id: UUID) -> HelperShape:
    """Take the right back before its time. 404 out of reach."""
    require(work, service.DISPATCH)
    return _shape(await service.end_help(work, helper_id), work.now)
