"""How long a search for people takes, and a question across contexts, under row security.

`python benchmarks/person_search.py [--people 61000] [--estates 60] [--copies 0] [--times 40]`

`--people 100000 --estates 60 --copies 9` is a million people in 600 estates. Starts a PostgreSQL of
its own in a temporary folder, fills it with invented people by COPY and asks as the role
`linli_app`, through the services that the pages use: search, count and rows together. Three scopes
ask: a county (all estates), a community (three), one estate. Prints p50, p95 and the longest of
each kind of search; `--plans` adds the query plan of the slowest.
"""

import argparse
import asyncio
import random
import secrets
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from linli.app.assemble import conditions
from linli.app.engine.postgres import Cluster, Postgres
from linli.app.engine.roles import (
    DatabaseUrls,
    Passwords,
    ensure_roles_and_database,
    on_database,
)
from linli.app.migrate import upgrade_database
from linli.directory.people.contracts import ListOrder, PeopleSearch, Tag
from linli.directory.people.public import find_people
from linli.directory.people.search import SEARCH_VERSION, Keyed, keys_of, read_name
from linli.kernel.database import engine_for
from linli.kernel.ids import new_id
from linli.kernel.scope import Actor, Scope
from linli.kernel.work import Work, Workshop
from linli.screens.questions.contracts import Clause, Question
from linli.screens.questions.public import answer, by_code
from linli.support.sealing.contracts import Keys
from linli.support.sealing.public import AesGcmCipher

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
PASSWORDS = Passwords(owner="owner", app="app", gateway="gateway")
CIPHER = AesGcmCipher(Keys.of(bytes(range(32))))
ACCOUNT = UUID(int=7)
TAIL = "directory_person.phone_tail"
WHOLE = "directory_person.phone"
PHONE = "directory_person.phone"

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英玉兰建国华红志"
    "文晓春梅海燕小云辉鹏飞宇浩然子轩雨欣怡梓涵"
)
CARED_FOR = 0.2
AT_ONCE = 20_000

# The county is filled once and copied under new ids: inventing a million names takes longer.
COPIES = """
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.other(id uuid, copy int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT md5(id::text || copy)::uuid $$;
DROP INDEX ix_directory_person_search_person_id;
DROP INDEX ix_directory_person_search_key;
ALTER TABLE directory_person_search DROP CONSTRAINT pk_directory_person_search;
CREATE TEMP TABLE copy AS SELECT generate_series(1, {copies}) AS n;
INSERT INTO directory_estate (id, code, title, community_id, width_m, height_m, created_at)
SELECT pg_temp.other(id, n), code || '-' || n, title || '-' || n, community_id, width_m, height_m,
  created_at FROM directory_estate, copy;
INSERT INTO directory_place
  (id, estate_id, parent_id, kind, code, title, path, path_ids, created_at)
SELECT pg_temp.other(id, n), pg_temp.other(estate_id, n), pg_temp.other(parent_id, n), kind, code,
  title, path, ARRAY(SELECT pg_temp.other(i, n) FROM unnest(path_ids) AS i), created_at
FROM directory_place, copy;
INSERT INTO directory_person
  (id, estate_id, estate_ids, code, name, pinyin, phone_sealed, phone_hash, phone_tail_hash, tags,
   birth_date, search_version, created_at, source_kind, entered_by, entered_at)
SELECT pg_temp.other(id, n), pg_temp.other(estate_id, n), ARRAY[pg_temp.other(estate_id, n)], code,
  name, pinyin, phone_sealed, phone_hash, phone_tail_hash, tags, birth_date, search_version,
  created_at, source_kind, entered_by, entered_at FROM directory_person, copy;
INSERT INTO directory_residence
  (id, person_id, estate_id, home_id, home_title, home_path, relation, valid_from, source_kind,
   entered_by, entered_at)
SELECT pg_temp.other(id, n), pg_temp.other(person_id, n), pg_temp.other(estate_id, n),
  pg_temp.other(home_id, n), home_title,
  ARRAY(SELECT pg_temp.other(i, n) FROM unnest(home_path) AS i), relation, valid_from, source_kind,
  entered_by, entered_at FROM directory_residence, copy;
INSERT INTO directory_person_search (estate_id, key, person_id)
SELECT pg_temp.other(estate_id, n), key, pg_temp.other(person_id, n)
FROM directory_person_search, copy;
INSERT INTO directory_facility
  (id, estate_id, place_id, code, title, kind, state, source_kind, entered_by, entered_at)
SELECT pg_temp.other(id, n), pg_temp.other(estate_id, n), pg_temp.other(place_id, n), code, title,
  kind, state, source_kind, entered_by, entered_at FROM directory_facility, copy;
SET maintenance_work_mem = '512MB';
ALTER TABLE directory_person_search ADD CONSTRAINT pk_directory_person_search
  PRIMARY KEY (estate_id, key, person_id);
CREATE INDEX ix_directory_person_search_person_id ON directory_person_search (person_id);
CREATE INDEX ix_directory_person_search_key
  ON directory_person_search (key, person_id) INCLUDE (estate_id);
"""
TAGS = (Tag.ELDER_ALONE, Tag.ELDER, Tag.DISABLED, Tag.BEDRIDDEN)


