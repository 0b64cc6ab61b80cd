"""The worker: all its loops in one process, until it is told to stop."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from linli.app.listening import listen
from linli.app.worker.chores import KERNEL_CHORES, ChoreLoop
from linli.app.worker.counting import WorkerCounts
from linli.app.worker.delivery import Delivery
from linli.app.worker.due import Deadlines
from linli.app.worker.handling import Consumer, Patience, Tail, register
from linli.app.worker.sequencer import Sequencer
from linli.app.worker.supervised import Step, keep
from linli.kernel.events import RECORDED, STAMPED
from linli.kernel.reactions import Chore, DeadlineReaction, EventReaction
from linli.kernel.time import Clock
from linli.kernel.work import Workshop
from linli.support.messaging.contracts import QUEUED, Channel
from linli.support.messaging.ports import Carrier

log = structlog.get_logger()

Look = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What a worker is built from. `workshop` connects as `linli_gateway`.

    Deadlines and chores go by `due_clock` when it is given. `beside` makes one more loop, named,
    out of what looks at a batch of due deadlines.
    """

    workshop: Workshop
    counts: WorkerCounts
    events: Sequence[EventReaction] = ()
    deadlines: Sequence[DeadlineReaction] = ()
    chores: Sequence[Chore] = ()
    carriers: Mapping[Channel, Carrier] = field(default_factory=dict[Channel, Carrier])
    patience: Patience = field(default_factory=Patience)
    due_clock: Clock | None = None
    beside: Mapping[str, Callable[[Look], Step]] = field(
        default_factory=dict[str, Callable[[Look], Step]]
    )


async def run_worker(context: WorkerContext, stop: asyncio.Event) -> None:
    """Work until `stop` is set; what is being done then is rolled back and done again later.

    Raises what the database raises when it cannot be reached at the start.
    """
    workshop, counts = context.workshop, context.counts
    await register(workshop.engine, context.events)
    recorded, stamped, queued = asyncio.Event(), asyncio.Event(), asyncio.Event()
    consumers = [
        Consumer(reaction, workshop, counts, context.patience) for reaction in context.events
    ]
    wakers: dict[str, list[asyncio.Event]] = defaultdict(list)
    for reaction, consumer in zip(context.events, consumers, strict=True):
        wakers[reaction.event_name].append(consumer.wake)
    due_workshop = replace(workshop, clock=context.due_clock or workshop.clock)
    deadlines = Deadlines(due_workshop, context.deadlines, counts)
    steps: dict[str, Step] = {
        "sequencer": Sequencer(workshop.engine, recorded, counts).step,
        "tail": Tail(workshop.engine, stamped, wakers).step,
        "deadlines": deadlines.step,
        "delivery": Delivery(workshop, context.carriers, queued, counts).step,
    }
    for reaction, consumer in zip(context.events, consumers, strict=True):
        steps[reaction.name] = consumer.step
    for chore in (*KERNEL_CHORES, *context.chores):
        steps[f"chore {chore.name}"] = ChoreLoop(chore, due_workshop, counts).step
    for name, make in context.beside.items():
        steps[name] = make(deadlines.look)
    channels = {RECORDED: recorded.set, STAMPED: stamped.set, QUEUED: queued.set}
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(keep(name, step, counts), name=name) for name, step in steps.items()
        ]
        running.append(tasks.create_task(listen(workshop.engine, channels), name="listen"))
        log.info("worker_running", loops=len(steps))
        await stop.wait()
        for task in running:
            task.cancel()
