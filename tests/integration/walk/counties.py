"""Two counties in one database, alike in everything, told apart by every id and every Chinese text.

One county lives through its stories by linli's own verbs. Then every row of every table that is
about it is written twice: ids of the first county say `aaaaaa` and those of the second `bbbbbb`,
Chinese texts end in a sign of their county. So whatever table there is, and whatever table comes,
both counties have the same in it, and a row of the other county is known wherever it turns up.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    String,
    Table,
    Time,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.integration.walk.feeding import Larder

from linli.app.tables import load, metadata
from linli.kernel.row_security import EVERYBODY, rule_of

load()
TABLES: Sequence[Table] = metadata.sorted_tables
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CHINESE = re.compile(r"[一-鿿]")
SERIAL_STEP = 1_000_000
# Tries to sign in are counted by what was typed, audit tells what people tried: both name what
# was asked for, and that is not a row of the other county.
TELLS_WHAT_WAS_TRIED = frozenset({"support_audit_entry", "directory_sign_in_try"})

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class County:
    """How a county's ids and texts are told from the other's."""

    id_mark: str
    text_mark: str
    suffix: str
    serial: int

    @property
    def marks(self) -> re.Pattern[str]:
        return re.compile(f"-{self.id_mark}[0-9a-f]{{6}}|{self.text_mark}")

    def painted_id(self, uuid: str) -> str:
        return f"{uuid[:24]}{self.id_mark}{uuid[30:]}"


OURS = County("aaaaaa", "靐", "", 0)
THEIRS = County("bbbbbb", "龘", "-bb", SERIAL_STEP)
BOTH = re.compile(f"{OURS.marks.pattern}|{THEIRS.marks.pattern}")


def has_id(table: Table) -> bool:
    return "id" in table.c and isinstance(table.c["id"].type, Uuid)


def columns(table: Table) -> str:
    """The columns that are written, not computed."""
    return ", ".join(f'"{column.name}"' for column in table.c if column.computed is None)


async def rows_of(admin: AsyncConnection, table: Table) -> list[Row]:
    """All rows of a table as JSON."""
    found = await admin.scalar(
        text(f"SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')::text FROM {table.name} AS t")  # noqa: S608
    )
    return cast("list[Row]", json.loads(str(found)))


async def write_rows(admin: AsyncConnection, table: Table, rows: list[Row]) -> None:
    """Write rows as they came out, ids that count up included."""
    named = columns(table)
    await admin.execute(
        text(
            f"INSERT INTO {table.name} ({named}) OVERRIDING SYSTEM VALUE SELECT {named} "  # noqa: S608
            f"FROM jsonb_populate_recordset(NULL::{table.name}, CAST(:rows AS jsonb))"
        ),
        {"rows": json.dumps(rows)},
    )


# ── twice ──


def _owned_ids(rows: Mapping[str, Sequence[Row]]) -> set[str]:
    """The ids that are a county's own; what everybody may see belongs to none."""
    return {
        str(row["id"])
        for table in TABLES
        if rule_of(table).seen != EVERYBODY and has_id(table)
        for row in rows[table.name]
    }


