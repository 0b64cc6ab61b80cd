"""What linli takes on this machine: `python -m benchmarks` (or `make bench`).

One run, one installation with everything on (register, once-only, last values, rules, alerts,
outbox, live pages), the load generator on the same machine:

1. messages a second acknowledged (MQTT, QoS 1, one reading each), beside plain COPY of the same
   rows in batches of the same size, which is the limit;
2. publish → acknowledged (committed) and publish → browser, at 1,000 and 5,000 messages a second,
   seen by an EventSource in Chromium;
3. processor time a message, by process.

Figures of a shared machine: compare the rows of one run, do not quote them as a product's promise.
"""

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import psutil
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.e2e.conftest import FLAGS
from tests.e2e.system import System, running_system

RUNS = 3
SECONDS = 12
CONNECTIONS = 50
BATCH = 1000
PROBES = 200
RATES = (1_000, 5_000)
ALARM = "linli/v1/child/yg-fire-smoke/telemetry"


def main() -> None:
    with running_system() as system:
        print(f"{psutil.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n")  # noqa: TID251
        ceiling = asyncio.run(copy_rate(system))
        best, cpu = throughput(system)
        print("| messages a second | rate | of plain COPY |\n|---|---|---|")
        print(f"| plain COPY, {BATCH} rows at a time | {ceiling:,.0f} | 1.00 |")
        print(f"| acknowledged, everything on | {best:,.0f} (aim 25,000) | {best / ceiling:.2f} |")
        print("\n| processor time a message | µs |\n|---|---|")
        for name, seconds in sorted(cpu.items(), key=lambda item: -item[1]):
            print(f"| {name} | {seconds * 1e6:.1f} |")
        print(
            "\n| at a rate of | publish → committed p50 / p99 | → browser p50 / p99 (aim 50 ms) |"
        )
        print("|---|---|---|")
        for rate in RATES:
            committed, seen = latency(system, rate)
            print(f"| {rate:,}/s | {shown(committed)} | {shown(seen)} |", flush=True)


def shown(times_ms: list[float]) -> str:
    if not times_ms:
        return "nothing arrived"
    cuts = statistics.quantiles(times_ms, n=100, method="inclusive")
    return f"{cuts[49]:.1f} / {cuts[98]:.1f} ms ({len(times_ms)})"


def load_command(system: System, rate: int, seconds: float, connections: int) -> list[str]:
    return [
        sys.executable, "-m", "linli_simulator.load", "--data", str(system.data / "demo"),
        "--connections", str(connections), "--rate", str(rate), "--seconds", str(seconds),
    ]  # fmt: skip


def throughput(system: System) -> tuple[float, Mapping[str, float]]:
    """The median of the runs, and processor seconds a message by process."""
    rates: list[float] = []
    spent: dict[str, float] = {}
    messages = 0
    for _ in range(RUNS):
        before = processor_seconds(system)
        said = subprocess.run(  # noqa: S603
            load_command(system, 0, SECONDS, CONNECTIONS),
            capture_output=True,
            text=True,
            check=True,
        )
        result = json.loads(said.stdout.strip().splitlines()[-1])
        after = processor_seconds(system)
        rates.append(result["acked_per_second"])
        messages += result["acked"]
        for name, seconds in after.items():
            spent[name] = spent.get(name, 0.0) + seconds - before.get(name, 0.0)
        spent["load generator"] = spent.get("load generator", 0.0) + result["cpu_seconds"]
    return statistics.median(rates), {name: used / messages for name, used in spent.items()}


def processor_seconds(system: System) -> dict[str, float]:
    """Processor seconds of each process of the installation, PostgreSQL's taken together."""
    found: dict[str, float] = {}
    state = json.loads((system.data / "run" / "processes.json").read_text(encoding="utf-8"))
    for one in state["processes"]:
        if one.get("pid") is None:
            continue
        parent = psutil.Process(one["pid"])
        family = [parent, *parent.children(recursive=True)]
        total = 0.0
        for process in family:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        name = "PostgreSQL" if one["name"] == "database" else one["name"]
        found[name] = total
    return found


