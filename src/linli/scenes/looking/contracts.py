"""What is unusual about looking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Oddity(StrEnum):
    """In what way somebody looked unusually."""

    MANY = "many"
    NIGHT = "night"


ODDITY_TITLES: Mapping[Oddity, str] = {
    Oddity.MANY: "短时间大量查看",
    Oddity.NIGHT: "夜间大量查看",
}


@dataclass(frozen=True, slots=True)
class Unusual:
    """An account read about `persons` different people from `from_` to `to`.

    `estate_id` is where most of them belong; `day` is the day (or the evening's, for a night) in
    Shanghai: there is one of a kind for each account and day.
    """

    oddity: Oddity
    account_id: UUID
    estate_id: UUID
    persons: int
    day: date
    from_: datetime
    to: datetime