def _alone_unique(table: Table) -> set[str]:
    """Texts and bytes that must differ from row to row although no id stands beside them."""
    groups = [
        list(constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
    ]
    groups += [list(index.columns) for index in table.indexes if index.unique]
    return {
        column.name
        for group in groups
        if not any(isinstance(column.type, Uuid) for column in group)
        for column in group
        if isinstance(column.type, String | LargeBinary)
    }


def _serials() -> set[str]:
    """Names of columns that hold ids which count up: such an id itself, or who points to it."""
    return {
        column.name
        for table in TABLES
        for column in table.c
        if column.foreign_keys and isinstance(column.type, Integer)
    }


@dataclass(frozen=True, slots=True)
class Painter:
    """Writes rows in the signs of a county."""

    county: County
    ids: frozenset[str] | set[str]
    serials: set[str] = field(default_factory=_serials)

    def row(self, table: Table, row: Row) -> Row | None:
        """The county's version of a row, or None when the row is about no county."""
        if not any(self._names_a_county(value) for value in row.values()) and not any(
            name in self.serials for name in row
        ):
            return None
        alone = _alone_unique(table)
        return {
            name: self._cell(table, name, value, unique=name in alone)
            for name, value in row.items()
        }

    def _names_a_county(self, value: Any) -> bool:
        return any(found in self.ids for found in UUID.findall(json.dumps(value)))

    def _cell(self, table: Table, name: str, value: Any, *, unique: bool) -> Any:
        column = table.c[name]
        if isinstance(value, int) and not isinstance(value, bool):
            counts_up = column.identity is not None or name in self.serials
            return value + self.county.serial if counts_up else value
        if isinstance(column.type, LargeBinary):
            if unique and isinstance(value, str) and self.county.suffix:
                return value[:-2] + f"{int(value[-2:], 16) ^ 0x5A:02x}"
            return value
        painted = self.deep(value)
        if isinstance(painted, str) and isinstance(column.type, String):
            if unique and painted == value:
                painted += self.county.suffix
            length = column.type.length
            if length is not None and len(painted) > length:
                painted = painted[: length - 1] + self.county.text_mark
        return painted

    def deep(self, value: Any) -> Any:
        """Ids and Chinese texts, however deep they lie."""
        if isinstance(value, str):
            painted = UUID.sub(self._id, value)
            return painted + self.county.text_mark if CHINESE.search(painted) else painted
        if isinstance(value, list):
            return [self.deep(one) for one in cast("list[Any]", value)]
        if isinstance(value, dict):
            known = cast("dict[str, Any]", value)
            return {UUID.sub(self._id, key): self.deep(one) for key, one in known.items()}
        return value

    def _id(self, found: re.Match[str]) -> str:
        uuid = found.group()
        return self.county.painted_id(uuid) if uuid in self.ids else uuid


async def write_twice(admin: AsyncConnection) -> None:
    """Write every row that is about the county once for each of two counties."""
    rows = {table.name: await rows_of(admin, table) for table in TABLES}
    ids = _owned_ids(rows)
    painters = (Painter(OURS, ids), Painter(THEIRS, ids))
    await admin.execute(text("SET session_replication_role = replica"))
    for table in TABLES:
        await admin.execute(text(f"TRUNCATE {table.name} CASCADE"))
    for table in TABLES:
        written: list[Row] = []
        for row in rows[table.name]:
            twice = [painter.row(table, row) for painter in painters]
            written.extend(one for one in twice if one is not None)
            if twice[0] is None:
                written.append(row)
        if table.name == "kernel_event":
            written = _in_one_order(written)
        await write_rows(admin, table, written)
        await _count_on(admin, table)
    await admin.execute(
        text(
            "UPDATE kernel_event_sequence SET last_offset = greatest(last_offset, "
            "(SELECT coalesce(max(event_offset), 0) FROM kernel_event))"
        )
    )
    await admin.execute(text("SET session_replication_role = origin"))


def _in_one_order(events: list[Row]) -> list[Row]:
    """Both counties' events in one gap-free order, as the sequencer would have stamped them."""
    return [{**event, "event_offset": place} for place, event in enumerate(events, start=1)]


async def _count_on(admin: AsyncConnection, table: Table) -> None:
    for column in table.c:
        if column.identity is not None:
            await admin.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "  # noqa: S608
                    f"(SELECT coalesce(max({column.name}), 0) + 1 FROM {table.name}))"
                )
            )


# ── no table is empty ──


# What the columns hold that keep whole documents: their shape is not the database's matter.
DOCUMENTS: Mapping[str, Callable[[Row], Row]] = {
    "scenes_fall": lambda _: {
        "verdict": {
            "storey_low": 3,
            "storey_high": 5,
            "agreement": "single",
            "words": "从三层到五层之间",
        }
    },
    "directory_erasure": lambda row: {
        "body": json.dumps(
            {
                "number": row["number"],
                "at": "2026-01-01T00:00:00Z",
                "basis": "purpose_over",
                "rows": {},
                "also": {},
                **dict.fromkeys(("asked_by", "approved_by"), "某人"),
                **dict.fromkeys(("asked_at", "approved_at"), "2026-01-01T00:00:00Z"),
                **{name: str(row[name]) for name in ("estate_id", "person_id")},
                "approval_id": str(row["id"]),
            }
        )
    },
    "support_approval": lambda row: {
        "request": {},
        "decided_by": None,
        "needs": ["see_people"],
        "estate_ids": [row["asker_id"]],
    },
    "responding_rule_hushed": lambda row: {
        "finding": {
            "rule": {"id": row["rule_id"], "code": "e_bike_in_lift", "title": "入梯", "version": 1},
            **{name: row[name] for name in ("estate_id", "device_id")},
            **dict.fromkeys(("found_at", "received_at"), row["last_at"]),
            "place_id": None,
            "category": "e_bike",
            "severity": "danger",
            "what": "发现电动自行车进入",
            "action": "请及时处置",
            "duty": "security",
            "explanation": {"sentence": "发现电动自行车进入", "facts": []},
        }
    },
    "screens_cockpit_count": lambda _: {"figure": "people.residents", "needs": "see_people"},
    "screens_cockpit_index": lambda _: {
        "formula": "2026-11",
        "counts": {"devices.all": 4, "devices.online": 3},
    },
    "scenes_fall_sighting": lambda row: {
        "seen": {
            **{name: row[name] for name in ("id", "fall_id", "estate_id", "camera_id")},
            **dict.fromkeys(
                ("observed_at", "received_at", "released_at", "impact_at"), row["received_at"]
            ),
            **dict.fromkeys(("confidence", "facade_id", "facade", "storey", "column", "band")),
            "camera_title": "三号楼摄像机",
            "event_id": row["event_id"],
            "grade": "confirmed",
            "reasons": [],
        }
    },
}


