"""Whether the process lives, and whether it can serve: for load balancers and supervisors."""

import asyncio
from functools import cache

from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from linli.app.listening import DRIVER_AWAY
from linli.app.migrate import configuration
from linli.kernel.work import Workshop

ANSWER_S = 3.0

api = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    model_config = ConfigDict(frozen=True)

    status: str


class Ready(BaseModel):
    """Whether the process can serve, and if not, why."""

    model_config = ConfigDict(frozen=True)

    ready: bool
    database: str
    schema_current: bool


@api.get("/healthz")
async def healthz() -> Alive:
    """200 as long as the process answers at all; looks at nothing else."""
    return Alive(status="ok")


@api.get("/readyz", responses={503: {"model": Ready}})
async def readyz(request: Request, response: Response) -> Ready:
    """200 when the database answers and has the newest schema, else 503."""
    workshop: Workshop = request.app.state.workshop
    found = await look(workshop.engine)
    if not found.ready:
        response.status_code = 503
    return found


async def look(engine: AsyncEngine) -> Ready:
    """Ask the database; an answer that takes longer than three seconds is none."""
    try:
        async with asyncio.timeout(ANSWER_S), engine.connect() as connection:
            version = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    except (DBAPIError, *DRIVER_AWAY) as error:
        return Ready(ready=False, database=type(error).__name__, schema_current=False)
    current = version == newest_schema()
    return Ready(ready=current, database="ok", schema_current=current)


@cache
def newest_schema() -> str | None:
    """The schema this release was written for."""
    return ScriptDirectory.from_config(configuration()).get_current_head()
