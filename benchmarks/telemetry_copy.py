"""What recording a reading costs, beside plain COPY of the same rows (the limit).

`python benchmarks/telemetry_copy.py [--batch 1000] [--batches 40] [--devices 10000]`

Starts a PostgreSQL of its own in a temporary folder, migrates it and records batches of messages
with one reading each as the role `linli_gateway`. Prints microseconds of CPU a reading, of Python
and of PostgreSQL's backend, and readings per second of one connection.
"""

import argparse
import asyncio
import gc
import random
import resource
import secrets
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import asyncpg
import psutil
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from linli.app.engine.postgres import Cluster, Postgres
from linli.app.engine.roles import Passwords, ensure_roles_and_database
from linli.app.migrate import upgrade_database
from linli.kernel.database import engine_for
from linli.kernel.ids import new_id
from linli.kernel.work import Work
from linli.sensing.devices.contracts import Device, DeviceState
from linli.sensing.devices.models import device_table
from linli.sensing.telemetry import copying
from linli.sensing.telemetry.contracts import ClockQuality, Entry, SaidEvent
from linli.sensing.telemetry.policy import microseconds
from linli.sensing.telemetry.public import Recorder, prepare_days

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
PASSWORDS = Passwords(owner="owner", app="app", gateway="gateway")


@dataclass(frozen=True, slots=True)
class Said:
    observed_at: datetime | None
    values: tuple[tuple[str, float], ...]
    events: tuple[SaidEvent, ...] = ()
    clock_unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """How much to record: each batch holds one reading of `batch` devices chosen at random."""

    devices: int
    batch: int
    batches: int
    series: int


Batch = Sequence[Entry]
Way = Callable[[Work, Batch], Awaitable[object]]


class Traffic:
    """Batches of readings, a second apart, of devices that take turns at random."""

    def __init__(self, devices: Sequence[Device], load: Load, *, second: int = 0) -> None:
        self._devices = devices
        self._load = load
        self._second = second
        self._dice = random.Random(7)

    def batch(self) -> Batch:
        self._second += 1
        received_at = NOON + timedelta(seconds=self._second)
        chosen = self._dice.choices(self._devices, k=self._load.batch)
        return [
            Entry(
                device,
                Said(
                    received_at - timedelta(microseconds=self._load.batch - place),
                    (("water_total", self._dice.random()),),
                ),
                received_at,
            )
            for place, device in enumerate(chosen)
        ]


async def backend_of(engine: AsyncEngine) -> psutil.Process:
    async with engine.connect() as connection:
        return psutil.Process(await connection.scalar(text("SELECT pg_backend_pid()")))


async def measure(name: str, engine: AsyncEngine, traffic: Traffic, load: Load, way: Way) -> None:
    """Run the batches one after the other, each in a transaction, on one connection."""
    process = await backend_of(engine)

    async def run(batches: Sequence[Batch]) -> None:
        for batch in batches:
            async with engine.begin() as connection:
                await way(Work(connection=connection, now=NOON), batch)

    await run([traffic.batch() for _ in range(6)])
    batches = [traffic.batch() for _ in range(load.batches)]
    gc.collect()
    gc.freeze()  # the waiting batches are the benchmark's, not the recorder's
    own = resource.getrusage(resource.RUSAGE_SELF)
    other = process.cpu_times()
    began = time.perf_counter()
    await run(batches)
    took = time.perf_counter() - began
    own_after = resource.getrusage(resource.RUSAGE_SELF)
    other_after = process.cpu_times()
    readings = load.batch * load.batches
    python = own_after.ru_utime + own_after.ru_stime - own.ru_utime - own.ru_stime
    database = other_after.user + other_after.system - other.user - other.system
    print(
        f"{name:34} {python / readings * 1e6:8.2f} {database / readings * 1e6:11.2f}"
        f" {(python + database) / readings * 1e6:8.2f} {readings / took:12,.0f}"
    )


