"""Prometheus metrics of all processes, answered at one place.

Each process counts for itself and writes what it counted into the run folder every few seconds;
`/metrics` of the web process puts the files together and marks each sample with its process.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from linli.app.health import METRICS_FOLDER as FOLDER

EVERY_SECONDS = 5.0
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """What one process counts.

    Make counters on `registry`: `Counter("linli_messages", "…", registry=metrics.registry)`.
    """

    def __init__(self, process: str, run_folder: Path) -> None:
        self.process = process
        self.registry = CollectorRegistry()
        self._folder = run_folder / FOLDER
        ProcessCollector(registry=self.registry)  # CPU, memory and open files of this process

    def write(self) -> None:
        """Write what was counted so far, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        made = self._folder / f"{self.process}.new"
        made.write_bytes(generate_latest(self.registry))
        made.replace(self._folder / f"{self.process}.prom")

    async def keep_writing(self) -> None:
        """Write every five seconds, for ever. A full disk only makes the figures old."""
        while True:
            with contextlib.suppress(OSError):
                self.write()
            await asyncio.sleep(EVERY_SECONDS)


def exposition(run_folder: Path, own: Metrics | None = None) -> bytes:
    """All processes' metrics in Prometheus' text format; `own` are taken as they are now."""
    texts = {
        path.stem: path.read_text(encoding="utf-8")
        for path in sorted((run_folder / FOLDER).glob("*.prom"))
    }
    if own is not None:
        texts[own.process] = generate_latest(own.registry).decode()
    registry = CollectorRegistry()
    registry.register(_Together(texts))
    return generate_latest(registry)


class _Together(Collector):
    """Families of the same name become one, each sample marked with its process."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for process, text in self._texts.items():
            for read in text_string_to_metric_families(text):
                family = families.setdefault(
                    read.name, Metric(read.name, read.documentation, read.type)
                )
                for sample in read.samples:
                    family.add_sample(
                        sample.name, {**sample.labels, "process": process}, sample.value
                    )
        return families.values()
