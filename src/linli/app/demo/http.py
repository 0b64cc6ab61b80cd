"""The demo over HTTP: who may sign in, and scenes to be played. Absent in real installations."""

from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from linli.app.demo.accounts import ACCOUNTS, PASSWORD
from linli.app.demo.scenes import SCENES
from linli.app.demo.seeding import CONTROL
from linli.app.settings import Settings
from linli.directory.places.public import all_estates
from linli.kernel.errors import NotFound
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.sensing.devices.contracts import Device
from linli.sensing.devices.public import command_device, commands_of, devices_coded
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

accounts_api = APIRouter(prefix="/api/demo", tags=["demo"])
api = router("/api/demo", tag="demo")
SHOWN = 50


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


class PlayedShape(Shape):
    """A scene was asked for; `command_id` is the command to the simulator."""

    command_id: UUID


@accounts_api.get("/accounts")
async def list_accounts(request: Request) -> list[DemoAccountShape]:
    """The demo accounts with their password; 404 in a real installation."""
    _only_in_demo(request)
    return [
        DemoAccountShape(login=a.login, password=PASSWORD, name=a.name, title=a.title)
        for a in ACCOUNTS
    ]


@api.get("/scenes")
async def list_scenes(work: CurrentWork, request: Request) -> list[SceneShape]:
    """What can be played, and what is being played. 404 in a real installation."""
    _only_in_demo(request)
    require(work, "run_demo")
    simulator = await _simulator(work)
    playing = {
        str(command.params.get("scene"))
        for command in await commands_of(work, simulator.id, most=SHOWN)
        if command.finished_at is None and command.expires_at > work.now
    }
    return [
        SceneShape(
            code=scene.code, title=scene.title, words=scene.words, playing=scene.code in playing
        )
        for scene in SCENES
    ]


@api.post("/scenes/{code}", status_code=202)
async def play_scene(work: CurrentWork, request: Request, code: str) -> PlayedShape:
    """Let the simulator play a scene; it answers when its messages were acknowledged."""
    _only_in_demo(request)
    require(work, "run_demo")
    scene = next((scene for scene in SCENES if scene.code == code), None)
    if scene is None:
        raise NotFound("没有这个演示场景")
    simulator = await _simulator(work)
    command = await command_device(work, simulator.id, "play_scene", {"scene": code})
    await record(
        work,
        action=Action.DEMO_PLAYED,
        subject_kind="scene",
        subject_id=None,
        subject_title=scene.title,
    )
    return PlayedShape(command_id=command.id)


def _only_in_demo(request: Request) -> None:
    settings: Settings = request.app.state.settings
    if not settings.demo:
        raise NotFound


async def _simulator(work: Work) -> Device:
    for estate in await all_estates(work):
        found = await devices_coded(work, estate.id, [CONTROL])
        if CONTROL in found:
            return found[CONTROL]
    raise NotFound("这里没有模拟器")
