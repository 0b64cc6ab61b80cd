"""The demo over HTTP: who may sign in, scenes, clock, county. Absent in real installations."""

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from linli.app.demo import playing, policy, store
from linli.app.demo.accounts import ACCOUNTS, PASSWORD
from linli.app.demo.contracts import ClockState, Outcome
from linli.app.demo.county import asking as county
from linli.app.demo.county import store as county_store
from linli.app.demo.county.contracts import County, CountyState, Measure
from linli.app.demo.scenes import SCENES
from linli.app.demo.training import ACCOUNTS as TRAINING
from linli.app.settings import Settings
from linli.kernel.errors import NotFound
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.sensing.devices.public import commands_of

accounts_api = APIRouter(prefix="/api/demo", tags=["demo"])
api = router("/api/demo", tag="demo")
SHOWN = 50
MOST_SECONDS = 1e7


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class DemoAccountShape(Shape):
    """An account to try linli with."""

    login: str
    password: str
    name: str
    title: str


class SceneShape(Shape):
    """Something the simulator can play."""

    code: str
    title: str
    words: str
    playing: bool
    forward_s: float | None


class PlayedShape(Shape):
    """A scene was asked for; `command_id` is the command to the simulator."""

    command_id: UUID


class WalkShape(Shape):
    """A forwarding under way: from where to where in demo time, and how far it is (0 to 1)."""

    from_at: datetime
    goal_at: datetime
    progress: float
    cancelled: bool


class EndedShape(Shape):
    """The last forwarding: `rang` counts the alerts of that time, `words` say why it failed."""

    from_at: datetime
    ended_at: datetime
    outcome: Outcome
    words: str
    rang: int


class ClockShape(Shape):
    """Demo time: now, and how many seconds it is ahead of real time."""

    now: datetime
    ahead_s: float
    walk: WalkShape | None
    ended: EndedShape | None


class ForwardWish(BaseModel):
    """How far to go: so many seconds, or (without) until tomorrow 08:00 in Shanghai."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float | None = Field(default=None, allow_inf_nan=False)


class CountyShape(Shape):
    """The full county: what will be entered, how far it is (0 to 1), and what was entered so far.

    `plan` and `counts` are by `estates`, `residents`, `key_people`, `devices`, `incidents`;
    `title` is the estate entered last, `at` of `of`.
    """

    state: CountyState
    plan: dict[str, int]
    counts: dict[str, int]
    progress: float
    at: int
    of: int
    title: str
    cancelled: bool
    words: str
    began_at: datetime | None
    ended_at: datetime | None


@accounts_api.get("/accounts")
async def list_accounts(request: Request) -> list[DemoAccountShape]:
    """The demo accounts with their password; 404 in a real installation."""
    _only_in_demo(request)
    return [
        DemoAccountShape(login=a.login, password=PASSWORD, name=a.name, title=a.title)
        for a in (*ACCOUNTS, *TRAINING)
    ]


@api.get("/scenes")
async def list_scenes(work: CurrentWork, request: Request) -> list[SceneShape]:
    """What can be played, and what is being played. 404 in a real installation."""
    _only_in_demo(request)
    require(work, "run_demo")
    simulator = await playing.simulator_of(work)
    under_way = {
        str(command.params.get("scene"))
        for command in await commands_of(work, simulator.id, most=SHOWN)
        if command.finished_at is None and command.expires_at > work.now
    }
    return [
        SceneShape(
            code=scene.code,
            title=scene.title,
            words=scene.words,
            playing=scene.code in under_way,
            forward_s=scene.forward.total_seconds() if scene.forward else None,
        )
        for scene in SCENES
    ]


@api.post("/scenes/{code}", status_code=202)
async def play_scene(work: CurrentWork, request: Request, code: str) -> PlayedShape:
    """Let the simulator play a scene; it answers when its messages were acknowledged.

    A scene that needs time also sets demo time going; 409 when it is going already.
    """
    _only_in_demo(request)
    require(work, "run_demo")
    return PlayedShape(command_id=await playing.play(work, code))


@api.get("/clock")
async def read_demo_clock(work: CurrentWork, request: Request) -> ClockShape:
    """Demo time, for everybody who is signed in. 404 in a real installation."""
    _only_in_demo(request)
    return _shape(work, await store.read_clock(work.connection))


@api.post("/clock", status_code=202)
async def forward_demo_clock(work: CurrentWork, request: Request, wish: ForwardWish) -> ClockShape:
    """Set demo time going ahead, at most 48 hours; a worker does it in steps.

    409 when it is going already, 404 in a real installation: its time is the real one.
    """
    _only_in_demo(request)
    require(work, "run_demo")
    by = (
        timedelta(seconds=max(min(wish.seconds, MOST_SECONDS), 0))
        if wish.seconds is not None
        else None
    )
    state = await playing.forward(work, policy.until_morning(work.now) if by is None else by)
    return _shape(work, state)


@api.post("/clock/cancel")
async def cancel_demo_clock(work: CurrentWork, request: Request) -> ClockShape:
    """Stop going ahead after the present step; what has been gone stays gone."""
    _only_in_demo(request)
    require(work, "run_demo")
    return _shape(work, await playing.cancel(work))


@api.get("/county")
async def read_demo_county(work: CurrentWork, request: Request) -> CountyShape:
    """How far the full county has come. 404 in a real installation."""
    _only_in_demo(request)
    require(work, "run_demo")
    return _county(await county_store.read(work.connection))


@api.post("/county", status_code=202)
async def load_demo_county(work: CurrentWork, request: Request) -> CountyShape:
    """Ask for the full county: a worker enters it, estate by estate, within minutes.

    After a cancel it goes on where it stopped. 409 when it is there or on its way, 404 in a real
    installation.
    """
    _only_in_demo(request)
    require(work, "run_demo")
    return _county(await county.ask(work))


@api.post("/county/cancel")
async def cancel_demo_county(work: CurrentWork, request: Request) -> CountyShape:
    """Stop after the estates in hand; what was entered stays."""
    _only_in_demo(request)
    require(work, "run_demo")
    return _county(await county.cancel(work))


def _county(there: County) -> CountyShape:
    return CountyShape(
        state=there.state,
        plan=dict(Measure().whole),
        counts=dict(there.counts),
        progress=there.progress,
        at=there.at,
        of=there.of,
        title=there.title,
        cancelled=there.cancelled,
        words=there.words,
        began_at=there.began_at,
        ended_at=there.ended_at,
    )


def _shape(work: Work, state: ClockState) -> ClockShape:
    walk, ended = state.walk, state.ended
    return ClockShape(
        now=work.now,
        ahead_s=state.shift.ahead.total_seconds(),
        walk=WalkShape(
            from_at=walk.from_at,
            goal_at=walk.goal_at,
            progress=policy.progress(walk, work.now),
            cancelled=walk.cancelled,
        )
        if walk
        else None,
        ended=EndedShape(
            from_at=ended.from_at,
            ended_at=ended.ended_at,
            outcome=ended.outcome,
            words=ended.words,
            rang=ended.rang,
        )
        if ended
        else None,
    )


def _only_in_demo(request: Request) -> None:
    settings: Settings = request.app.state.settings
    if not settings.demo:
        raise NotFound
