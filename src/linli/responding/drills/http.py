"""Drills over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.responding.drills import policy, service, store
from linli.responding.drills.contracts import Drill, DrillState, Score
from linli.support.sheets.public import Column, as_file

api = router("/api/drills", tag="drills")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class DrillDeviceShape(Shape):
    """A device that can play a scenario."""

    id: UUID
    title: str
    place_path: str


class ScenarioShape(Shape):
    """What can be played, with whom, and what good handling looks like."""

    code: str
    title: str
    words: str
    points: tuple[str, ...]
    devices: tuple[DrillDeviceShape, ...]


class DrillShape(Shape):
    """A drill; `points` and `grade` once it was scored, `remark` why it failed or was ended."""

    id: UUID
    estate_id: UUID
    scenario: str
    title: str
    device_id: UUID
    device_title: str
    place_path: str
    state: DrillState
    state_title: str
    version: int
    started_at: AwareDatetime
    started_by: str
    incident_id: UUID | None
    incident_code: str
    ended_at: AwareDatetime | None
    points: int | None
    grade: str
    remark: str
    may_end: bool


class DrillPage(Shape):
    """Drills of one page; `scored`, `mean` of 100 and `short` of 60 are of all that match."""

    items: tuple[DrillShape, ...]
    next_cursor: str | None
    total: int
    scored: int
    mean: int | None
    short: int


class MarkShape(Shape):
    """Points for one thing, of how many, and why."""

    code: str
    title: str
    points: int
    most: int
    words: str


class ScoreShape(Shape):
    """All marks; `points` of 100. Until the drill is over they are as things stand now."""

    points: int
    grade: str
    final: bool
    marks: tuple[MarkShape, ...]


class DrillDetail(Shape):
    """A drill with its score (null while no alarm has come) and what good handling looks like."""

    drill: DrillShape
    score: ScoreShape | None
    points: tuple[str, ...]


class DrillBody(Shape):
    """What to play, and on which device."""

    estate_id: UUID
    scenario: Annotated[str, Field(max_length=40)]
    device_id: UUID


class DrillEndBody(Shape):
    """What the leader says about it."""

    remark: Annotated[str, Field(max_length=service.LONGEST_REMARK)] = ""


ScenarioCode = Literal[
    "sos", "smoke", "trapped_lift", "e_bike", "charging_overheat", "cover_tilted", "forced_gate"
]


@api.get("")
async def list_drills(
    work: CurrentWork,
    *,
    estate_id: UUID | None = None,
    scenario: ScenarioCode | None = None,
    state: DrillState | None = None,
    sort: store.DrillOrder = store.DrillOrder.STARTED_DOWN,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> DrillPage:
    """Drills of the training estates one sees, and how they went."""
    require(work, service.SEE)
    query = store.DrillQuery(estate_id, scenario, state, sort, limit, cursor)
    drills = await store.listed(work.connection, query)
    sums = await store.sums(work.connection, query)
    return DrillPage(
        items=tuple(_shape(work, one) for one in drills),
        next_cursor=str(cursor + limit) if cursor + limit < sums.total else None,
        total=sums.total,
        scored=sums.scored,
        mean=sums.mean,
        short=sums.short,
    )


as_file(
    api,
    list_drills,
    "演练",
    (
        Column("科目", lambda row: row.title),
        Column("位置", lambda row: row.place_path),
        Column("设备", lambda row: row.device_title),
        Column("开始时间", lambda row: row.started_at),
        Column("主持人", lambda row: row.started_by),
        Column("状态", lambda row: row.state_title),
        Column("事件", lambda row: row.incident_code),
        Column("结束时间", lambda row: row.ended_at),
        Column("得分", lambda row: row.points),
        Column("等级", lambda row: row.grade),
        Column("评语", lambda row: row.remark),
    ),
)


@api.get("/scenarios")
async def list_scenarios(work: CurrentWork, estate_id: UUID) -> tuple[ScenarioShape, ...]:
    """What can be played in a training estate, on which devices. 422 for a real estate."""
    require(work, service.LEAD, estate_id)
    return tuple(
        ScenarioShape(
            code=scenario.code,
            title=scenario.title,
            words=scenario.words,
            points=scenario.points,
            devices=tuple(
                DrillDeviceShape(
                    id=one.device.id, title=one.device.title, place_path=one.place_path
                )
                for one in devices
            ),
        )
        for scenario, devices in await service.playable(work, estate_id)
    )


@api.post("", status_code=201)
async def start_drill(work: CurrentWork, body: DrillBody) -> DrillShape:
    """Let the simulator play a scene; its alarm comes as every alarm does.

    409 while the device is in a drill or has an incident going on; 422 for a real estate.
    """
    require(work, service.LEAD)
    return _shape(work, await service.start(work, body.estate_id, body.scenario, body.device_id))


@api.get("/{drill_id}")
async def read_drill(work: CurrentWork, drill_id: UUID) -> DrillDetail:
    """A drill and its score with the reason of every mark."""
    require(work, service.SEE)
    drill, score = await service.drill_of(work, drill_id)
    return DrillDetail(
        drill=_shape(work, drill),
        score=_score(drill, score) if score else None,
        points=policy.scenario_coded(drill.scenario).points,
    )


@api.post("/{drill_id}/end")
async def end_drill(work: CurrentWork, drill_id: UUID, body: DrillEndBody) -> DrillShape:
    """End a drill: it is scored as far as it came, or cancelled while no alarm has come."""
    require(work, service.LEAD)
    return _shape(work, await service.end(work, drill_id, body.remark))


def _shape(work: Work, drill: Drill) -> DrillShape:
    return DrillShape(
        id=drill.id,
        estate_id=drill.estate_id,
        scenario=drill.scenario,
        title=drill.title,
        device_id=drill.device_id,
        device_title=drill.device_title,
        place_path=drill.place_path,
        state=drill.state,
        state_title=drill.state.words,
        version=drill.version,
        started_at=drill.started_at,
        started_by=drill.started_by,
        incident_id=drill.incident_id,
        incident_code=drill.incident_code,
        ended_at=drill.ended_at,
        points=drill.points,
        grade=drill.grade,
        remark=drill.remark,
        may_end=drill.ended_at is None and work.scope.may(service.LEAD, drill.estate_id),
    )


def _score(drill: Drill, score: Score) -> ScoreShape:
    return ScoreShape(
        points=score.points,
        grade=score.grade,
        final=drill.points is not None,
        marks=tuple(
            MarkShape(
                code=one.code, title=one.title, points=one.points, most=one.most, words=one.words
            )
            for one in score.marks
        ),
    )
