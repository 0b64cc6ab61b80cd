"""The hub of one web process: which sessions hear which topics, and what waits for each."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from linli.app.live import wire
from linli.kernel.events import RecordedEvent

MOST_WAITING = 1000
# After these the account's rights or session may be others than those the stream was opened with.
ABOUT_RIGHTS = frozenset({"grant_changed", "session_ended"})


@dataclass(slots=True, eq=False)
class LiveSession:
    """One open stream: its topics, and the frames that wait for its browser.

    While `rights_changes` is ahead of `rights_known` nobody knows what it may hear: it hears
    nothing until its stream has looked.
    """

    account_id: UUID
    topics: frozenset[str]
    frames: deque[bytes] = field(default_factory=deque[bytes])
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    overflowed: bool = False
    rights_changes: int = 0
    rights_known: int = 0
    closing: bool = False

    @property
    def in_doubt(self) -> bool:
        return self.rights_changes != self.rights_known


class Hub:
    """Hands stamped events to the sessions that may know of them, each event once, in order."""

    def __init__(self, *, most_waiting: int = MOST_WAITING) -> None:
        self._by_topic: dict[str, set[LiveSession]] = defaultdict(set)
        self._sessions: set[LiveSession] = set()
        self._most_waiting = most_waiting
        self._closed = False
        self.position = 0
        self.ready = asyncio.Event()

    @property
    def sessions(self) -> int:
        """How many streams are open."""
        return len(self._sessions)

    @property
    def closed(self) -> bool:
        return self._closed

    def begin(self, position: int) -> None:
        """Everything up to `position` is the past: sessions read it from the table."""
        self.position = position
        self.ready.set()

    def join(self, account_id: UUID, topics: frozenset[str]) -> LiveSession:
        """Open a session; from now on it misses nothing after `position`."""
        session = LiveSession(account_id=account_id, topics=topics, closing=self._closed)
        self._sessions.add(session)
        self._index(session)
        return session

    def leave(self, session: LiveSession) -> None:
        self._sessions.discard(session)
        self._forget(session)

    def move(self, session: LiveSession, topics: frozenset[str]) -> None:
        """Give the session other topics, at once."""
        self._forget(session)
        session.topics = topics
        self._index(session)

    def take(self, session: LiveSession) -> bytes:
        """What waits for the session, and nothing waits any more."""
        if session.overflowed:
            session.overflowed = False
            session.frames.clear()
            return wire.reset(self.position)
        waiting = b"".join(session.frames)
        session.frames.clear()
        return waiting

    def hand_out(self, events: Iterable[RecordedEvent]) -> None:
        """Put each event's frame before the sessions that hear it, and wake them."""
        for event in events:
            if event.offset <= self.position:
                continue
            hearing = {
                session for topic in event.topics for session in self._by_topic.get(topic, ())
            }
            if hearing:
                self._put(event, hearing)
            self.position = event.offset

    def close(self) -> None:
        """End all streams; their browsers reconnect elsewhere and catch up."""
        self._closed = True
        self.ready.set()
        for session in self._sessions:
            session.closing = True
            session.wake.set()

    def _put(self, event: RecordedEvent, hearing: set[LiveSession]) -> None:
        frame = wire.frame(event)
        about_rights = event.name in ABOUT_RIGHTS
        for session in hearing:
            if not session.in_doubt:
                self._append(session, frame)
            if about_rights and f"account:{session.account_id}" in event.topics:
                session.rights_changes += 1
            session.wake.set()

    def _append(self, session: LiveSession, frame: bytes) -> None:
        if len(session.frames) < self._most_waiting:
            session.frames.append(frame)
        else:
            session.overflowed = True
            session.frames.clear()

    def _index(self, session: LiveSession) -> None:
        for topic in session.topics:
            self._by_topic[topic].add(session)

    def _forget(self, session: LiveSession) -> None:
        for topic in session.topics:
            hearing = self._by_topic.get(topic)
            if hearing is not None:
                hearing.discard(session)
                if not hearing:
                    del self._by_topic[topic]
