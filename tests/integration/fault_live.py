"""A live page that stays, whatever happens to its stream: it goes on from the last offset."""

import asyncio
import contextlib
import json
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

AGAIN_AFTER_S = 0.2
SPEAKS_WITHIN_S = 15.0


@dataclass(slots=True)
class LivePage:
    """Every change of an incident that it was told, as (incident, version), in order."""

    url: str
    cookies: httpx.Cookies
    position: int | None = None
    changes: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    offsets: list[int] = field(default_factory=list[int])
    connections: int = 0
    resets: int = 0
    listens: bool = False
    refused: Counter[int] = field(default_factory=Counter[int])
    joined: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Listen for ever."""
        timeout = httpx.Timeout(SPEAKS_WITHIN_S)
        async with httpx.AsyncClient(
            base_url=self.url, cookies=self.cookies, timeout=timeout
        ) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    await self._stream(client)
                self.listens = False
                await asyncio.sleep(AGAIN_AFTER_S)

    async def _stream(self, client: httpx.AsyncClient) -> None:
        headers = {} if self.position is None else {"Last-Event-ID": str(self.position)}
        async with client.stream("GET", "/api/live", headers=headers) as answer:
            if answer.status_code != HTTPStatus.OK:
                self.refused[answer.status_code] += 1
                return
            self.connections += 1
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                if line:
                    name, _, value = line.partition(":")
                    fields[name] = value.strip()
                elif fields.get("event"):
                    self._take(fields)
                    fields = {}

    def _take(self, fields: dict[str, str]) -> None:
        position, name = int(fields["id"]), fields["event"]
        if name == "reset":
            self.resets += 1
        elif name == "joined":
            self.joined.set()
            self.listens = True
        else:
            self.offsets.append(position)
            if name == "incident_changed":
                body = json.loads(fields["data"])
                self.changes.append((body["incident_id"], body["version"]))
        self.position = position