async def copy_rate(system: System) -> float:
    """Rows a second by COPY alone, into a table of the same shape, committed batch by batch."""
    secrets = json.loads((system.data / "secrets.json").read_text(encoding="utf-8"))
    port = int((system.data / "postgres.port").read_text(encoding="utf-8"))
    connection = await asyncpg.connect(
        host="127.0.0.1", port=port, user="linli_owner", database="linli",
        password=secrets["owner_password"],
    )  # fmt: skip
    await connection.execute(
        """
        CREATE TABLE bench_reading (LIKE sensing_telemetry_reading INCLUDING DEFAULTS);
        CREATE INDEX ON bench_reading (series_id, observed_at);
        """
    )
    now = datetime.now(UTC)  # noqa: TID251
    rows = [(n, now, now, 21.5, 0) for n in range(BATCH)]
    columns = ["series_id", "observed_at", "received_at", "value", "clock"]
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        async with connection.transaction():
            await connection.copy_records_to_table("bench_reading", records=rows, columns=columns)
        done += BATCH
    rate = done / (time.perf_counter() - began)
    await connection.execute("DROP TABLE bench_reading")
    await connection.close()
    return rate


LISTEN = """
() => {
  window.seen = {};
  const live = new EventSource('/api/live');
  live.addEventListener('incident_changed', (event) => {
    const said = JSON.parse(event.data);
    window.seen[said.incident_id + ':' + said.version] = performance.timeOrigin + performance.now();
  });
  return new Promise((open) => { live.onopen = () => open(true); });
}
"""


def latency(system: System, rate: int) -> tuple[list[float], list[float]]:
    """Milliseconds from publish to PUBACK, and to the browser, of alarms amid this load."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        page.goto(system.url)
        page.evaluate(
            """() => fetch('/api/session', {method: 'POST', headers: {'Content-Type':
            'application/json'}, body: JSON.stringify({login: 'shequ', password: 'linli-demo'})})"""
        )
        page.evaluate(LISTEN)
        with background(load_command(system, rate, 90, CONNECTIONS)):
            page.wait_for_timeout(3000)
            committed, seen = probe(system, page)
        browser.close()
    return committed, seen


@contextmanager
def background(command: list[str]) -> Generator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def probe(system: System, page: Page) -> tuple[list[float], list[float]]:
    """Switch smoke on and off at one alarm; each switch changes its incident once."""
    username, token = system.token_of("yg-gw-1")
    acknowledged: dict[int, float] = {}
    answered = threading.Event()

    def on_publish(_client: Client, _data: object, mid: int, *_: object) -> None:
        acknowledged[mid] = time.time() * 1000
        answered.set()

    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    client.on_publish = on_publish
    client.username_pw_set(username, token)
    client.connect("127.0.0.1", system.mqtt_port)
    client.loop_start()
    committed: list[float] = []
    seen: list[float] = []
    known: set[str] = set()
    for number in range(PROBES):
        known.update(page.evaluate("() => Object.keys(window.seen)"))
        answered.clear()
        reading = {"values": {"smoke": number % 2 == 0}}
        began = time.time() * 1000
        sent = client.publish(ALARM, json.dumps(reading), qos=1)
        answered.wait(10)
        committed.append(acknowledged[sent.mid] - began)
        arrived = first_new(page, known)
        if arrived is not None:
            seen.append(arrived - began)
    client.loop_stop()
    client.disconnect()
    return committed, seen


def first_new(page: Page, known: set[str]) -> float | None:
    """When the first change after those known reached the page; None after two seconds."""
    for _ in range(100):
        seen: dict[str, float] = page.evaluate("() => window.seen")
        new = [at for name, at in seen.items() if name not in known]
        if new:
            return min(new)
        page.wait_for_timeout(20)
    return None


if __name__ == "__main__":
    main()
