"""Figures of places that contexts contribute, record by record: screens count them at every level.

A context says in its `figures.py` which of its records are counted and where each of them lies. As
the same records are counted for a home, a building, an estate, a community and the county, and
listed behind each number, the parts add up to the whole and the list is as long as the number says.

    FIGURES = (Figure(code="devices.offline", title="离线", records=_offline, ...),)
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import GenerativeSelect


class Tone(StrEnum):
    """What a number above zero means; `plain` means nothing but how much there is."""

    PLAIN = "plain"
    OK = "ok"
    NOTICE = "notice"
    WARNING = "warning"
    DANGER = "danger"
    CRITICAL = "critical"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that is counted where it lies.

    `records(now)` selects `id`, `estate_id`, `place_id` (NULL: nobody said where), `title`,
    `words` (what stands beside the title) and `at` (since when), all labelled so. `opens` says
    what a record is: `incident`, `device`, `person`, `key_person`, `place`, `facility`. `needs` is
    the permission for the estate without which nobody is told. What is `steady` changes slowly and
    is counted now and then for levels above an estate; everything else is counted when asked.
    """

    code: str
    title: str
    unit: str
    group: str
    needs: str
    opens: str
    records: Callable[[datetime], GenerativeSelect]
    tone: Tone = Tone.PLAIN
    steady: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """How long something took, record by record.

    `spans(since, now)` selects `estate_id`, `place_id` and `seconds` of what began since then.
    """

    code: str
    title: str
    needs: str
    spans: Callable[[datetime, datetime], GenerativeSelect]


@dataclass(frozen=True, slots=True)
class Flow:
    """Something that happens again and again.

    `moments(since, now)` selects `estate_id`, `place_id` and `at` of each time.
    """

    code: str
    title: str
    needs: str
    moments: Callable[[datetime, datetime], GenerativeSelect]
