"""The web application: every router of linli behind one door."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware

from linli.app.listening import listen
from linli.app.live import follow
from linli.app.live import http as live
from linli.app.live.hub import Hub
from linli.app.live.stream import Live, Pace
from linli.app.web import answers, guards, readiness, site
from linli.kernel.events import STAMPED
from linli.kernel.time import Clock
from linli.kernel.web import Door
from linli.kernel.work import Workshop
from linli.support.files.ports import Vault

SMALLEST_COMPRESSED = 600


def count_nothing(_method: str, _status: int, _took_s: float) -> None:
    """Stands where nobody counts requests."""


@dataclass(frozen=True, slots=True)
class WebContext:
    """What the web application is built from.

    `workshop` connects as `linli_app`. `routers` are those of the contexts; what else their
    endpoints look for in `app.state` comes in `state`. `folder` holds the built front end.
    `count` is called with method, status and seconds of every request. Answers tell the time of
    `told_clock` when it is given, because it is not the machine's.
    """

    workshop: Workshop
    door: Door
    vault: Vault
    routers: Sequence[APIRouter]
    folder: Path
    state: Mapping[str, object] = field(default_factory=dict[str, object])
    proxies: Sequence[guards.Network] = ()
    pace: Pace = field(default_factory=Pace)
    count: Callable[[str, int, float], None] = count_nothing
    told_clock: Clock | None = None


def create_app(context: WebContext) -> FastAPI:
    """Build the application; `following` makes its live streams move.

    Endpoints find their surroundings in `app.state`: `door`, `workshop`, `vault`, `live`, and
    what the context's `state` adds.
    """
    app = FastAPI(
        title="邻里 linli",
        summary="智慧社区开放平台的接口",
        version="0.1.0",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses={"4XX": {"model": answers.RefusalBody, "description": "没有接受，以及为什么"}},
    )
    for name, value in context.state.items():
        setattr(app.state, name, value)
    app.state.door = context.door
    app.state.workshop = context.workshop
    app.state.vault = context.vault
    app.state.live = Live(
        hub=Hub(), engine=context.workshop.engine, door=context.door, pace=context.pace
    )
    answers.install(app)
    for router in (readiness.api, live.api, *context.routers):
        app.include_router(router)
    _describe(app)
    site.install(app, site.Site(context.folder))
    # The last added is the outermost.
    app.add_middleware(GZipMiddleware, minimum_size=SMALLEST_COMPRESSED, compresslevel=5)
    app.add_middleware(guards.BodyLimit)
    app.add_middleware(partial(guards.Watch, count=context.count, told_clock=context.told_clock))
    app.add_middleware(partial(guards.TrustedAddress, proxies=context.proxies))
    return app


def _describe(app: FastAPI) -> None:
    """Answer with the interface's description; made once, in a thread, because it takes seconds."""

    async def description() -> JSONResponse:
        return JSONResponse(await asyncio.to_thread(app.openapi))

    app.add_api_route("/api/openapi.json", description, include_in_schema=False)


@asynccontextmanager
async def following(app: FastAPI) -> AsyncGenerator[None]:
    """Follow the stream of events meanwhile; at the end all live streams are closed.

    A bug in following ends the process instead of leaving pages that look alive and are not.
    """
    the: Live = app.state.live
    stamped = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        running = (
            tasks.create_task(listen(the.engine, {STAMPED: stamped.set})),
            tasks.create_task(follow.follow(the.hub, the.engine, stamped)),
        )
        yield
        the.hub.close()
        for task in running:
            task.cancel()
