"""What counts as the database being away, and so as nobody's fault."""

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from linli.app.listening import DRIVER_AWAY, LONGEST_WAIT_S, growing, is_away, is_collision
from linli.kernel.database import engine_for
from linli.kernel.work import Workshop


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        PoolTimeout(),
        asyncpg.CannotConnectNowError(),
        asyncpg.AdminShutdownError(),
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.TooManyConnectionsError(),
        asyncpg.InternalClientError("another operation is in progress"),
    ],
)
def test_a_database_that_starts_stops_or_is_full_is_away(error: Exception) -> None:
    assert is_away(error)
    assert isinstance(error, DRIVER_AWAY)


async def test_nobody_at_the_address_is_away() -> None:
    engine = engine_for("postgresql://linli_app:x@127.0.0.1:9/linli")
    with pytest.raises(DRIVER_AWAY) as caught:
        async with engine.connect():
            pass
    assert is_away(caught.value)
    await engine.dispose()


async def test_a_wrong_statement_is_a_fault_of_ours(
    workshops: tuple[Workshop, Workshop],
) -> None:
    for statement in ("SELECT 1 / 0", "SELECT nothing", "DROP TABLE kernel_event"):
        with pytest.raises(DBAPIError) as caught:
            async with workshops[0].work() as work:
                await work.connection.execute(text(statement))
        assert not is_away(caught.value)
        assert not is_collision(caught.value)
    assert not is_away(KeyError())


async def test_a_cut_connection_is_away(workshops: tuple[Workshop, Workshop]) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with workshops[0].work() as work:
            await work.connection.execute(
                text("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)")
            )
    assert is_away(caught.value)


def test_waits_grow_and_end_growing() -> None:
    wait_s = 0.05
    for _ in range(20):
        wait_s = growing(wait_s)
    assert wait_s == LONGEST_WAIT_S
