"""Tallies that contexts contribute: what waits for somebody, and the figures of a place.

A context says in its `tallies.py` what of its records is counted, estate by estate, and what the
list behind the number shows. A screen puts them together for whoever asks; as the same rows are
counted at every level, the figures of the parts add up to the figure of the whole.

    TALLIES = (Tally(code="orders.active", title="进行中的工单", ...),)
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import GenerativeSelect


class TallyKind(StrEnum):
    """Whether somebody has to act (`waits`), or it is a figure of the place."""

    WAITS = "waits"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, from where, and about which estates (those where the tally's right holds).

    `organisation_id` is the asker's own; `organisations` are those at and below what they hold
    the tally's right for.
    """

    account_id: UUID
    organisation_id: UUID
    organisations: frozenset[UUID]
    estates: frozenset[UUID]
    now: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """Something that is counted.

    `needs` is the permission without which nobody is told. `counted` selects `estate_id` and
    `total`; `estate_id` is NULL where the matter belongs to a person and not to an estate.
    `listed` selects `id`, `title`, `detail`, `at` and `estate_id` of the same rows, the most
    urgent first. `opens` is the address of one of them, with `{id}`; without `listed` it is the
    page that holds the whole list. `good` says whether a high number is good, bad, or neither.
    """

    code: str
    title: str
    kind: TallyKind
    needs: str
    opens: str
    counted: Callable[[Asker], GenerativeSelect]
    listed: Callable[[Asker], GenerativeSelect] | None = None
    good: bool | None = None
