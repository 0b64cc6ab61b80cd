"""How long the cockpit takes to count every level, under row security.

`python benchmarks/rollup.py [--counties 1] [--times 20] [--plans]`

A county has 24 communities, 60 estates, 100,000 homes, 300,000 residents, 61,000 key people, 5,000
devices and 100,000 incidents of two years with their orders; `--counties 10` is ten of them, asked
by one who sees all. Starts a PostgreSQL of its own in a temporary folder, and asks as the role
`linli_app` through the services that the page uses. Prints p50, p95 and the longest of each;
`--plans` adds the query plan of the slowest statement.
"""

import argparse
import asyncio
import secrets
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from uuid import UUID

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from linli.app.assemble import figures, flows, spans
from linli.app.engine.postgres import Cluster, Postgres
from linli.app.engine.roles import Passwords, ensure_roles_and_database, on_database
from linli.app.migrate import upgrade_database
from linli.kernel.database import engine_for
from linli.kernel.scope import Actor, Scope
from linli.kernel.work import Work, Workshop
from linli.screens.cockpit.public import count, index_all, pace, records, view

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
PASSWORDS = Passwords(owner="owner", app="app", gateway="gateway")
ACCOUNT = UUID(int=7)
NEEDS = ("see_people", "see_places", "see_devices", "see_incidents", "see_key_people")

