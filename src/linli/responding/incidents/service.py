"""Verbs on incidents, inside the caller's transaction. The only writer of their tables."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from linli.directory.organisation.public import company_for, organisations_above
from linli.directory.places.contracts import Place
from linli.directory.places.public import estates_named, places_named
from linli.kernel.deadlines import Deadline, clear_deadlines, set_deadline
from linli.kernel.errors import BadInput, IllegalMove, NotFound
from linli.kernel.scope import MACHINE, Scope
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.responding.alerts import public as alerts
from linli.responding.alerts.contracts import Alert, Ring, Rung
from linli.responding.dispatch import public as dispatch
from linli.responding.dispatch.contracts import Offer, Order, OrderState
from linli.responding.incidents import policy, store
from linli.responding.incidents.contracts import (
    Incident,
    IncidentMove,
    IncidentState,
    Level,
    Report,
    Step,
    StepDraft,
)
from linli.responding.incidents.events import IncidentChanged
from linli.responding.rules.contracts import Judgement
from linli.sensing.devices.public import devices_named
from linli.support.files.contracts import Attachment
from linli.support.files.public import attach, describe

DUE = "incident.due"
GOING_ON = frozenset(IncidentState) - policy.ENDED
MOST_HANDED = 1_000


class NoCompany(BadInput):
    code = "no_company"
    text = "这个小区没有在合同期内的服务企业"


# Signals become incidents.


async def respond(work: Work, judgement: Judgement) -> tuple[Incident, ...]:
    """Take up what rules found: ring alerts, and open or continue the incidents they belong to.

    Returns the incidents that were opened or changed.
    """
    if not judgement.findings and not judgement.cleared:
        return ()
    rungs = (
        *await alerts.raise_alerts(work, judgement.findings),
        *await alerts.clear_alerts(work, judgement.cleared, work.now),
    )
    owners = await store.of_alerts(work.connection, [rung.alert.id for rung in rungs])
    touched: list[Incident] = []
    for rung in rungs:
        incident = await _incident_of(work, rung, owners.get(rung.alert.id))
        if incident is not None:
            touched.append(await _continue(work, incident, rung))
        elif rung.ring in {Ring.RANG, Ring.WORSENED}:
            touched.append(await _open(work, rung))
    return tuple(touched)


async def _incident_of(work: Work, rung: Rung, incident_id: UUID | None) -> Incident | None:
    """The incident an alert belongs to, or one about the same device and matter that it joins."""
    if incident_id is not None:
        incident = await store.locked(work.connection, incident_id)
        if incident is not None and incident.merged_into is not None:
            incident = await store.locked(work.connection, incident.merged_into)
        if incident is not None and incident.state not in policy.ENDED:
            return incident
        if rung.ring in {Ring.REPEATED, Ring.CLEARED}:
            return None
    if rung.ring is not Ring.RANG:
        return None
    finding = rung.alert.finding
    if finding.joins is not None:
        joined = await _still_open(work, finding.joins)
        if joined is not None:
            await store.link(work.connection, joined.id, [rung.alert.id])
            return joined
    since = finding.received_at - policy.JOIN_WINDOW
    found = await store.joinable(work.connection, finding.device_id, finding.category, since)
    if found is not None:
        await store.link(work.connection, found.id, [rung.alert.id])
    return found


async def _still_open(work: Work, incident_id: UUID) -> Incident | None:
    incident = await store.locked(work.connection, incident_id)
    if incident is not None and incident.merged_into is not None:
        incident = await store.locked(work.connection, incident.merged_into)
    return None if incident is None or incident.state in policy.ENDED else incident


async def tell_story(work: Work, incident_id: UUID, step: StepDraft) -> None:
    """Add a step to an incident's story from outside: what a scene found out, what was exported.

    Raises NotFound.
    """
    incident = await _locked(work, incident_id)
    told = replace(incident, version=incident.version + 1)
    told, _ = await _append(work, told, step)
    await _keep(work, told, "noted")


async def hand_over(
    work: Work, from_id: UUID, from_name: str, to: tuple[UUID, str, Scope] | None
) -> None:
    """Somebody has left: open incidents they had taken are taken by `to` (id, name and reach).

    Where that person handles no incidents, or nobody is named, somebody has to take them anew.
    """
    query = store.IncidentQuery(mine=from_id, states=GOING_ON, limit=MOST_HANDED)
    for found in (await store.listed(work.connection, query)).incidents:
        incident = await store.locked(work.connection, found.id)
        if incident is None or incident.taken_by_id != from_id:
            continue
        able = to is not None and to[2].may("handle_incidents", incident.estate_id)
        heir = (to[0], to[1]) if to is not None and able else (None, "")
        words = f"{from_name}已离职，" + (f"由{heir[1]}接手" if heir[1] else "请重新受理")
        taken = replace(
            incident, version=incident.version + 1, taken_by_id=heir[0], taken_by=heir[1]
        )
        orders = await dispatch.of_subjects(work.connection, [incident.id])
        draft = StepDraft("handed_over", "交接", words)
        await _tell(work, await _retime(work, taken, orders), "moved", draft)


async def _continue(work: Work, incident: Incident, rung: Rung) -> Incident:
    """An alert of this incident rang again, was seen again, or fell silent."""
    finding = rung.alert.finding
    await _show(work, incident, await _kept(work, finding.evidence))
    worse = finding.severity.rank > incident.severity.rank
    seen = replace(
        incident,
        version=incident.version + 1,
        times_seen=incident.times_seen + rung.findings,
        last_seen_at=max(incident.last_seen_at, rung.alert.last_seen_at),
        severity=finding.severity if worse else incident.severity,
        ringing=rung.ring is not Ring.CLEARED,
        evidence=tuple(dict.fromkeys((*incident.evidence, *finding.evidence))),
    )
    if rung.ring is Ring.REPEATED:
        if not rung.tell:
            await store.overwrite(work.connection, replace(seen, version=incident.version))
            return seen
        return await _keep(work, seen, "repeated")
    if rung.ring is Ring.CLEARED:
        title = f"{finding.rule.title}：恢复正常"
        return await _tell(work, seen, "cleared", StepDraft("cleared", title, actor_kind="rule"))
    if worse:
        orders = await dispatch.of_subjects(work.connection, [incident.id])
        seen = await _retime(work, replace(seen, stage=None), orders)
    title = f"{finding.what}（{'情况加重' if worse else '再次报警'}）"
    return await _tell(work, seen, "rang", _alert_step(rung.alert, title))


def _alert_step(alert: Alert, title: str) -> StepDraft:
    finding = alert.finding
    return StepDraft(
        kind="alert",
        title=title,
        words=finding.explanation.sentence,
        evidence=finding.evidence,
        at=finding.received_at,
        actor_name=finding.rule.title,
        actor_kind="rule",
        detail={
            "rule": finding.rule.code,
            "rule_version": str(finding.rule.version),
            "found_at": finding.found_at.isoformat(),
        },
    )


async def _open(work: Work, rung: Rung) -> Incident:
    alert = rung.alert
    finding = alert.finding
    devices = await devices_named(work, [finding.device_id])
    device = devices.get(finding.device_id)
    incident = await _new(
        work,
        Report(
            estate_id=finding.estate_id,
            place_id=finding.place_id,
            category=finding.category,
            severity=finding.severity,
            words=finding.what,
            evidence=await _kept(work, finding.evidence),
        ),
        action=finding.action,
        duty=finding.duty,
        received_at=finding.received_at,
    )
    incident = replace(
        incident,
        ringing=True,
        times_seen=rung.findings,
        source_kind="device",
        source_title=device.title if device else finding.rule.title,
        source_device_id=finding.device_id,
    )
    await store.add(work.connection, incident)
    await store.link(work.connection, incident.id, [alert.id])
    await _show(work, incident, incident.evidence)
    opened = await _tell(work, incident, "opened", _alert_step(alert, finding.what))
    if opened.category in policy.AUTO_DISPATCH:
        opened, _ = await _offer(work, opened, words=finding.explanation.sentence)
    return opened


async def _new(
    work: Work, report: Report, *, action: str, duty: str, received_at: datetime
) -> Incident:
    """An incident about to be stored: numbered, placed, owned and timed."""
    estates = await estates_named(work, [report.estate_id])
    estate = estates.get(report.estate_id)
    if estate is None:
        raise NotFound
    place = await _place(work, report.place_id)
    if place is not None and place.estate_id != estate.id:
        raise BadInput("这个位置不在所选小区内", field="place_id", remedy="请重新选择位置")
    company = await company_for(work, estate.id, duty) if report.level is None else None
    above = await organisations_above(work, estate.id)
    level = report.level or (Level.PROPERTY if company else Level.COMMUNITY)
    owner = company or above[policy.STEPS_ABOVE[level]]
    day = received_at.astimezone(SHANGHAI).date()
    number = await store.next_number(work.connection, estate.id, day)
    path = place.path if place else ""
    incident = Incident(
        id=work.new_id(),
        code=f"{estate.code}-{day:%Y%m%d}-{number:04d}",
        estate_id=estate.id,
        estate_title=estate.title,
        place_id=report.place_id,
        place_path=path,
        category=report.category,
        severity=report.severity,
        what=report.words,
        line=policy.line_of(estate.title, path, report.words, action),
        duty=duty,
        state=IncidentState.OPEN,
        version=0,
        level=level,
        owner_id=owner.id,
        owner_title=owner.title,
        opened_at=work.now,
        received_at=received_at,
        last_seen_at=received_at,
        times_seen=1,
        ringing=False,
        source_kind="person",
        source_title=work.actor.name,
        source_device_id=None,
        evidence=report.evidence,
    )
    return await _retime(work, incident, ())


async def _place(work: Work, place_id: UUID | None) -> Place | None:
    return (await places_named(work, [place_id])).get(place_id) if place_id else None


async def report(work: Work, said: Report) -> Incident:
    """Open an incident that a person reports. Raises NotFound, BadInput."""
    if not said.words.strip():
        raise BadInput("请写明发生了什么", field="words", remedy="用一句话说明情况")
    words = said.words.strip()
    incident = await _new(
        work, replace(said, words=words), action="", duty="property", received_at=work.now
    )
    await store.add(work.connection, incident)
    await _show(work, incident, said.evidence)
    title = "系统发现" if work.actor.kind == MACHINE.kind else "人工上报"
    draft = StepDraft("reported", title, words, said.evidence)
    return await _tell(work, incident, "opened", draft)


# People move incidents.


async def move(
    work: Work, incident_id: UUID, asked: policy.Asked, *, expected_version: int | None
) -> Incident:
    """Move an incident along its lifecycle. Raises NotFound and what `policy.moved` refuses."""
    incident = await _locked(work, incident_id)
    if asked.move is IncidentMove.DISPATCH:
        raise IllegalMove("派单请选择服务企业或人员")
    if asked.move is IncidentMove.RAISE_LEVEL:
        return await _raise_by_hand(work, incident, asked, expected_version=expected_version)
    orders = await dispatch.of_subjects(work.connection, [incident_id])
    proved = any(order.state is OrderState.VERIFIED for order in orders)
    after = policy.moved(
        incident, replace(asked, proved=proved), work.now, expected_version=expected_version
    )
    if asked.move is IncidentMove.TAKE:
        after = replace(after, taken_by_id=work.actor.account_id, taken_by=work.actor.name)
    if asked.move is IncidentMove.MERGE and asked.into is not None:
        await _merge_into(work, incident, asked.into)
    if after.state in policy.ENDED or after.state is IncidentState.RESOLVED:
        await dispatch.cancel_orders(work, incident_id, f"事件{after.state.words}")
        await alerts.silence(work, await store.alerts_of(work.connection, incident_id))
    draft = StepDraft(asked.move, asked.move.words, asked.words)
    orders = await dispatch.of_subjects(work.connection, [incident_id])
    return await _tell(work, await _retime(work, after, orders), "moved", draft)


async def _merge_into(work: Work, incident: Incident, into_id: UUID) -> None:
    into = await store.locked(work.connection, into_id)
    if into is None or into.state in policy.ENDED or into.estate_id != incident.estate_id:
        raise BadInput(
            "只能合并到同一小区还没有办结的事件", field="into_incident_id", remedy="请另选一个"
        )
    await store.link(work.connection, into.id, await store.alerts_of(work.connection, incident.id))
    merged = replace(
        into,
        version=into.version + 1,
        times_seen=into.times_seen + incident.times_seen,
        last_seen_at=max(into.last_seen_at, incident.last_seen_at),
        evidence=tuple(dict.fromkeys((*into.evidence, *incident.evidence))),
    )
    draft = StepDraft("merged_in", f"并入事件 {incident.code}", incident.line, incident.evidence)
    await _tell(work, merged, "moved", draft)


async def note(work: Work, incident_id: UUID, words: str, evidence: tuple[UUID, ...]) -> Step:
    """Add a note to the story. Raises NotFound, BadInput."""
    if not words.strip() and not evidence:
        raise BadInput("请写点内容或附上照片", field="words")
    incident = await _locked(work, incident_id)
    await _show(work, incident, evidence)
    noted = replace(
        incident,
        version=incident.version + 1,
        evidence=tuple(dict.fromkeys((*incident.evidence, *evidence))),
    )
    noted, step = await _append(work, noted, StepDraft("note", "备注", words.strip(), evidence))
    await _keep(work, noted, "noted")
    return step


async def offer_order(
    work: Work,
    incident_id: UUID,
    *,
    company_id: UUID | None,
    assignee_id: UUID | None,
    words: str,
    expected_version: int | None,
) -> Order:
    """Send the incident to a company (the one under contract, when none is named).

    Orders that nobody took in time are taken back. Raises NotFound, BadInput, IllegalMove,
    StaleVersion, Forbidden, NoCompany.
    """
    incident = await _locked(work, incident_id)
    may = rights_on(work, incident)
    asked = policy.Asked(IncidentMove.DISPATCH, words, may)
    handling = policy.moved(incident, asked, work.now, expected_version=expected_version)
    if incident.overdue:
        await dispatch.expire_orders(work, incident.id, "超时未接，重新派单")
    _, order = await _offer(
        work, handling, words=words, company_id=company_id, assignee_id=assignee_id
    )
    return order


async def _offer(
    work: Work,
    incident: Incident,
    *,
    words: str,
    company_id: UUID | None = None,
    assignee_id: UUID | None = None,
) -> tuple[Incident, Order]:
    suggestions = await dispatch.suggest(work, incident.estate_id, incident.duty, incident.place_id)
    chosen = next(
        (s for s in suggestions if company_id is None or s.company_id == company_id), None
    )
    if chosen is None:
        raise NoCompany(field="company_id", remedy="请先在“组织”里登记服务合同")
    person = next((c for c in chosen.colleagues if c.account_id == assignee_id), None)
    if assignee_id is not None and person is None:
        raise BadInput("这个人不能接本小区的工单", field="assignee_id", remedy="请另选一位")
    due = policy.due_times(incident.severity, incident.received_at)
    order = await dispatch.offer(
        work,
        Offer(
            subject_id=incident.id,
            subject_code=incident.code,
            estate_id=incident.estate_id,
            place_id=incident.place_id,
            company_id=chosen.company_id,
            company_title=chosen.company_title,
            duty=chosen.duty,
            severity=incident.severity,
            line=incident.line,
            what=incident.what,
            estate_title=incident.estate_title,
            place_path=incident.place_path,
            words=words,
            due={str(stage): at for stage, at in due.items()},
            assignee_id=person.account_id if person else None,
            assignee_name=person.name if person else "",
            pictures=incident.evidence,
        ),
    )
    to = f"{chosen.company_title} {person.name}" if person else chosen.company_title
    draft = StepDraft("dispatched", f"派单给{to}", words, detail={"order": order.code})
    orders = await dispatch.of_subjects(work.connection, [incident.id])
    sent = replace(incident, state=IncidentState.HANDLING)
    sent = await _tell(work, await _retime(work, sent, orders), "dispatched", draft)
    return sent, order


# Orders tell their incident how far they have come.


_ORDER_TITLES = {
    "accept": "接单",
    "refuse": "拒单",
    "transfer": "转派",
    "entrust": "更换经办人",
    "arrive": "到达现场",
    "fix": "处理完成",
    "verify": "核实通过",
    "send_back": "退回重做",
    "expire": "超时未接，工单收回",
}


async def follow_order(work: Work, order_id: UUID, said: StepDraft, move: str) -> None:
    """An order of an incident moved: the story, the stage and perhaps the state follow."""
    found = await dispatch.named(work.connection, [order_id])
    title = _ORDER_TITLES.get(move)
    if not found or title is None:
        return
    incident = await store.locked(work.connection, found[0].offer.subject_id)
    if incident is None:
        return
    await _show(work, incident, said.evidence)
    orders = await dispatch.of_subjects(work.connection, [incident.id])
    after = replace(
        incident,
        version=incident.version + 1,
        evidence=tuple(dict.fromkeys((*incident.evidence, *said.evidence))),
    )
    if move == "accept" and after.accepted_at is None:
        after = replace(after, accepted_at=said.at)
    active = [order for order in orders if order.ended_at is None]
    verified = move == "verify" and not active
    if verified and incident.state in {IncidentState.OPEN, IncidentState.HANDLING}:
        after = replace(after, state=IncidentState.RESOLVED, resolved_at=work.now, ringing=False)
        await alerts.silence(work, await store.alerts_of(work.connection, incident.id))
    company = found[0].offer.company_title
    draft = replace(said, kind=f"order_{move}", title=f"{company} {said.actor_name or ''} {title}")
    await _tell(work, await _retime(work, after, orders), "order", draft)


# The clock.


async def deadline_passed(work: Work, incident_id: UUID) -> Incident | None:
    """A deadline of the incident has come: raise it one level if it is still not met."""
    incident = await store.locked(work.connection, incident_id)
    if incident is None or incident.due_at is None or incident.stage is None:
        return None
    if incident.due_at > work.now:
        await _set_due(work, incident)
        return None
    above = policy.next_level(incident.level)
    late = replace(incident, version=incident.version + 1, overdue=True)
    missed = f"超过时限未{incident.stage.words}"
    if above is None:
        again = replace(late, due_at=None)
        draft = StepDraft("overdue", missed, "已在县级，仍未解决", actor_kind="clock")
        return await _tell(work, again, "overdue", draft)
    return await _raise(work, late, above, title=f"{missed}，上报{above.words}", by_clock=True)


async def _raise_by_hand(
    work: Work, incident: Incident, asked: policy.Asked, *, expected_version: int | None
) -> Incident:
    after = policy.moved(incident, asked, work.now, expected_version=expected_version)
    above = policy.next_level(incident.level)
    if above is None:
        raise IllegalMove("已经在县级，没有上一级")
    title = f"上报{above.words}"
    return await _raise(work, after, above, title=title, words=asked.words)


async def _raise(
    work: Work,
    incident: Incident,
    level: Level,
    *,
    title: str,
    words: str = "",
    by_clock: bool = False,
) -> Incident:
    above = await organisations_above(work, incident.estate_id)
    wanted = policy.LADDER.index(level) - 1
    owner = above[min(wanted, len(above) - 1)]
    raised = replace(incident, level=level, owner_id=owner.id, owner_title=owner.title)
    if by_clock:
        raised = replace(raised, due_at=work.now + policy.patience(incident))
        await _set_due(work, raised)
    draft = StepDraft(
        "raised",
        title,
        words,
        actor_kind="clock" if by_clock else None,
        actor_name="时限" if by_clock else None,
        detail={"level": level, "owner": owner.title},
    )
    return await _tell(work, raised, "raised", draft)


async def close_confirmed(work: Work) -> int:
    """Close what was confirmed a day ago and nobody closed; returns how many."""
    before = work.now - policy.CLOSE_AFTER
    closing = await store.to_close(work.connection, before, most=200)
    for incident_id in closing:
        incident = await store.locked(work.connection, incident_id)
        if incident is None or incident.state is not IncidentState.CONFIRMED:
            continue
        asked = policy.Asked(IncidentMove.CLOSE, "", frozenset({policy.HANDLING}))
        after = policy.moved(incident, asked, work.now, expected_version=None)
        draft = StepDraft("close", "到期自动办结", actor_kind="clock", actor_name="时限")
        await _tell(work, await _retime(work, after, ()), "moved", draft)
    return len(closing)


# What every change does.


async def _kept(work: Work, file_ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """Those of the files a device names that it really sent."""
    known = await describe(work, file_ids)
    return tuple(file_id for file_id in file_ids if file_id in known)


async def _show(work: Work, incident: Incident, file_ids: tuple[UUID, ...]) -> None:
    """Whoever sees the incident may see its pictures. Raises NoSuchFile."""
    await attach(work, file_ids, Attachment(incident.estate_id, ("see_incidents",), incident.id))


def rights_on(work: Work, incident: Incident) -> frozenset[str]:
    """The permissions the session holds on this incident."""
    scope = work.scope
    wanted = ("see_incidents", "handle_incidents", "dispatch_orders")
    return frozenset(
        name
        for name in wanted
        if scope.may(name, incident.estate_id)
        or incident.id in scope.incidents.get(name, frozenset())
    )


async def _locked(work: Work, incident_id: UUID) -> Incident:
    incident = await store.locked(work.connection, incident_id)
    if incident is None:
        raise NotFound
    return incident


async def _retime(work: Work, incident: Incident, orders: Sequence[Order]) -> Incident:
    """Work out the stage anew; a changed deadline is set, an ended one taken back."""
    timed = policy.timed(incident, orders)
    if timed.due_at is None:
        if incident.due_at is not None:
            await clear_deadlines(work, incident.id, kind=DUE)
    elif timed.due_at != incident.due_at:
        await _set_due(work, timed)
    return timed


async def _set_due(work: Work, incident: Incident) -> None:
    if incident.due_at is not None:
        await set_deadline(work, Deadline(DUE, incident.id, incident.due_at))


async def _append(work: Work, incident: Incident, draft: StepDraft) -> tuple[Incident, Step]:
    """Add the next step to the story; the incident remembers its number and hash."""
    at = draft.at or work.now
    said = replace(
        draft,
        at=at,
        actor_name=draft.actor_name or work.actor.name,
        actor_kind=draft.actor_kind or work.actor.kind,
    )
    seq = incident.steps + 1
    chain = policy.step_hash(incident.chain, incident.id, seq, said, at)
    step = Step(
        incident_id=incident.id,
        seq=seq,
        at=at,
        recorded_at=work.now,
        actor_id=said.actor_id or work.actor.account_id,
        actor_name=said.actor_name or "",
        actor_kind=said.actor_kind or "",
        kind=said.kind,
        title=said.title,
        words=said.words,
        evidence=said.evidence,
        detail=said.detail,
        hash=chain,
    )
    await store.add_step(work.connection, step)
    return replace(incident, steps=seq, chain=chain), step


async def _tell(work: Work, incident: Incident, change: str, draft: StepDraft) -> Incident:
    told, _ = await _append(work, incident, draft)
    return await _keep(work, told, change)


async def _keep(work: Work, incident: Incident, change: str) -> Incident:
    kept = incident if incident.version else replace(incident, version=1)
    await store.overwrite(work.connection, kept)
    work.outbox.add(
        IncidentChanged(
            estate_id=kept.estate_id,
            happened_at=work.now,
            incident_id=kept.id,
            version=kept.version,
            severity=kept.severity,
            state=kept.state,
            level=kept.level,
            change=change,
        )
    )
    return kept
