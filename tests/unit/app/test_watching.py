"""What an operator sees: health, metrics, queues and logs."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
import pytest
from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from linli.app.engine.roles import DatabaseUrls, connected
from linli.app.health import ProcessHealth, State, SystemHealth, read_health, write_health
from linli.app.keys import generate_keys
from linli.app.metrics import Metrics, exposition
from linli.app.processes.web import application
from linli.app.queues import QueueGauges, Queues, read_queues
from linli.app.settings import Settings
from linli.kernel.database import engine_for
from linli.kernel.time import SystemClock
from linli.kernel.work import Workshop

NOW = SystemClock().now()


def value_of(text_format: bytes, name: str, **labels: str) -> float:
    for family in text_string_to_metric_families(text_format.decode()):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    raise AssertionError(f"{name} is not there")


def test_every_process_is_in_one_answer(tmp_path: Path) -> None:
    web, gateway = Metrics("web", tmp_path), Metrics("gateway", tmp_path)
    for metrics, times in ((web, 2), (gateway, 5)):
        counter = Counter("linli_test", "Things.", ["kind"], registry=metrics.registry)
        counter.labels("a").inc(times)
    gateway.write()
    answer = exposition(tmp_path, web)
    assert value_of(answer, "linli_test_total", process="web", kind="a") == 2
    assert value_of(answer, "linli_test_total", process="gateway", kind="a") == 5
    assert value_of(answer, "process_open_fds", process="gateway") > 0
    assert answer.decode().count("# TYPE linli_test_total counter") == 1


def test_half_written_health_is_never_read(tmp_path: Path) -> None:
    assert read_health(tmp_path) is None
    me = psutil.Process()
    web = ProcessHealth("web", State.RUNNING, NOW, pid=7)
    health = SystemHealth(me.pid, me.create_time(), (web,))
    write_health(tmp_path, health)
    assert read_health(tmp_path) == health
    assert health.supervised
    assert not SystemHealth(me.pid, me.create_time() - 1).supervised
    (tmp_path / "processes.json").write_text('{"supervisor_pid": 1')
    assert read_health(tmp_path) is None


async def test_what_waits_is_counted(fresh_database: DatabaseUrls, tmp_path: Path) -> None:
    assert read_queues(tmp_path) == Queues(None, None, None)
    async with connected(fresh_database.gateway) as connection:
        await connection.execute(
            text(
                "INSERT INTO kernel_deadline (kind, subject_id, due_at)"
                " SELECT 'test', gen_random_uuid(), :due FROM generate_series(1, 3)"
            ),
            {"due": NOW - timedelta(minutes=5)},
        )
        await connection.execute(
            text(
                "INSERT INTO kernel_event (name, topics, happened_at, payload)"
                " SELECT 'Test', '{}', :now, '{}' FROM generate_series(1, 2)"
            ),
            {"now": NOW},
        )
    engine = engine_for(fresh_database.gateway, connections=1)
    worker = Metrics("worker", tmp_path)
    try:
        await QueueGauges(worker.registry).count(Workshop(engine, SystemClock()))
    finally:
        await engine.dispose()
    worker.write()
    assert read_queues(tmp_path) == Queues(2, 3, 0)


@pytest.fixture
def watched(database: DatabaseUrls, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, database_url=database.admin)


async def test_health_page_shows_a_crashed_process_and_no_secret(watched: Settings) -> None:
    me = psutil.Process()
    said = "exit code 1: password of 王小明 is wrong"
    worker = ProcessHealth("worker", State.WAITING, NOW, restarts=4, last_error=said)
    write_health(watched.run_folder, SystemHealth(me.pid, me.create_time(), (worker,)))
    app = application(watched, generate_keys(), Metrics("web", watched.run_folder))
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://linli") as browser:
        health = (await browser.get("/api/health")).json()
        metrics = await browser.get("/metrics")
    assert health["supervised"] is True
    assert health["processes"][0]["state"] == "waiting"
    assert health["processes"][0]["restarts"] == 4
    assert health["processes"][0]["last_error"] == "exit code 1"
    assert health["queues"]["outbox_lag"] is None
    # The keys are new ones, so this application cannot sign in to the database.
    assert health["database"]["answers"] is False
    assert metrics.status_code == 200
    assert value_of(metrics.content, "process_open_fds", process="web") > 0


async def test_metrics_are_not_for_the_whole_world(watched: Settings) -> None:
    app = application(watched, generate_keys(), Metrics("web", watched.run_folder))
    transport = httpx.ASGITransport(app=app, client=("8.8.8.8", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://linli") as stranger:
        assert (await stranger.get("/metrics")).status_code == 403
        assert (await stranger.get("/healthz")).status_code == 200


LOGGING = """
import logging, sys, structlog
from linli.app.logs import configure_logs
from linli.app.settings import LogFormat
configure_logs("web", LogFormat(sys.argv[1]), "info")
log = structlog.get_logger()
log.debug("too_quiet")
log.info("order_accepted", order="YG-1", who="李强")
logging.getLogger("somebody.else").warning("a library says %s", "hello")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("it_broke")
"""


def logged(form: str) -> str:
    answer = subprocess.run(
        [sys.executable, "-c", LOGGING, form],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert answer.stdout == b""
    return answer.stderr.decode()


def test_log_lines_are_json_one_each() -> None:
    lines = [json.loads(line) for line in logged("json").splitlines()]
    assert [line["event"] for line in lines] == [
        "order_accepted",
        "a library says hello",
        "it_broke",
    ]
    assert lines[0]["who"] == "李强"
    assert {line["process"] for line in lines} == {"web"}
    assert lines[0]["timestamp"].endswith("Z")
    assert [line["level"] for line in lines] == ["info", "warning", "error"]
    assert "ZeroDivisionError" in lines[2]["exception"]


def test_console_lines_can_be_read() -> None:
    said = logged("console")
    assert "order_accepted" in said
    assert "李强" in said
    assert "ZeroDivisionError" in said
