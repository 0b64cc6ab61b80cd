"""The health page's figures and the metrics: for the operator's eyes."""

import ipaddress
from datetime import datetime
from importlib.metadata import version

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from linli.app.health import ProcessHealth, read_health
from linli.app.metrics import CONTENT_TYPE, Metrics, exposition
from linli.app.queues import read_queues
from linli.app.settings import Settings
from linli.app.web.readiness import look
from linli.kernel.errors import Forbidden
from linli.kernel.work import Workshop

api = APIRouter(tags=["health"])


class ProcessStatus(BaseModel):
    """One supervised process. `last_error` says how it ended the last time it crashed."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: str
    pid: int | None
    restarts: int
    since: datetime
    last_error: str | None


class DatabaseStatus(BaseModel):
    """Whether the database answers and has this release's schema."""

    model_config = ConfigDict(frozen=True)

    answers: bool
    schema_current: bool


class QueueStatus(BaseModel):
    """What waits: events to be numbered, deadlines past due, held messages. None: not counted."""

    model_config = ConfigDict(frozen=True)

    outbox_lag: int | None
    deadlines_overdue: int | None
    quarantine_waiting: int | None


class Health(BaseModel):
    """The whole installation as this machine knows it.

    `supervised` is false when the processes were not started by `linli up` here; then the list of
    processes is empty.
    """

    model_config = ConfigDict(frozen=True)

    version: str
    supervised: bool
    processes: tuple[ProcessStatus, ...]
    database: DatabaseStatus
    queues: QueueStatus


@api.get("/api/health")
async def health(request: Request) -> Health:
    """How the processes, the database and the queues are. Open to all; names no secrets."""
    settings: Settings = request.app.state.settings
    workshop: Workshop = request.app.state.workshop
    ready = await look(workshop.engine)
    found = read_health(settings.run_folder)
    supervised = found is not None and found.supervised
    queues = read_queues(settings.run_folder)
    return Health(
        version=version("linli"),
        supervised=supervised,
        processes=tuple(map(_shown, found.processes)) if found and supervised else (),
        database=DatabaseStatus(
            answers=ready.database == "ok", schema_current=ready.schema_current
        ),
        queues=QueueStatus(
            outbox_lag=queues.outbox_lag,
            deadlines_overdue=queues.deadlines_overdue,
            quarantine_waiting=queues.quarantine_waiting,
        ),
    )


@api.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """All processes' metrics in Prometheus' text format; answered to this network only.

    Raises:
        Forbidden: the caller's address is a public one.
    """
    address = request.client.host if request.client else ""
    if not _is_near(address):
        raise Forbidden
    settings: Settings = request.app.state.settings
    own: Metrics = request.app.state.metrics
    return Response(exposition(settings.run_folder, own), media_type=CONTENT_TYPE)


def _shown(process: ProcessHealth) -> ProcessStatus:
    # What a process said may name paths and people; how it ended does not.
    ended = None if process.last_error is None else process.last_error.partition(":")[0]
    return ProcessStatus(
        name=process.name,
        state=process.state.value,
        pid=process.pid,
        restarts=process.restarts,
        since=process.since,
        last_error=ended,
    )


def _is_near(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