FILL = """
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.id(kind int, c int, e int, n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (to_char(kind, 'FM00000000') || to_char(c, 'FM0000') || to_char(e, 'FM0000')
  || to_char(n, 'FM0000000000000000'))::uuid $$;
CREATE TEMP TABLE moment AS SELECT timestamptz '2026-11-22 04:00Z' AS now;

INSERT INTO directory_organisation (id, kind, title, path, created_at)
SELECT pg_temp.id(1, c, 0, 0), 'county', '县' || c, ARRAY[pg_temp.id(1, c, 0, 0)], now
FROM moment, generate_series(1, {counties}) AS c;
INSERT INTO directory_organisation (id, parent_id, kind, title, path, created_at)
SELECT pg_temp.id(2, c, 0, s), pg_temp.id(1, c, 0, 0), 'street', s || '街道',
  ARRAY[pg_temp.id(1, c, 0, 0), pg_temp.id(2, c, 0, s)], now
FROM moment, generate_series(1, {counties}) AS c, generate_series(0, 5) AS s;
INSERT INTO directory_organisation (id, parent_id, kind, title, path, created_at)
SELECT pg_temp.id(3, c, 0, m), pg_temp.id(2, c, 0, m / 4), 'community', m || '社区',
  ARRAY[pg_temp.id(1, c, 0, 0), pg_temp.id(2, c, 0, m / 4), pg_temp.id(3, c, 0, m)], now
FROM moment, generate_series(1, {counties}) AS c, generate_series(0, 23) AS m;
INSERT INTO directory_estate (id, code, title, community_id, width_m, height_m, created_at)
SELECT pg_temp.id(4, c, e, 0), 'E' || c || '-' || e, '小区' || e,
  pg_temp.id(3, c, 0, e % 24), 300, 200, now
FROM moment, generate_series(1, {counties}) AS c, generate_series(0, 59) AS e;

INSERT INTO directory_place
  (id, estate_id, kind, code, title, path, path_ids, storeys, created_at)
SELECT pg_temp.id(5, c, e, b), pg_temp.id(4, c, e, 0), 'building', 'B' || b,
  b || '号楼', b || '号楼', ARRAY[pg_temp.id(5, c, e, b)], 18, now
FROM moment, generate_series(1, {counties}) AS c, generate_series(0, 59) AS e,
  generate_series(0, 9) AS b;
INSERT INTO directory_place
  (id, estate_id, parent_id, kind, code, title, path, path_ids, created_at)
SELECT pg_temp.id(6, c, e, h), pg_temp.id(4, c, e, 0),
  pg_temp.id(5, c, e, h % 10), 'home', 'H' || h, h::text, h % 10 || '号楼 ' || h,
  ARRAY[pg_temp.id(5, c, e, h % 10), pg_temp.id(6, c, e, h)], now
FROM moment, generate_series(1, {counties}) AS c, generate_series(0, 59) AS e,
  generate_series(0, 1665) AS h;

INSERT INTO directory_residence (id, person_id, estate_id, home_id, home_title, home_path, relation,
  valid_from, valid_to, source_kind, entered_by, entered_at)
SELECT pg_temp.id(7, c, e, p), pg_temp.id(8, c, e, p), pg_temp.id(4, c, e, 0),
  pg_temp.id(6, c, e, p % 1666), '', ARRAY[pg_temp.id(6, c, e, p % 1666)], 'owner',
  now - interval '900 days', CASE WHEN p % 20 = 0 THEN now - interval '9 days' END, 'demo', '', now
FROM moment, generate_series(1, {counties}) AS c, generate_series(0, 59) AS e,
  generate_series(0, 4999) AS p;
INSERT INTO directory_key_person (id, estate_id, person_id, home_id, categories, risk,
  next_visit_on, created_at, source_kind, entered_by, entered_at)
SELECT pg_temp.id(9, c, e, p), pg_temp.id(4, c, e, 0), pg_temp.id(8, c, e, p),
  pg_temp.id(6, c, e, p % 1666), '{{elder_alone}}', 'medium',
  (now + (p % 30 - 5) * interval '1 day')::date, now, 'demo', '', now
FROM moment, generate_series(1, {counties}) AS c, generate_series(0, 59) AS e,
  generate_series(0, 1016) AS p;
INSERT INTO sensing_device (id, estate_id, place_id, code, title, kind, driver, state, state_since)
SELECT pg_temp.id(10, c, e, d), pg_temp.id(4, c, e, 0), pg_temp.id(6, c, e, d),
  'D' || d, '烟感', 'smoke_alarm', 'linli_native',
  CASE WHEN d % 20 = 0 THEN 'offline' ELSE 'online' END, now
FROM moment, generate_series(1, {counties}) AS c, generate_series(0, 59) AS e,
  generate_series(0, 83) AS d;
INSERT INTO sensing_device_fault (device_id, code, estate_id, since, sentence)
SELECT id, 'battery', estate_id, state_since, '电量低' FROM sensing_device WHERE code LIKE 'D1%';

INSERT INTO responding_incident (id, code, estate_id, estate_title, place_id, place_path, category,
  severity, severity_rank, what, line, duty, state, version, level, owner_id, owner_title,
  opened_at, received_at, last_seen_at, times_seen, ringing, source_kind, source_title, overdue,
  accepted_at, ended_at, steps, chain)
SELECT pg_temp.id(11, c, e, n), 'I' || c || '-' || e || '-' || n,
  pg_temp.id(4, c, e, 0), '小区' || e, pg_temp.id(6, c, e, n % 1666), '', 'fire', s.name,
  s.rank, '', '小区 ' || n, 'property', CASE WHEN n < 40 THEN 'open' ELSE 'closed' END, 1,
  'property', pg_temp.id(1, c, 0, 0), '物业', at, at, at, 1, false, 'device', '', n % 9 = 0,
  at + (n % 700) * interval '1 second',
  CASE WHEN n >= 40 THEN at + (n % 90) * interval '1 minute' END, 5, ''
FROM moment, generate_series(1, {counties}) AS c, generate_series(0, 59) AS e,
  generate_series(0, 1666) AS n,
  LATERAL (SELECT now - n * interval '10 hours' AS at) AS opened,
  LATERAL (SELECT (ARRAY['notice', 'warning', 'danger', 'critical'])[1 + n % 4] AS name,
    1 + n % 4 AS rank) AS s;
INSERT INTO responding_order (id, code, subject_id, estate_id, company_id, severity, offer, state,
  version, offered_at, offered_by, accepted_at, arrived_at, ended_at)
SELECT md5(id::text)::uuid, code || '-1', id, estate_id, owner_id, severity, '{{}}', 'verified', 1,
  opened_at, '', accepted_at, accepted_at + interval '5 minutes', ended_at
FROM responding_incident;
"""


class Clock:
    """Stands still."""

    def now(self) -> datetime:
        return NOON


@dataclass(slots=True)
class Slowest:
    """The slowest statement that was run, with its parameters."""

    took: float = 0.0
    statement: str = ""
    parameters: object = None
    began: float = 0.0


def watch(engine: AsyncEngine) -> Slowest:
    slowest = Slowest()

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def begin(*_: object) -> None:
        slowest.began = time.perf_counter()

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def end(_c: object, _k: object, statement: str, parameters: object, *_: object) -> None:
        took = time.perf_counter() - slowest.began
        if took > slowest.took:
            slowest.took, slowest.statement, slowest.parameters = took, statement, parameters

    return slowest


async def fill(admin_url: str, counties: int) -> tuple[Sequence[UUID], Sequence[UUID]]:
    """Fill the database; answers all estates and all organisations."""
    connection = await asyncpg.connect(admin_url)
    await connection.execute(FILL.format(counties=counties))
    await connection.execute("VACUUM ANALYZE")
    estates = await connection.fetch("SELECT id FROM directory_estate ORDER BY id")
    above = await connection.fetch("SELECT id FROM directory_organisation ORDER BY path")
    await connection.close()
    return [row["id"] for row in estates], [row["id"] for row in above]


Ask = Callable[[Work], Awaitable[int]]


