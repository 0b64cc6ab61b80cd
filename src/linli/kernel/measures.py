"""Measures of completeness that contexts contribute: what should be known, and where it is not.

A context says in its `measures.py` what its records should hold; screens count and add up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import GenerativeSelect


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that records should hold.

    `weight` is how much it counts in the score. `counted(now, estate)` selects `estate_id`, `total`
    and `have` for every estate, or for the one given. `lacking(now, estate)` selects `id` and
    `title` of the records without it; `opens` says what such a record is (`person`, `place`,
    `facility`, `vehicle`, `enterprise`, `device`). `needs` is the permission to see the list.
    """

    code: str
    title: str
    group: str
    weight: int
    needs: str
    opens: str
    counted: Callable[[datetime, UUID | None], GenerativeSelect]
    lacking: Callable[[datetime, UUID], GenerativeSelect]
