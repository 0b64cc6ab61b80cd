"""Verbs of drills, inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from linli.directory.organisation.public import is_training
from linli.directory.places.public import places_named
from linli.kernel.deadlines import Deadline, clear_deadlines, set_deadline
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.kernel.work import Work
from linli.responding.dispatch import public as dispatch
from linli.responding.dispatch.contracts import Order
from linli.responding.drills import policy, store
from linli.responding.drills.contracts import SCENARIOS, Drill, DrillState, Scenario, Score
from linli.responding.drills.events import DrillChanged
from linli.responding.incidents import public as incidents
from linli.responding.incidents.contracts import Incident, Step
from linli.sensing.devices.contracts import Device
from linli.sensing.devices.public import command_device, device_of, devices_of_kinds
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.messaging.contracts import About, Channel, Message
from linli.support.messaging.public import send

SEE = "see_incidents"
LEAD = "lead_drills"
PLAYER = "simulator"
PLAY = "play_scene"
HEARD = "drill.heard"
TOO_LONG = "drill.too_long"
LONGEST_REMARK = 500


@dataclass(frozen=True, slots=True)
class Player:
    """A device that can play, and where it is."""

    device: Device
    place_path: str


async def playable(work: Work, estate_id: UUID) -> Sequence[tuple[Scenario, Sequence[Player]]]:
    """Every scenario with the devices of the estate that can play it.

    Raises:
        NotFound: no such estate in sight.
        NotForTraining: the estate is real.
    """
    if not await is_training(work, estate_id):
        raise policy.NotForTraining(field="estate_id")
    kinds = {kind for one in SCENARIOS for kind in one.kinds}
    devices = [
        one for one in await devices_of_kinds(work, sorted(kinds)) if one.estate_id == estate_id
    ]
    players = [Player(one, path) for one, path in await _placed(work, devices)]
    return [(one, [who for who in players if who.device.kind in one.kinds]) for one in SCENARIOS]


async def start(work: Work, estate_id: UUID, scenario: str, device_id: UUID) -> Drill:
    """Let the simulator play a scene on a device of a training estate.

    Raises:
        Forbidden: the actor leads no drills there.
        NotFound: estate or device out of sight.
        NotForTraining, NoSuchScenario, WrongDevice: names what to choose instead.
        IllegalMove: the device is in a drill, has an incident going on, or nobody plays here.
    """
    if not work.scope.may(LEAD, estate_id):
        raise Forbidden
    if not await is_training(work, estate_id):
        raise policy.NotForTraining(field="estate_id")
    chosen = policy.scenario_coded(scenario)
    device = await device_of(work, device_id)
    if device.estate_id != estate_id or device.kind not in chosen.kinds:
        raise policy.WrongDevice(field="device_id", remedy="从列表里另选一台设备")
    if await store.of_device(work.connection, device.id) is not None:
        raise IllegalMove("这台设备正在演练中", remedy="等它结束，或另选一台设备")
    busy = await incidents.open_of_device(work.connection, device.id)
    if busy is not None:
        raise IllegalMove(
            f"这台设备还有没办结的事件 {busy.code}", remedy="先办结它，或另选一台设备"
        )
    player = await _player(work, estate_id)
    await command_device(work, player.id, PLAY, {"scene": chosen.code, "device": device.code})
    [(_, path)] = await _placed(work, [device])
    drill = Drill(
        id=work.new_id(),
        estate_id=estate_id,
        scenario=chosen.code,
        title=chosen.title,
        device_id=device.id,
        device_title=device.title,
        place_path=path,
        state=DrillState.CALLED,
        version=1,
        started_at=work.now,
        started_by_id=work.actor.account_id,
        started_by=work.actor.name,
    )
    await store.add(work.connection, drill)
    _told(work, drill)
    await set_deadline(work, Deadline(HEARD, drill.id, work.now + policy.HEARD_WITHIN))
    await set_deadline(work, Deadline(TOO_LONG, drill.id, work.now + policy.LONGEST))
    await record(
        work,
        action=Action.DRILL_STARTED,
        subject_kind="drill",
        subject_id=drill.id,
        subject_title=f"{chosen.title} · {device.title}",
        estate_id=estate_id,
    )
    return drill


async def follow(work: Work, incident_id: UUID) -> None:
    """An incident changed: the drill it belongs to takes it up, or is over and scored."""
    found = await incidents.named(work.connection, [incident_id])
    incident = found.get(incident_id)
    if incident is None or incident.source_device_id is None:
        return
    drill = await store.of_device(work.connection, incident.source_device_id)
    if drill is None:
        return
    if drill.state is DrillState.CALLED and incident.opened_at >= drill.started_at:
        drill = replace(
            drill,
            state=policy.moved(drill.state, DrillState.RUNNING),
            version=drill.version + 1,
            incident_id=incident.id,
            incident_code=incident.code,
        )
        await clear_deadlines(work, drill.id, kind=HEARD)
        await store.overwrite(work.connection, drill)
        _told(work, drill)
    if drill.incident_id == incident.id and incident.state in policy.OVER:
        await _score(work, drill, incident, "")


async def end(work: Work, drill_id: UUID, remark: str) -> Drill:
    """End a drill now: one that runs is scored as far as it came, one that waits is cancelled.

    Raises:
        NotFound: out of sight.
        Forbidden: the actor leads no drills there.
        IllegalMove: it is over.
        BadInput: the remark is too long.
    """
    drill = await store.locked(work.connection, drill_id)
    if drill is None:
        raise NotFound
    if not work.scope.may(LEAD, drill.estate_id):
        raise Forbidden
    if len(remark) > LONGEST_REMARK:
        raise BadInput("评语太长", field="remark", remedy=f"最多{LONGEST_REMARK}字")
    if drill.state is DrillState.CALLED:
        return await _close(work, drill, DrillState.CANCELLED, remark.strip())
    if drill.state is not DrillState.RUNNING:
        raise IllegalMove(f"演练{drill.state.words}")
    return await _score(work, drill, await _incident(work, drill), remark.strip())


async def not_heard(work: Work, drill_id: UUID) -> None:
    """No alarm came: say so, so that nobody waits for ever."""
    drill = await store.locked(work.connection, drill_id)
    if drill is not None and drill.state is DrillState.CALLED:
        words = (
            "三分钟内没有报警：模拟器没有运行，设备还处在上一次演练的状态，"
            "或者这个小区停用了这条规则。"
        )
        await _close(work, drill, DrillState.FAILED, words)


async def too_long(work: Work, drill_id: UUID) -> None:
    """A drill that nobody ended is scored as far as it came."""
    drill = await store.locked(work.connection, drill_id)
    if drill is not None and drill.state is DrillState.RUNNING:
        await _score(work, drill, await _incident(work, drill), "超过四小时，系统自动结束。")


async def drill_of(work: Work, drill_id: UUID) -> tuple[Drill, Score | None]:
    """A drill, and its score: final, or as it stands now; None while no alarm has come.

    Raises:
        NotFound: out of sight.
    """
    drill = await store.named(work.connection, drill_id)
    if drill is None:
        raise NotFound
    if drill.points is not None:
        return drill, Score(tuple(drill.marks), drill.points, drill.grade)
    if drill.state is not DrillState.RUNNING:
        return drill, None
    incident = await _incident(work, drill)
    return drill, policy.score(policy.handling_of(incident, *await _past(work, incident)))


async def _past(work: Work, incident: Incident) -> tuple[Sequence[Order], Sequence[Step]]:
    orders = await dispatch.of_subjects(work.connection, [incident.id])
    return orders, await incidents.story(work.connection, incident.id)


async def _score(work: Work, drill: Drill, incident: Incident, remark: str) -> Drill:
    orders, story = await _past(work, incident)
    score = policy.score(policy.handling_of(incident, orders, story))
    marked = replace(drill, points=score.points, grade=score.grade, marks=score.marks)
    ended = await _close(work, marked, DrillState.SCORED, remark)
    await _tell(work, ended, policy.hands(orders, story), policy.result_said(ended, score))
    return ended


async def _tell(work: Work, drill: Drill, account_ids: Sequence[UUID], words: str) -> None:
    """Everybody who had a hand in it reads how it went, also who sees no incidents."""
    for account_id in account_ids:
        await send(
            work,
            Message(
                channel=Channel.IN_APP,
                template="drill_scored",
                title=f"演练评分：{drill.points} 分，{drill.grade}",
                words=words,
                about=About(subject_id=drill.id, estate_id=drill.estate_id, version=drill.version),
                account_id=account_id,
            ),
        )


async def _close(work: Work, drill: Drill, state: DrillState, remark: str) -> Drill:
    ended = replace(
        drill,
        state=policy.moved(drill.state, state),
        version=drill.version + 1,
        ended_at=work.now,
        remark=remark,
    )
    await store.overwrite(work.connection, ended)
    _told(work, ended)
    await clear_deadlines(work, drill.id, kind=HEARD)
    await clear_deadlines(work, drill.id, kind=TOO_LONG)
    points = "" if ended.points is None else f" · {ended.points}分 {ended.grade}"
    await record(
        work,
        action=Action.DRILL_ENDED,
        subject_kind="drill",
        subject_id=drill.id,
        subject_title=f"{drill.title} · {drill.device_title}{points}",
        reason=remark,
        estate_id=drill.estate_id,
    )
    return ended


def _told(work: Work, drill: Drill) -> None:
    work.outbox.add(
        DrillChanged(
            estate_id=drill.estate_id,
            happened_at=work.now,
            drill_id=drill.id,
            version=drill.version,
            state=drill.state.value,
        )
    )


async def _incident(work: Work, drill: Drill) -> Incident:
    if drill.incident_id is None:
        raise NotFound
    found = await incidents.named(work.connection, [drill.incident_id])
    if drill.incident_id not in found:
        raise NotFound
    return found[drill.incident_id]


async def _placed(work: Work, devices: Sequence[Device]) -> list[tuple[Device, str]]:
    places = await places_named(work, {one.place_id for one in devices if one.place_id})
    return [
        (one, places[one.place_id].path if one.place_id and one.place_id in places else "")
        for one in devices
    ]


async def _player(work: Work, estate_id: UUID) -> Device:
    found = [one for one in await devices_of_kinds(work, [PLAYER]) if one.estate_id == estate_id]
    if not found:
        raise IllegalMove(
            "这个练习小区没有模拟器", remedy="请系统管理员在服务器上执行 linli training"
        )
    return found[0]
