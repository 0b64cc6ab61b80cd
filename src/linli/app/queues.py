"""How much waits: counted by the worker, shown on the health page and in the metrics."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.app.listening import DRIVER_AWAY
from linli.app.metrics import FOLDER
from linli.kernel.work import Workshop

EVERY_SECONDS = 5.0
ANSWER_SECONDS = 10.0

EVENTS = "linli_events_waiting"
DEADLINES = "linli_deadlines_overdue"
QUARANTINE = "linli_quarantine_waiting"

_WAITING = text(
    "SELECT (SELECT count(*) FROM kernel_event WHERE event_offset IS NULL),"
    " (SELECT count(*) FROM kernel_deadline WHERE due_at < :now),"
    " (SELECT count(*) FROM sensing_quarantine WHERE state = 'waiting')"
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Queues:
    """What waits now: events without an offset, deadlines past due, held messages.

    None: nobody counts (no worker wrote its metrics on this machine).
    """

    outbox_lag: int | None
    deadlines_overdue: int | None
    quarantine_waiting: int | None


class QueueGauges:
    """The three figures, on the worker's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._gauges = (
            Gauge(EVENTS, "Events that have no offset yet", registry=registry),
            Gauge(DEADLINES, "Deadlines past due that nobody looked at yet", registry=registry),
            Gauge(QUARANTINE, "Held messages that wait for a person", registry=registry),
        )

    async def count(self, workshop: Workshop) -> None:
        """Count once."""
        async with asyncio.timeout(ANSWER_SECONDS), workshop.engine.connect() as connection:
            row = (await connection.execute(_WAITING, {"now": workshop.clock.now()})).one()
        for gauge, waiting in zip(self._gauges, row, strict=True):
            gauge.set(int(waiting))

    async def keep_counting(self, workshop: Workshop) -> None:
        """Count every five seconds, for ever; while the database is away the figures stay."""
        while True:
            try:
                await self.count(workshop)
            except (DBAPIError, *DRIVER_AWAY) as error:
                log.warning("queues_not_counted", error=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)


def read_queues(run_folder: Path) -> Queues:
    """What the worker of this machine counted last."""
    try:
        written = (run_folder / FOLDER / "worker.prom").read_text(encoding="utf-8")
    except OSError:
        return Queues(None, None, None)
    found = {
        sample.name: int(sample.value)
        for family in text_string_to_metric_families(written)
        if family.name in {EVENTS, DEADLINES, QUARANTINE}
        for sample in family.samples
    }
    return Queues(found.get(EVENTS), found.get(DEADLINES), found.get(QUARANTINE))
