"""Listening to PostgreSQL's NOTIFY: it only wakes, and it survives every cut.

A notification may get lost with its connection, so after each new connection everybody is woken
once and looks for themselves.
"""

import asyncio
from collections.abc import Callable, Mapping

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0
CONNECT_S = 5.0
# A half-open connection says nothing, so it is asked whether it still lives.
ASK_EVERY_S = 10.0
ANSWER_S = 5.0

log = structlog.get_logger()

# What the driver raises when the database is away: the work is sound and may be tried again.
# The driver's own errors come bare when a connection is being made.
DRIVER_AWAY = (
    OSError,
    TimeoutError,
    PoolTimeout,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What the driver says of itself when a connection is cut while it speaks.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
SHUTTING_DOWN = frozenset({"57P01", "57P02", "57P03", "53300"})
# Two transactions were in each other's way and one was chosen to fail.
COLLISION = frozenset({"40001", "40P01"})


def is_away(error: BaseException) -> bool:
    """Whether the error means that the database cannot be reached now, through no fault of ours."""
    if isinstance(error, DBAPIError):
        return (
            error.connection_invalidated
            or isinstance(error.orig, OSError)
            or getattr(error.orig, "sqlstate", None) in SHUTTING_DOWN
        )
    return isinstance(error, DRIVER_AWAY)


def is_collision(error: BaseException) -> bool:
    """Whether the same work, done again, may well succeed."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in COLLISION


def growing(wait_s: float) -> float:
    """The next wait after one that was not long enough."""
    return min(wait_s * 2, LONGEST_WAIT_S)


async def listen(engine: AsyncEngine, wakers: Mapping[str, Callable[[], None]]) -> None:
    """Call `wakers[channel]` at each NOTIFY on its channel, for ever, on a connection of its own.

    Every waker is also called once after each (re)connection.
    """
    dsn = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    wait_s = FIRST_WAIT_S
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=CONNECT_S)
            try:
                await _follow(connection, wakers)
            finally:
                connection.terminate()
        except (*DRIVER_AWAY, asyncpg.PostgresError) as error:
            log.warning("listening_cut", error=repr(error), again_in_s=wait_s)
        else:
            wait_s = FIRST_WAIT_S
        await asyncio.sleep(wait_s)
        wait_s = growing(wait_s)


async def _follow(
    connection: "asyncpg.Connection[asyncpg.Record]", wakers: Mapping[str, Callable[[], None]]
) -> None:
    """Listen until the connection is cut."""
    cut = asyncio.Event()
    connection.add_termination_listener(lambda _: cut.set())
    for channel, wake in wakers.items():
        await connection.add_listener(channel, _calling(wake))
    for wake in wakers.values():
        wake()
    while not cut.is_set():
        try:
            async with asyncio.timeout(ASK_EVERY_S):
                await cut.wait()
        except TimeoutError:
            await connection.execute("SELECT 1", timeout=ANSWER_S)


def _calling(wake: Callable[[], None]) -> Callable[[object, int, str, object], None]:
    def call(_connection: object, _pid: int, _channel: str, _payload: object) -> None:
        wake()

    return call