async def fill_empty(admin: AsyncConnection) -> list[str]:
    """Give each guarded table that no story reached a row about the county; answers which."""
    empty = [
        table
        for table in TABLES
        if rule_of(table).seen not in {None, EVERYBODY} and not await rows_of(admin, table)
    ]
    ids = {table.name: str(uuid4()) for table in empty if has_id(table)}
    failed: list[str] = []
    await admin.execute(text("SET session_replication_role = replica"))
    for table in empty:
        row = {
            column.name: await _made_up(admin, table, column, ids)
            for column in table.c
            if column.computed is None and column.identity is None
        }
        if table.name in DOCUMENTS:
            row |= DOCUMENTS[table.name](row)
        try:
            await write_rows(admin, table, [row])
        except DBAPIError as error:
            failed.append(f"{table.name}: {str(error.orig)[:300]}")
    await admin.execute(text("SET session_replication_role = origin"))
    assert not failed, f"these tables need a story that fills them: {failed}"
    return [table.name for table in empty]


async def _made_up(
    admin: AsyncConnection, table: Table, column: Column[Any], ids: Mapping[str, str]
) -> Any:
    """A value that the column's type, references and checks allow."""
    for reference in column.foreign_keys:
        other = reference.column
        before = [one for one in table.c if one.references(other)]
        found = await admin.scalar(
            text(
                f"SELECT {other.name}::text FROM {other.table.name} ORDER BY 1 "  # noqa: S608
                f"OFFSET {before.index(column)} LIMIT 1"
            )
        )
        return found or ids.get(other.table.name)
    if isinstance(column.type, Uuid):
        return await _some_id(admin, table, column.name, ids)
    if column.nullable:
        return None
    for check in table.constraints:
        said = str(check.sqltext) if isinstance(check, CheckConstraint) else ""
        if re.match(rf"\(?{column.name}\)?\s+(IN|= ANY)", said):
            return re.findall(r"'([^']*)'", said)[0]
    plain: tuple[tuple[Any, Any], ...] = (
        (JSONB, []),
        (ARRAY, []),
        (Boolean, False),
        (DateTime, "2026-11-22T08:00:00Z"),
        (Date, "2026-11-22"),
        (Interval, "PT1H"),
        (LargeBinary, "\\x00"),
        (Time, "08:00"),
        ((Integer, Numeric), 1),
    )
    for kinds, value in plain:
        if isinstance(column.type, kinds):
            return value
    if isinstance(column.type, String):
        return _word_of(table, column.name) or await _borrowed(admin, table, column.name)
    return 1


def _word_of(table: Table, name: str) -> str | None:
    """A word of the enumeration that the table's context keeps for such a column."""
    holders = [
        module.__name__
        for module in list(sys.modules.values())
        if module.__name__.startswith("linli.")
        and any(value is table for value in vars(module).values())
    ]
    # Whoever defines it comes before whoever reads it.
    holder = min(holders, key=lambda holder: not holder.endswith("models"))
    package = holder.rpartition(".")[0]
    plain, noun = name.replace("_", ""), table.name.rpartition("_")[2]
    exact = {plain, plain.removesuffix("kind") or plain}
    kinds = [
        kind
        for module in list(sys.modules.values())
        if module.__name__.startswith(f"{package}.")
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, StrEnum)
        and kind.__name__.lower().endswith((name.rpartition("_")[2], *exact))
    ]
    kinds.sort(
        key=lambda kind: (kind.__name__.lower() not in exact, noun not in kind.__name__.lower())
    )
    return next((word.value for kind in kinds for word in kind), None)


async def _some_id(admin: AsyncConnection, table: Table, name: str, ids: Mapping[str, str]) -> str:
    if name == "id":
        return ids[table.name]
    noun = "_" + name.removesuffix("_id")
    target = _points().get(name) or next(
        (one.name for one in TABLES if one.name.endswith(noun) and has_id(one)),
        "directory_account",
    )
    found = await admin.scalar(text(f"SELECT id::text FROM {target} LIMIT 1"))  # noqa: S608
    return str(found or ids.get(target) or uuid4())


