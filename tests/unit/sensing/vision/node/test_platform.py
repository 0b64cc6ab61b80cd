"""What a node learns of time from the platform's answers."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from linli.sensing.vision.node.platform import Platform
from linli.sensing.vision.node.settings import NodeSettings

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


async def answered(headers: dict[str, str], folder: Path) -> tuple[float | None, float]:
    """Ask a platform on loopback that answers "nothing new" with these headers."""
    lines = [f"{name}: {value}" for name, value in headers.items()]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = "\r\n".join(["HTTP/1.1 304 Not Modified", *lines, "Connection: close", "", ""])
        writer.write(head.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = NodeSettings(
        platform=f"http://127.0.0.1:{port}", mqtt="mqtt://127.0.0.1:9", connection="node",
        token="t" * 32, folder=folder,
    )  # fmt: skip
    async with server, Platform(settings) as platform:
        found = await platform.plan('"1"', NOW.timestamp())
    return found.clock_ahead_s, found.demo_ahead_s


DATE = format_datetime(NOW, usegmt=True)


async def test_a_plain_installation_moves_no_time(tmp_path: Path) -> None:
    ahead, demo = await answered({"Date": DATE}, tmp_path)
    assert ahead == pytest.approx(-0.5)
    assert demo == 0.0


async def test_a_demonstration_ahead_of_its_machine_takes_the_node_along(tmp_path: Path) -> None:
    moved = NOW + timedelta(hours=13)
    ahead, demo = await answered({"Date": DATE, "Linli-Time": moved.isoformat()}, tmp_path)
    assert ahead == pytest.approx(-0.5)
    assert demo == pytest.approx(13 * 3600, abs=1)


async def test_what_a_date_rounds_off_moves_nothing(tmp_path: Path) -> None:
    same = NOW + timedelta(milliseconds=900)
    _, demo = await answered({"Date": DATE, "Linli-Time": same.isoformat()}, tmp_path)
    assert demo == 0.0


async def test_nonsense_moves_nothing(tmp_path: Path) -> None:
    ahead, demo = await answered({"Date": "heute", "Linli-Time": "bald"}, tmp_path)
    assert (ahead, demo) == (None, 0.0)
