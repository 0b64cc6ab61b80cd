"""How long it takes to import a county's people from one workbook.

`python -m benchmarks.import_people [--people 61000] [--estates 60]`

Starts a PostgreSQL of its own in a temporary folder and imports one xlsx with two sheets, homes and
people, through the services that pages and worker use: read, dry run, run, the same file again as
a dry run, and the undoing of it all. Prints seconds of each step. People are entered as the role
`linli_app` under row security, in one transaction.
"""

import argparse
import asyncio
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.person_search import CIPHER, GIVEN, PASSWORDS, SURNAMES
from linli.app.assemble import sheets
from linli.app.engine.postgres import Cluster, Postgres
from linli.app.engine.roles import ensure_roles_and_database
from linli.app.imports import NamedEstates
from linli.app.listening import is_away
from linli.app.migrate import upgrade_database
from linli.directory.organisation.contracts import OrganisationDraft
from linli.directory.organisation.contracts import OrganisationKind as K
from linli.directory.organisation.public import add_organisation
from linli.directory.places.contracts import EstateDraft
from linli.directory.places.public import add_estate
from linli.kernel.database import engine_for
from linli.kernel.scope import Actor, Scope
from linli.kernel.time import SystemClock
from linli.kernel.work import Work, Workshop
from linli.support.sheets import service
from linli.support.sheets.contracts import Import
from linli.support.sheets.public import Format, Imports, written

ACCOUNT = UUID(int=7)
RIGHTS = ("see_people", "see_places", "manage_people", "manage_places")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FLOORS = 10
DOORS = 4


@dataclass(frozen=True, slots=True)
class OneScope:
    """Everybody may do what a county's clerk may."""

    scope: Scope

    async def scope_of(self, work: Work, account_id: UUID) -> Scope:
        del work, account_id
        return self.scope


def id_number(at: int, dice: random.Random) -> str:
    born = date(1930, 1, 1) + timedelta(days=dice.randrange(33_000))
    first = f"{510100 + at // 500_000}{born:%Y%m%d}{at % 1_000:03d}"
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first, strict=True))
    return first + "10X98765432"[total % 11]


def door(at: int) -> tuple[str, str, str]:
    """The `at`-th home of an estate."""
    home, level = at % DOORS, at // DOORS % FLOORS
    block = at // (DOORS * FLOORS)
    return f"{block // 2 + 1}号楼", f"{block % 2 + 1}单元", f"{level + 1}{home + 1:02d}"


def invented(people: int, estates: int) -> tuple[bytes, bytes]:
    """Homes and people as two files."""
    dice = random.Random(3)
    each = people // estates // 3 + 1
    homes = [(f"小区{e:03d}", *door(h), "88.5") for e in range(estates) for h in range(each)]
    numbers: set[str] = set()
    rows: list[tuple[str, ...]] = []
    while len(rows) < people:
        number = id_number(len(rows), dice)
        if number in numbers:
            continue
        numbers.add(number)
        home = homes[len(rows) % len(homes)]
        name = dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=dice.choice((1, 2, 2))))
        phone = f"13{dice.randrange(10**9):09d}"
        rows.append((home[0], name, number, phone, *home[1:4], dice.choice(("独居老人", ""))))
    heads = ("小区", "楼栋", "单元", "房号", "面积")
    names = ("小区", "姓名", "身份证号", "手机号", "楼栋", "单元", "房号", "关照类别")
    return (
        written("房屋", heads, homes, Format.XLSX),
        written("人员", names, rows, Format.XLSX),
    )


@contextmanager
def timed(what: str) -> Generator[None]:
    begun = time.perf_counter()
    yield
    print(f"| {what} | {time.perf_counter() - begun:.1f} |", flush=True)


