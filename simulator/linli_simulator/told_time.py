"""What time it is by linli: a demonstration's clock may be ahead of the wall's."""

import asyncio
import time
from datetime import datetime
from urllib.parse import urlsplit

PATIENCE = 5.0
LONGEST_ANSWER = 65_536
HEADER = b"linli-time:"
# Less is the way of the answer, or two machines' clocks.
LEAST = 2.0


async def ahead_of_wall(url: str) -> float:
    """Seconds by which linli's clock is ahead of ours; 0 when it says nothing of it."""
    try:
        async with asyncio.timeout(PATIENCE):
            head = await _head(url)
    except (OSError, ValueError):  # nobody there, too slow, or no URL
        return 0.0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(HEADER):
            told = line[len(HEADER) :].decode("ascii", "replace").strip()
            try:
                ahead = datetime.fromisoformat(told).timestamp() - time.time()
            except ValueError:
                return 0.0
            return ahead if ahead >= LEAST else 0.0
    return 0.0


async def _head(url: str) -> bytes:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(host, port, ssl=secure or None)
    try:
        writer.write(
            f"GET {parts.path}/healthz HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return b""
    finally:
        writer.close()
    return head[:LONGEST_ANSWER]
