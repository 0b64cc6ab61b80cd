"""What the quarantine asks of the intake."""

from dataclasses import dataclass
from typing import Protocol

from linli.kernel.work import Work
from linli.sensing.quarantine.contracts import HeldMessage


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a replay; when it failed again, the new reason."""

    accepted: bool
    reason: str = ""
    reason_title: str = ""
    words: str = ""


class Replay(Protocol):
    """The intake: takes a held message as if it had just come in by its connection."""

    async def replay(self, work: Work, message: HeldMessage) -> Replayed:
        """Decode, record and judge the message within this unit of work.

        `message.received_at` stays its time of receipt. Never holds the message again itself.
        """
        ...
