"""A vision node run by a test."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from tests.support.vision_platform import PlatformStand

from linli.sensing.vision.node.node import Node

Found = TypeVar("Found")


@asynccontextmanager
async def running(stand: PlatformStand, folder: Path) -> AsyncGenerator[Node]:
    node = Node(stand.settings(folder))
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(node.run(stop))
        await node.ready.wait()
        try:
            yield node
        finally:
            stop.set()


async def eventually(look: Callable[[], Awaitable[Found | None]], patience: float = 60.0) -> Found:
    """Ask another process again and again; there is nothing to wait on."""
    async with asyncio.timeout(patience):
        while (found := await look()) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        return found
