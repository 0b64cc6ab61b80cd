"""Purposes that contexts contribute: why something about people is kept, and until when.

A context says in its `retention.py` what it keeps for which purpose, how long, and how it is
forgotten; one chore forgets it all and reports.

    PURPOSES = (Purpose(code="messages", title="已发送的消息", ...),)
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from linli.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Purpose:
    """Something kept for a purpose.

    `why` is the purpose and `law` where the term comes from, both as a person may read them.
    `days` is the term; an installation may choose another from `least` (what a law demands) on.
    `forget(work, before)` deletes what is older and answers how many records went.
    """

    code: str
    title: str
    why: str
    law: str
    days: int
    forget: Callable[[Work, datetime], Awaitable[int]]
    least: int = 1