@dataclass(frozen=True, slots=True)
class Size:
    """What is invented; the county is `copies` times that, and itself."""

    people: int
    estates: int
    copies: int


@dataclass(frozen=True, slots=True)
class Somebody:
    """An invented person, as the questions of this benchmark need them."""

    name: str
    phone: str
    home: str
    estate: int


class Clock:
    """Stands still."""

    def now(self) -> datetime:
        return NOON


def invented(size: Size, dice: random.Random) -> Iterator[Somebody]:
    weights = [1 / (rank + 4) for rank in range(len(SURNAMES))]
    per_estate = size.people // size.estates
    for at in range(size.people):
        surname = dice.choices(SURNAMES, weights)[0]
        name = surname + "".join(dice.choices(GIVEN, k=dice.choice((1, 2, 2, 2))))
        home = (at % per_estate) // 3
        building, rest = divmod(home, 72)
        entrance, door = divmod(rest, 36)
        floor, number = divmod(door, 2)
        yield Somebody(
            name=name,
            phone=f"13{dice.randrange(10**9):09d}",
            home=f"{building + 1}号楼 {entrance + 1}单元 {floor + 1}{number + 1:02d}",
            estate=min(at // per_estate, size.estates - 1),
        )


async def fill(urls: DatabaseUrls, size: Size) -> None:
    """Fill the database as its owner."""
    dice = random.Random(3)
    connection = await asyncpg.connect(urls.owner)
    community = new_id(NOON)
    estates = [new_id(NOON) for _ in range(size.estates)]
    await connection.execute(
        "INSERT INTO directory_organisation (id, kind, title, path, created_at)"
        " VALUES ($1::uuid, 'community', '仁里社区', ARRAY[$1::uuid], $2)",
        community,
        NOON,
    )
    await connection.copy_records_to_table(
        "directory_estate",
        columns=["id", "code", "title", "community_id", "width_m", "height_m", "created_at"],
        records=[
            (one, f"E{at:04d}", f"小区{at:04d}", community, 200.0, 200.0, NOON)
            for at, one in enumerate(estates)
        ],
    )
    places: dict[tuple[int, str], UUID] = {}
    rows: list[tuple[object, ...]] = []
    people: list[tuple[object, ...]] = []
    stays: list[tuple[object, ...]] = []
    keys: list[tuple[object, ...]] = []

    def place(estate: int, path: str, kind: str, parent: UUID | None, ids: list[UUID]) -> UUID:
        known = places.get((estate, path))
        if known is None:
            known = places[estate, path] = new_id(NOON)
            code = path.replace(" ", "")
            title = path.rpartition(" ")[2]
            rows.append(
                (known, estates[estate], parent, kind, code, title, path, [*ids, known], NOON)
            )
        return known

    async def flush() -> None:
        await connection.copy_records_to_table(
            "directory_place",
            columns=[
                "id",
                "estate_id",
                "parent_id",
                "kind",
                "code",
                "title",
                "path",
                "path_ids",
                "created_at",
            ],
            records=rows,
        )
        await connection.copy_records_to_table(
            "directory_person",
            columns=[
                "id",
                "estate_id",
                "estate_ids",
                "code",
                "name",
                "pinyin",
                "phone_sealed",
                "phone_hash",
                "phone_tail_hash",
                "tags",
                "birth_date",
                "search_version",
                "created_at",
                "source_kind",
                "entered_by",
                "entered_at",
            ],
            records=people,
        )
        await connection.copy_records_to_table(
            "directory_residence",
            columns=[
                "id",
                "person_id",
                "estate_id",
                "home_id",
                "home_title",
                "home_path",
                "relation",
                "valid_from",
                "source_kind",
                "entered_by",
                "entered_at",
            ],
            records=stays,
        )
        await connection.copy_records_to_table(
            "directory_person_search", columns=["estate_id", "key", "person_id"], records=keys
        )
        for some in (rows, people, stays, keys):
            some.clear()

    sealed = CIPHER.seal("13812340001", binding=PHONE)
    for at, one in enumerate(invented(size, dice)):
        building, entrance, _ = one.home.split(" ")
        above = place(one.estate, building, "building", None, [])
        way = place(one.estate, f"{building} {entrance}", "entrance", above, [above])
        home = place(one.estate, one.home, "home", way, [above, way])
        person = new_id(NOON)
        estate = estates[one.estate]
        relation = ("owner", "family", "tenant")[at % 3]
        tags = [TAGS[at % 4].value] if dice.random() < CARED_FOR else []
        tail = CIPHER.keyed_hash(one.phone[-4:], binding=TAIL)
        people.append(
            (
                person,
                estate,
                [estate],
                f"R{at:07d}",
                one.name,
                read_name(one.name).whole,
                sealed,
                CIPHER.keyed_hash(one.phone, binding=WHOLE),
                tail,
                tags,
                date(1936, 1, 1) + timedelta(days=dice.randrange(30_000)),
                SEARCH_VERSION,
                NOON,
                "demo",
                "演示",
                NOON,
            )
        )
        stays.append(
            (
                new_id(NOON),
                person,
                estate,
                home,
                one.home,
                [above, way, home],
                relation,
                NOON - timedelta(days=900),
                "demo",
                "演示",
                NOON,
            )
        )
        found = keys_of(Keyed(one.name, tail, (relation, *tags), (one.home,)))
        keys.extend((estate, key, person) for key in found)
        if len(people) >= AT_ONCE:
            await flush()
    await flush()
    # Every tenth estate has a lift out of order, which the question across contexts asks for.
    lifts = [
        (
            new_id(NOON),
            estates[e],
            p,
            f"{e}",
            "1号电梯",
            "lift",
            "out_of_order",
            "demo",
            "演示",
            NOON,
        )
        for (e, path), p in places.items()
        if e % 10 == 0 and path == "1号楼"
    ]
    await connection.copy_records_to_table(
        "directory_facility",
        columns=[
            "id",
            "estate_id",
            "place_id",
            "code",
            "title",
            "kind",
            "state",
            "source_kind",
            "entered_by",
            "entered_at",
        ],
        records=lifts,
    )
    await connection.close()


async def copy_all(admin_url: str, copies: int) -> list[UUID]:
    """Copy what is there so many times, tidy up; answers all estates."""
    connection = await asyncpg.connect(admin_url)
    if copies:
        await connection.execute(COPIES.format(copies=copies))
    await connection.execute("VACUUM ANALYZE")
    rows = await connection.fetch("SELECT id FROM directory_estate ORDER BY code")
    await connection.close()
    return [row["id"] for row in rows]


Ask = Callable[[random.Random, Sequence[Somebody]], PeopleSearch]
Search = tuple[str, Ask]


def searches() -> list[Search]:
    def words(make: Callable[[Somebody], str]) -> Ask:
        def ask(dice: random.Random, some: Sequence[Somebody]) -> PeopleSearch:
            return PeopleSearch(words=make(dice.choice(some)))

        return ask

    def short(home: str) -> str:
        building, entrance, door = home.split(" ")
        return f"{building[:-2]}-{entrance[:-2]}-{door}"

    return [
        ("姓名", words(lambda one: one.name)),
        ("姓", words(lambda one: one.name[0])),
        ("名", words(lambda one: one.name[1:])),
        ("全拼", words(lambda one: read_name(one.name).whole)),
        ("全拼前半", words(lambda one: read_name(one.name).whole[:4])),
        ("首字母", words(lambda one: read_name(one.name).initials[0])),
        ("一个字母", words(lambda one: read_name(one.name).whole[0])),
        ("手机后四位", words(lambda one: one.phone[-4:])),
        ("整个手机号", words(lambda one: one.phone)),
        ("楼栋", words(lambda one: one.home.split(" ")[0])),
        ("短地址", words(lambda one: short(one.home))),
        ("姓+楼栋", words(lambda one: f"{one.name[0]} {one.home.split(' ')[0]}")),
        ("姓名+短地址", words(lambda one: f"{one.name} {short(one.home)}")),
        (
            "首字母+短地址",
            words(lambda one: f"{read_name(one.name).initials[0]} {short(one.home)}"),
        ),
        ("没有的人", lambda _dice, _some: PeopleSearch(words="诸葛孔明")),
        ("全部按姓名", lambda _dice, _some: PeopleSearch()),
        ("全部按住址", lambda _dice, _some: PeopleSearch(order=ListOrder.ADDRESS)),
        ("独居老人", lambda _dice, _some: PeopleSearch(tag=Tag.ELDER_ALONE)),
        (
            "独居老人+姓",
            lambda dice, some: PeopleSearch(words=dice.choice(some).name[0], tag=Tag.ELDER_ALONE),
        ),
    ]


QUESTION = Question(
    (
        Clause("people.group", {"group": "elder_alone"}),
        Clause("facilities.stopped", {"kind": "lift"}),
    )
)


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
        if took > slowest.took and "directory_person_search" in statement:
            slowest.took, slowest.statement, slowest.parameters = took, statement, parameters

    return slowest


async def measure(
    workshop: Workshop, scope: Scope, once: Callable[[Work], Awaitable[int]], times: int
) -> tuple[list[float], int]:
    took: list[float] = []
    found = 0
    actor = Actor(kind="person", name="测量", account_id=ACCOUNT)
    for _ in range(times):
        async with workshop.work(actor=actor, scope=scope) as work:
            begun = time.perf_counter()
            found = await once(work)
            took.append((time.perf_counter() - begun) * 1000)
    return sorted(took), found


def told(name: str, scope: str, took: list[float], found: int) -> None:
    half, most = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.95))]
    print(f"| {name} | {scope} | {half:.1f} | {most:.1f} | {took[-1]:.1f} | {found} |")