async def measure(
    workshop: Workshop, scope: Scope, ask: Ask, times: int
) -> tuple[list[float], int]:
    """How long each took in milliseconds, sorted, and what was answered."""
    took: list[float] = []
    found = 0
    actor = Actor(kind="person", name="测量", account_id=ACCOUNT)
    for _ in range(times + 1):
        async with workshop.work(actor=actor, scope=scope) as work:
            begun = time.perf_counter()
            found = await ask(work)
            took.append((time.perf_counter() - begun) * 1000)
    # The first makes the statements and warms the pages.
    return sorted(took[1:]), found


def asked() -> dict[str, Callable[[UUID | None], Ask]]:
    known = figures()
    by_code = {one.code: one for one in known}

    def numbers(node: UUID | None) -> Ask:
        async def ask(work: Work) -> int:
            return (await view(work, known, node)).totals["incidents.open"].total

        return ask

    def speed(node: UUID | None) -> Ask:
        async def ask(work: Work) -> int:
            return sum(one.count for one in (await pace(work, spans(), flows(), node)).timings)

        return ask

    def listed(code: str) -> Callable[[UUID | None], Ask]:
        def of(node: UUID | None) -> Ask:
            async def ask(work: Work) -> int:
                return (await records(work, by_code[code], node))[1]

            return ask

        return of

    return {
        "数字": numbers,
        "处置速度": speed,
        "名单：未办结": listed("incidents.open"),
        "名单：设备": listed("devices.all"),
        "名单：居住人口": listed("people.residents"),
    }


async def run(folder: Path, counties: int, times: int, *, plans: bool) -> None:
    postgres = Postgres(Cluster(folder, secrets.token_urlsafe(16), durable=False))
    postgres.start()
    try:
        urls = await ensure_roles_and_database(postgres.admin_url, PASSWORDS, "rollup")
        await upgrade_database(urls.owner)
        begun = time.perf_counter()
        estates, above = await fill(on_database(postgres.admin_url, "rollup"), counties)
        print(f"{counties} counties, {len(estates)} estates: {time.perf_counter() - begun:.0f} s")
        machine = engine_for(urls.gateway, connections=1)
        async with Workshop(machine, Clock()).work() as work:
            begun = time.perf_counter()
            await count(work, figures())
            counted = time.perf_counter()
            await index_all(work, figures())
            done = time.perf_counter()
        print(
            f"counting what is steady: {counted - begun:.2f} s, the index: {done - counted:.2f} s"
        )
        await machine.dispose()
        engine = engine_for(urls.app, connections=1)
        workshop, slowest = Workshop(engine, Clock()), watch(engine)
        reach, over = frozenset(estates), frozenset(above)
        scope = Scope(
            account_id=ACCOUNT,
            estates=dict.fromkeys(NEEDS, reach),
            organisations=dict.fromkeys(NEEDS, over),
            covers=over,
        )
        async with workshop.work(scope=scope) as work:
            ways: list[tuple[str, UUID | None]] = [("最高一级", None)]
            here = await view(work, figures(), None)
            while here.children:
                [node, *_] = [one.node for one in here.children if one.node.id]
                ways.append((node.level.value, node.id))
                here = await view(work, figures(), node.id)
        print("| 查询 | 层级 | p50 ms | p95 ms | 最长 ms | 答案 |\n|---|---|---|---|---|---|")
        for name, ask in asked().items():
            for title, node in ways:
                took, found = await measure(workshop, scope, ask(node), times)
                half, most = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.95))]
                print(f"| {name} | {title} | {half:.0f} | {most:.0f} | {took[-1]:.0f} | {found} |")
        if plans:
            await explain(engine, scope, slowest)
        await engine.dispose()
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def explain(engine: AsyncEngine, scope: Scope, slowest: Slowest) -> None:
    """The plan of the slowest statement, as it was asked."""
    async with Workshop(engine, Clock()).work(scope=scope) as work:
        raw = await work.connection.get_raw_connection()
        parameters = cast("tuple[object, ...]", slowest.parameters)
        plan = await raw.driver_connection.fetch(  # type: ignore[union-attr]
            f"EXPLAIN (ANALYZE, BUFFERS) {slowest.statement}", *parameters
        )
    print(f"\nslowest statement, {slowest.took * 1000:.0f} ms:\n{slowest.statement}\n")
    print("\n".join(line[0] for line in plan))


def main() -> None:
    parser = argparse.ArgumentParser(description="How long the cockpit takes to count")
    parser.add_argument("--counties", type=int, default=1)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--plans", action="store_true")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linli-rollup-"))
    folder.chmod(0o711)
    asyncio.run(run(folder, given.counties, given.times, plans=given.plans))


if __name__ == "__main__":
    main()
