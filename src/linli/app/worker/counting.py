"""What a worker counts."""

from prometheus_client import CollectorRegistry, Counter


class WorkerCounts:
    """The counters of one worker process, on its registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.stamped = Counter(
            "linli_events_stamped", "Events that got their offset", registry=registry
        )
        self.handled = Counter(
            "linli_events_handled", "Events handled, by consumer", ["consumer"], registry=registry
        )
        self.retried = Counter(
            "linli_events_retried",
            "Tries to handle an event that failed, by consumer",
            ["consumer"],
            registry=registry,
        )
        self.put_aside = Counter(
            "linli_events_put_aside",
            "Events that a consumer could not handle, by consumer",
            ["consumer"],
            registry=registry,
        )
        self.deadlines = Counter(
            "linli_deadlines", "Deadlines looked at, by outcome", ["outcome"], registry=registry
        )
        self.deliveries = Counter(
            "linli_message_deliveries",
            "Tries to deliver a message, by channel and outcome",
            ["channel", "outcome"],
            registry=registry,
        )
        self.hooks = Counter(
            "linli_hook_tries",
            "Tries to send a notice to another system, by what became of it",
            ["outcome"],
            registry=registry,
        )
        self.chores = Counter(
            "linli_chores",
            "Chores done, by name and outcome",
            ["name", "outcome"],
            registry=registry,
        )
        self.loops = Counter(
            "linli_worker_loop_failures",
            "Times a loop of the worker was started again, by loop",
            ["loop"],
            registry=registry,
        )
