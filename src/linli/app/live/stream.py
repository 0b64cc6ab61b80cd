"""One browser's live stream, from its first frame to its last."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import structlog
from fastapi import Request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from linli.app.listening import DRIVER_AWAY, is_away
from linli.app.live import wire
from linli.app.live.follow import missed
from linli.app.live.hub import Hub, LiveSession
from linli.kernel.errors import Refusal
from linli.kernel.scope import Scope
from linli.kernel.web import Door

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a stream speaks, and how often it asks whether its session still holds."""

    beat_s: float = 5.0
    look_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Live:
    """What streams need: the hub, a way to read what was missed, and the door."""

    hub: Hub
    engine: AsyncEngine
    door: Door
    pace: Pace


async def scope_of(door: Door, request: Request) -> Scope:
    """What the request's session reaches now. Raises what the door raises."""
    async with door.enter(request) as work:
        return work.scope


class Stream:
    """One browser's stream, from its first frame to its last."""

    def __init__(
        self, live: Live, request: Request, session: LiveSession, *, after: int | None
    ) -> None:
        self._live = live
        self._request = request
        self._session = session
        self._after = after
        self._begin = live.hub.position

    async def frames(self) -> AsyncGenerator[bytes]:
        hub, session = self._live.hub, self._session
        try:
            if self._after is not None:
                topics = session.topics
                upto = self._begin
                past = missed(self._live.engine, topics, after=self._after, upto=upto)
                async with aclosing(past) as frames:
                    async for frame in frames:
                        yield frame
            yield wire.joined(self._begin)
            look_at = self._now() + self._live.pace.look_s
            while not session.closing:
                woken = await self._wait()
                waiting = hub.take(session)
                if waiting:
                    yield waiting
                elif not woken:
                    yield wire.BEAT
                if session.in_doubt or self._now() >= look_at:
                    said = await self._look_again()
                    look_at = self._now() + self._live.pace.look_s
                    if said is None:
                        yield wire.signed_out()
                        return
                    if said:
                        yield said
        finally:
            hub.leave(session)

    async def _wait(self) -> bool:
        """Wait for something to say; False when it is only time to beat."""
        session = self._session
        try:
            async with asyncio.timeout(self._live.pace.beat_s):
                await session.wake.wait()
        except TimeoutError:
            return False
        session.wake.clear()
        return True

    async def _look_again(self) -> bytes | None:
        """Whether the session still holds; its new topics take force at once.

        None: it does not. Otherwise what to say: nothing, or `reset` when its rights may have
        changed, because what happened since then was not handed to it.
        """
        session, hub = self._session, self._live.hub
        doubtful, changes = session.in_doubt, session.rights_changes
        try:
            scope = await scope_of(self._live.door, self._request)
        except Refusal:
            return None
        except (DBAPIError, *DRIVER_AWAY) as error:
            if not is_away(error):
                raise
            log.warning("live_session_not_looked_up", error=repr(error))
            return b""
        if scope.account_id != session.account_id:
            return None
        topics = wire.topics_of(scope)
        changed = topics != session.topics
        if changed and not scope.permissions() and not scope.incidents:
            return None
        hub.move(session, topics)
        session.rights_known = changes
        return wire.reset(hub.position) if changed or doubtful else b""

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
