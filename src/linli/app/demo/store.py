"""The SQL of the demo's clock."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.app.demo.contracts import ClockState, Ended, Outcome, Shift, Walk
from linli.app.demo.models import clock_table, follower_table
from linli.kernel.events import event_table
from linli.sensing.devices.contracts import DeviceState
from linli.sensing.devices.models import device_table

CLOCK_MOVED = "linli_demo_clock"
ROW = 1
OF_COUNTY = "XZ%"
"""The codes of what stands in the county's estates, which the simulator plays as well."""
_c = clock_table.c
_f = follower_table.c


async def read_clock(connection: AsyncConnection, *, lock: bool = False) -> ClockState:
    """The clock's state; without a row nobody has ever moved it."""
    statement = select(clock_table).where(_c.id == ROW)
    if lock:
        statement = statement.with_for_update()
    row = (await connection.execute(statement)).first()
    return ClockState() if row is None else _state(row)


async def lock_clock(connection: AsyncConnection) -> ClockState:
    """The clock's state, ours alone until the transaction ends."""
    first = insert(clock_table).values(id=ROW, serial=0, ahead=timedelta())
    await connection.execute(first.on_conflict_do_nothing())
    return await read_clock(connection, lock=True)


async def write_shift(connection: AsyncConnection, shift: Shift) -> None:
    """Store the shift and tell every process at commit.

    Raises LookupError when it would take time back, or when somebody else was faster.
    """
    changed = await connection.execute(
        update(clock_table)
        .where(_c.id == ROW, _c.serial == shift.serial - 1, _c.ahead <= shift.ahead)
        .values(
            serial=shift.serial,
            ahead=shift.ahead,
            next_ahead=shift.next_ahead,
            next_at_machine=shift.next_at,
            held_at=shift.held_at,
        )
    )
    if changed.rowcount != 1:
        raise LookupError("the demo's clock was moved by somebody else")
    await tell(connection)


async def write_walk(connection: AsyncConnection, walk: Walk) -> None:
    """Store what was asked for, and tell."""
    await connection.execute(
        update(clock_table)
        .where(_c.id == ROW)
        .values(
            from_at=walk.from_at,
            goal_at=walk.goal_at,
            from_event=walk.from_event,
            asked_by_name=walk.asked_by_name,
            cancelled=walk.cancelled,
            outcome=None,
            words=None,
            ended_at=None,
            rang=None,
        )
    )
    await tell(connection)


async def write_end(connection: AsyncConnection, ended: Ended) -> None:
    """Store how it ended."""
    await connection.execute(
        update(clock_table)
        .where(_c.id == ROW)
        .values(
            goal_at=None,
            from_event=None,
            cancelled=False,
            outcome=ended.outcome.value,
            words=ended.words,
            ended_at=ended.ended_at,
            rang=ended.rang,
        )
    )
    await tell(connection)


async def tell(connection: AsyncConnection) -> None:
    await connection.execute(text(f"NOTIFY {CLOCK_MOVED}"))


async def follow(connection: AsyncConnection, process: str, serial: int, at: datetime) -> None:
    """Note that a process goes by this shift."""
    row = {"process": process, "serial": serial, "seen_at_machine": at}
    statement = insert(follower_table).values(row)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["process"],
            set_={
                "serial": statement.excluded.serial,
                "seen_at_machine": statement.excluded.seen_at_machine,
            },
        )
    )


async def leave(connection: AsyncConnection, process: str) -> None:
    """A process ends in order."""
    await connection.execute(delete(follower_table).where(_f.process == process))


async def forget_followers(connection: AsyncConnection, before: datetime) -> None:
    """Drop those that ended without a word."""
    await connection.execute(delete(follower_table).where(_f.seen_at_machine < before))


async def behind(connection: AsyncConnection, serial: int, since: datetime) -> list[str]:
    """The living processes (seen since then) that do not go by this shift yet."""
    found = await connection.execute(
        select(_f.process).where(_f.serial < serial, _f.seen_at_machine >= since)
    )
    return sorted(found.scalars())


async def keep_heard(connection: AsyncConnection, played: Collection[str], by: timedelta) -> None:
    """Devices that the simulator does not play live in real time: for them none has passed.

    Those that are there stay as long silent as they were before the step.
    """
    d = device_table.c
    await connection.execute(
        update(device_table)
        .where(d.code.not_in(played), d.code.not_like(OF_COUNTY))
        .where(d.state == DeviceState.ONLINE.value)
        .values(last_seen_at=d.last_seen_at + by)
    )


async def events_named(connection: AsyncConnection, name: str, after: int) -> int:
    """How many events of a name were recorded after this one."""
    e = event_table.c
    counted = select(func.count()).where(e.name == name, e.id > after)
    return int(await connection.scalar(counted) or 0)


async def newest_event(connection: AsyncConnection) -> int:
    """The id of the event recorded last."""
    return int(await connection.scalar(select(func.max(event_table.c.id))) or 0)


_UNHANDLED = text(
    "SELECT EXISTS (SELECT FROM kernel_event WHERE event_offset IS NULL) OR EXISTS ("
    " SELECT FROM unnest(CAST(:consumers AS text[]), CAST(:names AS text[])) AS r(consumer, name)"
    " JOIN kernel_event_consumer c ON c.name = r.consumer"
    " JOIN kernel_event e ON e.name = r.name AND e.event_offset > c.event_offset)"
)


async def unhandled(connection: AsyncConnection, reactions: dict[str, str]) -> bool:
    """Whether an event still waits for a handler; `reactions` is event name by consumer."""
    asked = {"consumers": list(reactions), "names": list(reactions.values())}
    return bool(await connection.scalar(_UNHANDLED, asked))


def _state(row: Row[Any]) -> ClockState:
    shift = Shift(
        serial=row.serial,
        ahead=row.ahead,
        next_ahead=row.next_ahead,
        next_at=row.next_at_machine,
        held_at=row.held_at,
    )
    walk = ended = None
    if row.goal_at is not None:
        walk = Walk(
            from_at=row.from_at,
            goal_at=row.goal_at,
            from_event=row.from_event,
            asked_by_name=row.asked_by_name,
            cancelled=row.cancelled,
        )
    elif row.outcome is not None:
        ended = Ended(
            from_at=row.from_at,
            ended_at=row.ended_at,
            outcome=Outcome(row.outcome),
            words=row.words,
            rang=row.rang,
        )
    return ClockState(shift=shift, walk=walk, ended=ended)
