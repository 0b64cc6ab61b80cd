"""The worker process: `python -m linli.app.processes.worker`. Any number may run."""

import asyncio

import uvloop

from linli.app.assemble import figures, measures, reactions
from linli.app.demo.clock import followed, held_by
from linli.app.demo.county.load import Loader, loading
from linli.app.demo.forwarding import forwarding
from linli.app.imports import imports_of, loop_of
from linli.app.keys import Keys
from linli.app.metrics import Metrics
from linli.app.processes.begin import begin
from linli.app.processes.declared import declared_rules
from linli.app.processes.surroundings import (
    carriers_of,
    cipher_of,
    clock_of,
    held_terms,
    sealing_keys,
    vault_of,
)
from linli.app.queues import QueueGauges
from linli.app.settings import Settings, database_urls
from linli.app.stopping import stop_on_signals
from linli.app.worker.counting import WorkerCounts
from linli.app.worker.hooks import HookPost, usual_trust
from linli.app.worker.running import WorkerContext, run_worker
from linli.kernel.database import engine_for
from linli.kernel.work import Workshop
from linli.responding.rules.public import declare
from linli.screens.cockpit.handlers import chores as cockpit_chores
from linli.screens.completeness.handlers import chores as completeness_chores
from linli.support.files.handlers import chores as file_chores
from linli.support.retention.handlers import chores as retention_chores

CONNECTIONS = 12
IMPORT_CONNECTIONS = 1


async def run(settings: Settings, keys: Keys) -> None:
    """Work until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    engine = engine_for(database_urls(settings, keys).gateway, connections=CONNECTIONS)
    metrics = Metrics("worker", settings.run_folder)
    declared = reactions()
    clock = clock_of(settings)
    wake = asyncio.Event()
    workshop = Workshop(engine, clock)
    # Imports are entered in the scope of who uploaded them.
    own = engine_for(database_urls(settings, keys).app, connections=IMPORT_CONNECTIONS)
    people = Workshop(own, clock)
    county = Loader(
        workshop,
        database_urls(settings, keys).gateway,
        sealing_keys(keys),
        figures(),
        played=settings.data / "demo" / "county",
    )
    counts = WorkerCounts(metrics.registry)
    hook_post = HookPost(workshop, cipher_of(keys), settings.hook_networks, usual_trust(), counts)
    context = WorkerContext(
        workshop=workshop,
        counts=counts,
        events=declared.events,
        deadlines=declared.deadlines,
        chores=(
            *declared.chores,
            *file_chores(vault_of(settings)),
            *completeness_chores(measures()),
            *cockpit_chores(figures()),
            *retention_chores(held_terms(settings)),
        ),
        carriers=carriers_of(settings, keys, workshop),
        due_clock=held_by(clock),
        beside={
            "hooks": lambda _: hook_post.step,
            **forwarding(workshop, {one.name: one.event_name for one in declared.events}, wake),
            **loading(county),
            **loop_of(imports_of(people, workshop, cipher_of(keys), metrics.registry)),
        },
    )
    async with followed(clock, engine, "worker", moved=wake.set):
        async with workshop.work() as work:
            await declare(work, declared_rules())
        if settings.demo:
            # Before the chores look who has fallen silent: nobody spoke while all was stopped.
            await county.talk()
        async with asyncio.TaskGroup() as tasks:
            beside = (
                tasks.create_task(QueueGauges(metrics.registry).keep_counting(workshop)),
                tasks.create_task(metrics.keep_writing()),
            )
            await run_worker(context, stop)
            for task in beside:
                task.cancel()
    await engine.dispose()
    await own.dispose()


def main() -> None:
    settings, keys = begin("worker")
    uvloop.run(run(settings, keys))


if __name__ == "__main__":
    main()
