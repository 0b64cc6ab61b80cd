"""Verbs on partners, inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from linli.directory.identity.contracts import Invitation
from linli.directory.identity.events import GrantChanged
from linli.directory.identity.public import invite_to_incident
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.kernel.time import on_wall
from linli.kernel.work import Work
from linli.responding.incidents.contracts import Incident, StepDraft
from linli.responding.incidents.public import named, tell_story
from linli.responding.partners import policy, store
from linli.responding.partners.contracts import Partner
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.messaging.contracts import About, Channel, Message
from linli.support.messaging.public import send

DISPATCH = "dispatch_orders"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to ask in, on what ground, for how many hours."""

    login: str
    basis: str
    hours: int


async def partners_of(work: Work, incident_id: UUID) -> Sequence[Partner]:
    """Who was asked in, newest first. Raises NotFound, Forbidden."""
    await _dispatched(work, incident_id)
    return await store.of_incident(work.connection, incident_id)


async def ask_in(work: Work, incident_id: UUID, asked: Asked) -> Partner:
    """Let somebody of another house see this incident for some hours; the right ends by itself.

    Raises NotFound, Forbidden, BadInput, IllegalMove (the incident is over).
    """
    incident = await _dispatched(work, incident_id)
    login, basis, span = policy.given(asked.login, asked.basis, asked.hours)
    if incident.ended_at is not None:
        raise IllegalMove(f"事件{incident.state.words}，不能再请人协助")
    found = await store.find(work.connection, login)
    if found is None:
        raise BadInput("没有这个登录名，或账号已停用", field="login", remedy="请向对方核对")
    for known in await store.of_incident(work.connection, incident_id):
        if known.account_id == found.account_id and known.stands(work.now):
            raise BadInput(f"{found.name}已经在协助这件事", field="login")
    grant = await invite_to_incident(
        work,
        Invitation(
            account_id=found.account_id,
            incident_id=incident.id,
            incident_title=incident.code,
            estate_id=incident.estate_id,
            valid_to=work.now + span,
            basis=basis,
        ),
    )
    partner = Partner(
        id=grant.id,
        incident_id=incident.id,
        estate_id=incident.estate_id,
        account_id=found.account_id,
        name=found.name,
        house=found.house,
        basis=basis,
        asked_at=work.now,
        asked_by=work.actor.name,
        valid_to=work.now + span,
    )
    await store.add(work.connection, partner)
    until = on_wall(partner.valid_to)[5:16]
    words = f"{partner.house} {partner.name}，到 {until} 为止。{basis}"
    await tell_story(work, incident.id, StepDraft("partner", "请来协助", words))
    await send(
        work,
        Message(
            channel=Channel.IN_APP,
            template="partner_asked",
            title="请您协助处置",
            words=f"{incident.line}（{basis}，到 {until} 为止）",
            about=About(incident_id=incident.id, subject_id=partner.id, version=1),
            account_id=partner.account_id,
        ),
    )
    return partner


async def end_help(work: Work, partner_id: UUID) -> Partner:
    """Take the right back before its time. Raises NotFound. One that is over stays as it is."""
    partner = await store.locked(work.connection, partner_id)
    if partner is None or not work.scope.may(DISPATCH, partner.estate_id):
        raise NotFound
    if not partner.stands(work.now):
        return partner
    ended = replace(partner, ended_at=work.now, ended_by=work.actor.name)
    if not await store.end(work.connection, ended, work.actor.account_id):
        raise NotFound
    work.outbox.add(
        GrantChanged(estate_id=None, happened_at=work.now, account_id=partner.account_id)
    )
    words = f"{partner.house} {partner.name}"
    await tell_story(work, partner.incident_id, StepDraft("partner", "协助结束", words))
    await record(
        work,
        action=Action.GRANT_REVOKED,
        subject_kind="account",
        subject_id=partner.account_id,
        subject_title=partner.name,
        reason=partner.basis,
        estate_id=partner.estate_id,
    )
    return ended


async def _dispatched(work: Work, incident_id: UUID) -> Incident:
    found = await named(work.connection, [incident_id])
    incident = found.get(incident_id)
    if incident is None:
        raise NotFound
    if not work.scope.may(DISPATCH, incident.estate_id):
        raise Forbidden
    return incident