async def _borrowed(admin: AsyncConnection, table: Table, name: str) -> str:
    context = table.name.partition("_")[0]
    nearest = sorted(TABLES, key=lambda t: (not t.name.startswith(context), t.name))
    for other in nearest:
        if other is not table and name in other.c and isinstance(other.c[name].type, String):
            found = await admin.scalar(
                text(f"SELECT {name} FROM {other.name} WHERE {name} IS NOT NULL LIMIT 1")  # noqa: S608
            )
            if found is not None:
                return str(found)
    return "示例"


def _points() -> dict[str, str]:
    """Which table a column of that name refers to, as far as references say it."""
    return {
        column.name: reference.column.table.name
        for table in TABLES
        for column in table.c
        for reference in column.foreign_keys
        if isinstance(column.type, Uuid) and reference.column.name == "id"
    }


# ── as it was ──


async def keep(admin: AsyncConnection) -> None:
    """Remember how the database is."""
    await admin.execute(text("CREATE SCHEMA kept"))
    for table in TABLES:
        await admin.execute(text(f"CREATE TABLE kept.{table.name} AS TABLE public.{table.name}"))


async def put_back(admin: AsyncConnection) -> None:
    """Make the database as it was kept."""
    steps = ["SET session_replication_role = replica"]
    for table in TABLES:
        named = columns(table)
        steps.append(f"DELETE FROM public.{table.name}")  # noqa: S608
        steps.append(
            f"INSERT INTO public.{table.name} ({named}) OVERRIDING SYSTEM VALUE "  # noqa: S608
            f"SELECT {named} FROM kept.{table.name}"
        )
    steps.append("SET session_replication_role = origin")
    for step in steps:
        await admin.execute(text(step))


async def changed(admin: AsyncConnection, marks: str | None, *, but: Iterable[str]) -> list[str]:
    """The tables in which rows with these marks (None: any rows) are others than were kept."""
    found: list[str] = []
    where = "true" if marks is None else f"t::text ~ '{marks}'"
    skipped = set(but)
    for table in TABLES:
        now = f"SELECT t::text FROM public.{table.name} AS t WHERE {where}"  # noqa: S608
        kept = f"SELECT t::text FROM kept.{table.name} AS t WHERE {where}"  # noqa: S608
        gone = await admin.scalar(text(f"({kept}) EXCEPT ALL ({now}) LIMIT 1"))
        if gone is not None:
            found.append(f"{table.name}: a row was changed or is gone: {gone}")
        if table.name in skipped:
            continue
        as_json = "SELECT to_jsonb(t)::text FROM {schema}.{name} AS t WHERE {where}"
        now, kept = (
            as_json.format(schema=schema, name=table.name, where=where)
            for schema in ("public", "kept")
        )
        come = await admin.execute(text(f"({now}) EXCEPT ALL ({kept})"))
        found.extend(
            f"{table.name}: a row was added: {row}"
            for row in map(str, come.scalars())
            if marks is None or _refers(json.loads(row), re.compile(marks))
        )
    return found


def _refers(row: Row, marks: re.Pattern[str]) -> bool:
    """Whether a new row points to a marked one, or speaks on its topic.

    What somebody said may name an id they read elsewhere: kept as words it is no reference.
    """
    cells: list[Any] = []
    for cell in row.values():
        cells.extend(cast("list[Any]", cell) if isinstance(cell, list) else [cell])
    return any(
        isinstance(cell, str) and marks.search(cell) and UUID.fullmatch(cell.rpartition(":")[2])
        for cell in cells
    )


# ── what walkers know ──


async def larder(admin: AsyncConnection) -> Larder:
    """Ids and words of both counties.

    Not the names by which people sign in: who knows one may ask its owner for help with an
    incident, whatever house or county that is, and is told whom they asked.
    """
    own: dict[str, list[str]] = {}
    foreign: dict[str, list[str]] = {}
    words: dict[str, set[str]] = {}
    for table in TABLES:
        rows = await rows_of(admin, table)
        _shelve(table, rows, own, lambda one: THEIRS.id_mark not in one)
        _shelve(table, rows, foreign, lambda one: THEIRS.id_mark in one)
        for column in table.c:
            if isinstance(column.type, String) and column.name != "login":
                known = words.setdefault(column.name, set())
                said = (str(row[column.name]) for row in rows[:: max(1, len(rows) // 40)])
                known.update(BOTH.sub("", one) for one in said)
    return Larder(
        own=own,
        foreign=foreign,
        words={name: sorted(known - {"None", ""}) for name, known in words.items()},
        points={**_points(), "node_id": "directory_estate"},
    )


def _shelve(
    table: Table, rows: Sequence[Row], shelf: dict[str, list[str]], takes: Callable[[str], bool]
) -> None:
    if has_id(table):
        ids = [one for row in rows if takes(one := str(row["id"]))]
        if ids:
            shelf[table.name] = ids