def scope_of(estates: Sequence[UUID]) -> Scope:
    reach = frozenset(estates)
    needs = ("see_people", "see_places", "see_devices", "see_incidents")
    return Scope(account_id=ACCOUNT, estates=dict.fromkeys(needs, reach))


async def run(folder: Path, size: Size, times: int, *, plans: bool) -> None:
    postgres = Postgres(Cluster(folder, secrets.token_urlsafe(16), durable=False))
    postgres.start()
    try:
        urls = await ensure_roles_and_database(postgres.admin_url, PASSWORDS, "search")
        await upgrade_database(urls.owner)
        begun = time.perf_counter()
        await fill(urls, size)
        estates = await copy_all(on_database(postgres.admin_url, "search"), size.copies)
        print(
            f"{size.people} people in {size.estates} estates: {time.perf_counter() - begun:.0f} s"
        )
        engine = engine_for(urls.app, connections=1)
        slowest = watch(engine)
        workshop = Workshop(engine, Clock())
        async with workshop.work() as work:
            pages = await work.connection.scalar(
                text("SELECT pg_size_pretty(pg_total_relation_size('directory_person_search'))")
            )
        print(f"search keys with their indexes: {pages}\n")
        some = list(invented(replace(size), random.Random(3)))[:: max(1, size.people // 5_000)]
        scopes = (
            ("县", scope_of(estates)),
            ("社区", scope_of(estates[:3])),
            ("小区", scope_of(estates[:1])),
        )
        print("| 查询 | 范围 | p50 ms | p95 ms | 最长 ms | 找到 |\n|---|---|---|---|---|---|")
        every: list[float] = []
        for name, ask in searches():
            for title, scope in scopes:
                dice = random.Random(11)

                async def once(work: Work, ask: Ask = ask, dice: random.Random = dice) -> int:
                    return (await find_people(work, CIPHER, ask(dice, some))).total

                took, found = await measure(workshop, scope, once, times)
                every += took
                told(name, title, took, found)
        told("全部查询", "—", sorted(every), len(every))
        known = by_code(conditions())
        for title, scope in scopes:

            async def asked(work: Work) -> int:
                return (await answer(work, known, QUESTION)).total

            took, found = await measure(workshop, scope, asked, max(5, times // 4))
            told("独居老人 · 电梯停用", title, took, found)
        if plans:
            await explain(engine, scopes[0][1], slowest)
        await engine.dispose()
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def explain(engine: AsyncEngine, scope: Scope, slowest: Slowest) -> None:
    """The plan of the slowest search, as the county asks it."""
    async with Workshop(engine, Clock()).work(scope=scope) as work:
        raw = await work.connection.get_raw_connection()
        parameters = cast("tuple[object, ...]", slowest.parameters)
        plan = await raw.driver_connection.fetch(  # type: ignore[union-attr]
            f"EXPLAIN (ANALYZE, BUFFERS) {slowest.statement}", *parameters
        )
    print(f"\nslowest statement, {slowest.took * 1000:.0f} ms:\n{slowest.statement}\n")
    print("\n".join(line[0] for line in plan))


def main() -> None:
    parser = argparse.ArgumentParser(description="How long a search for people takes")
    parser.add_argument("--people", type=int, default=61_000)
    parser.add_argument("--estates", type=int, default=60)
    parser.add_argument("--copies", type=int, default=0, help="copy the county so many times")
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--plans", action="store_true")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linli-search-"))
    folder.chmod(0o711)
    asyncio.run(
        run(folder, Size(given.people, given.estates, given.copies), given.times, plans=given.plans)
    )


if __name__ == "__main__":
    main()