async def run(folder: Path, people: int, estates: int) -> None:
    postgres = Postgres(Cluster(folder, secrets.token_urlsafe(16), durable=True))
    postgres.start()
    try:
        urls = await ensure_roles_and_database(postgres.admin_url, PASSWORDS, "imports")
        await upgrade_database(urls.owner)
        clock = SystemClock()
        machine = Workshop(engine_for(urls.gateway, connections=4), clock)
        own = Workshop(engine_for(urls.app, connections=2), clock)
        async with machine.work() as work:
            below: UUID | None = None
            for kind in (K.COUNTY, K.STREET, K.COMMUNITY):
                draft = OrganisationDraft(kind=kind, title=kind.value, parent_id=below)
                below = (await add_organisation(work, draft)).id
            assert below is not None
            made = [
                await add_estate(work, EstateDraft(f"E{at:03d}", f"小区{at:03d}", below, 9, 9))
                for at in range(estates)
            ]
        ids = frozenset(one.id for one in made)
        scope = Scope(account_id=ACCOUNT, estates=dict.fromkeys(RIGHTS, ids))
        imports = Imports(
            people=own,
            machine=machine,
            cipher=CIPHER,
            sheets=sheets(),
            estates=NamedEstates(),
            scopes=OneScope(scope),
            failed=Counter("failed", "failed", registry=CollectorRegistry()),
            away=is_away,
        )
        clerk = Clerk(own, imports, scope, made[0].id)
        homes, persons = invented(people, estates)
        print(f"{people} people, {estates} estates, {len(persons) / 1e6:.1f} MB xlsx\n")
        print("| step | s |\n|---|---|")
        await clerk.through(homes, "homes")
        done = await clerk.through(persons, "people")
        with timed("people: the same file again, dry run"):
            await clerk.tried(await clerk.upload(persons))
        with timed("people: undo"):
            undone = await clerk.step(done, "undo")
        print(f"\n{done.reports}\n{undone.state} {undone.failure or ''}")
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Clerk:
    """Somebody who imports, and the worker that does it."""

    own: Workshop
    imports: Imports
    scope: Scope
    estate_id: UUID

    @property
    def actor(self) -> Actor:
        return Actor(kind="person", name="某人", account_id=ACCOUNT)

    async def through(self, content: bytes, what: str) -> Import:
        with timed(f"{what}: upload and read"):
            one = await self.upload(content)
        with timed(f"{what}: dry run"):
            tried = await self.tried(one)
        with timed(f"{what}: run"):
            return await self.step(tried, "run")

    async def upload(self, content: bytes) -> Import:
        async with self.own.work(actor=self.actor, scope=self.scope) as work:
            given = service.Upload(self.estate_id, "名单.xlsx", content)
            return await service.upload(work, CIPHER, sheets(), given)

    async def tried(self, one: Import) -> Import:
        async with self.own.work(actor=self.actor, scope=self.scope) as work:
            await service.try_out(work, sheets(), one.id, one.mapping, expected_version=1)
        return await self.worked(one.id)

    async def step(self, one: Import, what: str) -> Import:
        async with self.own.work(actor=self.actor, scope=self.scope) as work:
            if what == "run":
                await service.start(work, one.id, expected_version=one.version)
            else:
                # A second person's consent is no part of what is measured.
                await service.take_back(
                    work,
                    sheets(),
                    one.id,
                    reason="测量",
                    expected_version=one.version,
                    most_alone=len(one.reports) * 10**6,
                )
        return await self.worked(one.id)

    async def worked(self, import_id: UUID) -> Import:
        while await self.imports.work_off():
            pass
        async with self.own.work(actor=self.actor, scope=self.scope) as work:
            return await service.import_of(work, import_id)


def main() -> None:
    parser = argparse.ArgumentParser(description="How long an import of people takes")
    parser.add_argument("--people", type=int, default=61_000)
    parser.add_argument("--estates", type=int, default=60)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linli-imports-"))
    folder.chmod(0o711)
    asyncio.run(run(folder, given.people, given.estates))


if __name__ == "__main__":
    main()
