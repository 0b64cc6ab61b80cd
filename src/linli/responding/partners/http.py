"""Partners over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.kernel.web import CurrentWork, require, router
from linli.responding.partners import policy, service
from linli.responding.partners.contracts import Partner

api = router("/api", tag="partners")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class PartnerShape(Shape):
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


class PartnerRequest(Shape):
    """Whom to ask in by their exact login, on what ground, for how many hours (1 to 72)."""

    login: Annotated[str, Field(max_length=60)]
    basis: Annotated[str, Field(max_length=policy.LONGEST_BASIS)]
    hours: int


def _shape(partner: Partner, now: datetime) -> PartnerShape:
    return PartnerShape(
        id=partner.id,
        name=partner.name,
        house=partner.house,
        basis=partner.basis,
        asked_at=partner.asked_at,
        asked_by=partner.asked_by,
        valid_to=partner.valid_to,
        ended_at=partner.ended_at,
        ended_by=partner.ended_by,
        stands=partner.stands(now),
    )


@api.get("/incidents/{incident_id}/partners")
async def list_partners(work: CurrentWork, incident_id: UUID) -> list[PartnerShape]:
    """Who was asked in to the incident, newest first. 404 out of reach."""
    require(work, service.DISPATCH)
    return [_shape(one, work.now) for one in await service.partners_of(work, incident_id)]


@api.post("/incidents/{incident_id}/partners", status_code=201)
async def ask_partner(work: CurrentWork, incident_id: UUID, asked: PartnerRequest) -> PartnerShape:
    """Let somebody of another house see the incident for some hours; it ends by itself.

    404 out of reach, 409 when the incident is over, 422 names the field.
    """
    require(work, service.DISPATCH)
    wanted = service.Asked(asked.login, asked.basis, asked.hours)
    return _shape(await service.ask_in(work, incident_id, wanted), work.now)


@api.post("/partners/{partner_id}/end")
async def end_help(work: CurrentWork, partner_id: UUID) -> PartnerShape:
    """Take the right back before its time. 404 out of reach."""
    require(work, service.DISPATCH)
    return _shape(await service.end_help(work, partner_id), work.now)
