"""Hand a camera's still to linli before the event that speaks of it."""

import asyncio
import json
from dataclasses import dataclass
from typing import cast
from urllib.parse import SplitResult, urlsplit

from linli_simulator.registration import Account

PATIENCE = 5.0
LONGEST_ANSWER = 65_536
GOOD = range(200, 300)


@dataclass(frozen=True, slots=True)
class EvidenceDoor:
    """linli's `POST /device/v1/file`: the picture as the body, the file's id in the answer."""

    url: str

    async def upload(self, account: Account, jpeg: bytes) -> str | None:
        """Upload one picture; the file's id, or nothing when linli cannot take it within 5 s."""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await _exchange(urlsplit(self.url), account, jpeg)
        except (OSError, ValueError):  # nobody there, too slow, or no URL
            return None
        return _file_id(answer)


async def _exchange(url: SplitResult, account: Account, jpeg: bytes) -> bytes:
    # A thread with a blocking client would outlive SIGTERM; this ends with its task.
    secure = url.scheme == "https"
    host, port = url.hostname or "", url.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(host, port, ssl=secure or None)
    try:
        head = (
            f"POST {url.path}/device/v1/file HTTP/1.1\r\n"
            f"Host: {url.netloc}\r\n"
            f"Authorization: Bearer {account.username}:{account.token}\r\n"
            "Content-Type: image/jpeg\r\n"
            f"Content-Length: {len(jpeg)}\r\n"
            "Connection: close\r\n\r\n"
        )
        writer.write(head.encode() + jpeg)
        answer = bytearray()
        while len(answer) < LONGEST_ANSWER and (piece := await reader.read(LONGEST_ANSWER)):
            answer += piece
        return bytes(answer)
    finally:
        writer.close()


def _file_id(answer: bytes) -> str | None:
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)
    try:
        if int(status[1]) not in GOOD:
            return None
        # Whether the body comes whole or in chunks, the object is all of it that has braces.
        said: object = json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])
    except (ValueError, IndexError):
        return None
    file_id = cast("dict[str, object]", said).get("id") if isinstance(said, dict) else None
    return file_id if isinstance(file_id, str) else None
