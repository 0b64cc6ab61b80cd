"""Many rows in one statement arrive as they were given, whatever they hold."""

from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import Column, Date, Integer, LargeBinary, MetaData, Table, Text, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from tests.support.stage import Stage

from linli.kernel.database import Id, Moment, insert_rows, plan_for_many

things = Table(
    "kernel_thing",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("number", Integer),
    Column("words", ARRAY(Text)),
    Column("others", ARRAY(Id), nullable=False),
    Column("sealed", LargeBinary),
    Column("day", Date),
    Column("at", Moment),
    prefixes=["TEMPORARY"],
)
NASTY = (
    '"',
    "\\",
    '\\"',
    "{",
    "}",
    ",",
    "",
    " ",
    "NULL",
    "null",
    "'",
    "；独居老人",
    "a\nb",
    "%s",
    ":x",
)


def row(number: int, **said: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "id": UUID(int=number),
        "number": number,
        "words": list(NASTY),
        "others": [UUID(int=number), UUID(int=number + 1)],
        "sealed": bytes(range(256)),
        "day": date(1931, 2, 28),
        "at": datetime(2026, 11, 23, 8, 0, 0, 1, tzinfo=UTC),
    }
    return usual | said


async def test_rows_arrive_as_they_were_given(stage: Stage) -> None:
    connection = stage.connection
    await connection.run_sync(things.create)
    rows: list[dict[str, object]] = [
        row(0, words=None),
        row(1),
        row(2, words=[], others=[], sealed=b""),
        row(3, words=["NULL", None], sealed=None, day=None, at=None),
        *(row(4 + n, words=[one, one]) for n, one in enumerate(NASTY)),
    ]
    await insert_rows(connection, things, rows)
    assert await connection.scalar(
        text("SELECT words[2] IS NULL FROM kernel_thing WHERE words[1] = 'NULL'")
    )
    found = await connection.execute(select(things).order_by(things.c.id))
    assert [dict(one) for one in found.mappings()] == rows


async def test_no_rows_are_no_statement(stage: Stage) -> None:
    await insert_rows(stage.connection, things, [])


async def test_planning_for_many_ends_with_the_transaction(stage: Stage) -> None:
    usual = await stage.connection.scalar(text("SHOW enable_seqscan"))
    async with stage.connection.begin_nested() as inner:
        await plan_for_many(stage.connection)
        assert await stage.connection.scalar(text("SHOW enable_seqscan")) == "off"
        assert await stage.connection.scalar(text("SHOW plan_cache_mode")) == "force_custom_plan"
        await inner.rollback()
    assert await stage.connection.scalar(text("SHOW enable_seqscan")) == usual