async def plain_copy(work: Work, batch: Batch) -> None:
    """COPY as asyncpg does it from rows of Python objects."""
    driver = await copying.driver_of(work.connection)
    await driver.copy_records_to_table(
        "sensing_telemetry_reading",
        records=[
            (place, entry.said.observed_at, entry.received_at, entry.said.values[0][1], 0)
            for place, entry in enumerate(batch)
        ],
        columns=("series_id", "observed_at", "received_at", "value", "clock"),
    )


async def packed_copy(work: Work, batch: Batch) -> None:
    """COPY of rows packed in PostgreSQL's binary form, as the recorder does."""
    driver = await copying.driver_of(work.connection)
    await copying.copy_readings(
        driver,
        [
            copying.reading_row(
                place,
                microseconds(cast("datetime", entry.said.observed_at)),
                microseconds(entry.received_at),
                entry.said.values[0][1],
                ClockQuality.TRUSTED,
            )
            for place, entry in enumerate(batch)
        ],
    )


async def run(load: Load, admin_url: str) -> None:
    urls = await ensure_roles_and_database(admin_url, PASSWORDS, f"bench_{secrets.token_hex(3)}")
    await upgrade_database(urls.owner)
    engine = engine_for(urls.gateway, connections=1)
    estate_id = new_id(NOON)
    devices = [
        Device(
            id=new_id(NOON),
            estate_id=estate_id,
            place_id=None,
            code=f"M{number:06}",
            title="水表",
            kind="water_meter",
            driver="linli",
            connection_id=None,
            external_code=None,
            state=DeviceState.ONLINE,
            version=1,
            state_since=NOON,
        )
        for number in range(load.devices)
    ]
    recorder = Recorder()
    async with engine.begin() as connection:
        work = Work(connection=connection, now=NOON)
        await prepare_days(work)
        await connection.execute(
            device_table.insert(),
            [
                {
                    "id": device.id,
                    "estate_id": estate_id,
                    "code": device.code,
                    "title": device.title,
                    "kind": device.kind,
                    "driver": device.driver,
                    "state": device.state,
                    "state_since": NOON,
                }
                for device in devices
            ],
        )
        first = [Entry(device, Said(NOON, (("water_total", 0.0),)), NOON) for device in devices]
        await recorder.record(work, first)
    owner = await asyncpg.connect(urls.owner.replace("+asyncpg", ""))
    await owner.execute("VACUUM ANALYZE")
    await owner.close()
    traffic = Traffic(devices, load)
    print(f"{load.batches} batches of {load.batch}, {load.devices} devices; µs CPU a reading")
    print(f"{'':34} {'Python':>8} {'PostgreSQL':>11} {'sum':>8} {'readings/s':>12}")
    await measure("COPY, rows of objects", engine, traffic, load, plain_copy)
    await measure("COPY, packed rows", engine, traffic, load, packed_copy)
    await measure("recorded, one reading a message", engine, traffic, load, recorder.record)
    few = Traffic(devices[: load.series], load, second=10_000)
    await measure(f"recorded, {load.series} devices talking", engine, few, load, recorder.record)

    async def twice(work: Work, batch: Batch) -> None:
        await recorder.record(work, batch)
        await recorder.record(work, batch)

    await measure("recorded, every message twice", engine, traffic, load, twice)
    await engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--series", type=int, default=80, help="devices of the second run")
    parser.add_argument("--database", help="URL of an administrator instead of an own server")
    asked = parser.parse_args()
    load = Load(asked.devices, asked.batch, asked.batches, asked.series)
    if asked.database:
        asyncio.run(run(load, asked.database))
        return
    folder = Path(tempfile.mkdtemp(prefix="linli-bench-"))
    folder.chmod(0o711)
    server = Postgres(Cluster(folder, secrets.token_urlsafe(16)))
    try:
        server.start()
        asyncio.run(run(load, server.admin_url))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
