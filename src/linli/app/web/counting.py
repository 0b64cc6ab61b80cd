"""What the web process counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from linli.app.live.hub import Hub


class WebCounts:
    """The counters of a web process, on its registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._requests = Counter(
            "linli_http_requests",
            "HTTP requests answered, by method and status",
            ["method", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "linli_http_seconds",
            "Seconds from a request to the end of its answer",
            registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
        )

    def count(self, method: str, status: int, took_s: float) -> None:
        """A request was answered."""
        self._requests.labels(method, str(status)).inc()
        self._seconds.observe(took_s)

    def watch(self, hub: Hub) -> None:
        """Show how many streams are open and how far they are."""
        streams = Gauge("linli_live_streams", "Open live streams", registry=self._registry)
        streams.set_function(lambda: hub.sessions)
        position = Gauge(
            "linli_live_position", "Offset of the newest event handed out", registry=self._registry
        )
        position.set_function(lambda: hub.position)
