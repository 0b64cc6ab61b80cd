"""When looking is unusual. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from linli.kernel.time import SHANGHAI
from linli.scenes.looking.contracts import Oddity, Unusual
from linli.support.looks.contracts import PersonSeen

# In force since 2026-11-23. A duty officer opens about ten records in a busy hour.
MANY_WITHIN = timedelta(hours=1)
MANY_PERSONS = 40
NIGHT_BEGINS = time(22, 0)
NIGHT_ENDS = time(6, 0)
NIGHT_PERSONS = 15
# How far back has to be read so that no window is cut.
READ_BACK = timedelta(hours=10)


def unusual(seen: Iterable[PersonSeen]) -> tuple[Unusual, ...]:
    """Everything unusual among readings in order of time, at most one of a kind a day each."""
    by_account: dict[UUID, list[PersonSeen]] = {}
    for one in seen:
        by_account.setdefault(one.account_id, []).append(one)
    found: list[Unusual] = []
    for looks in by_account.values():
        found += _many(looks)
        found += _at_night(looks)
    return tuple(found)


def night_of(at: datetime) -> date | None:
    """The evening to whose night a moment belongs; None by day."""
    local = at.astimezone(SHANGHAI)
    if local.time() >= NIGHT_BEGINS:
        return local.date()
    if local.time() < NIGHT_ENDS:
        return local.date() - timedelta(days=1)
    return None


def words_of(odd: Unusual) -> str:
    """What the incident says. It names nobody: who it was stands where few may look."""
    begins, ends = (at.astimezone(SHANGHAI) for at in (odd.from_, odd.to))
    span = f"{begins:%m月%d日 %H:%M}—{ends:%H:%M}"
    how = "夜间" if odd.oddity is Oddity.NIGHT else ""
    return f"有账号{how}查看了 {odd.persons} 人的完整资料（{span}），请数据管理员在“谁看过”核对原因"


def _many(looks: Sequence[PersonSeen]) -> Iterable[Unusual]:
    """The fullest window of each day that reaches the limit."""
    fullest: dict[date, tuple[int, int, int]] = {}
    inside: Counter[UUID] = Counter()
    first = 0
    for last, look in enumerate(looks):
        inside[look.person_id] += 1
        while look.at - looks[first].at > MANY_WITHIN:
            gone = looks[first].person_id
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            first += 1
        persons = len(inside)
        day = look.at.astimezone(SHANGHAI).date()
        if persons >= MANY_PERSONS and persons > fullest.get(day, (0, 0, 0))[0]:
            fullest[day] = (persons, first, last)
    for day, (_, begin, end) in fullest.items():
        yield _told(Oddity.MANY, day, looks[begin : end + 1])


def _at_night(looks: Sequence[PersonSeen]) -> Iterable[Unusual]:
    nights: dict[date, list[PersonSeen]] = {}
    for look in looks:
        night = night_of(look.at)
        if night is not None:
            nights.setdefault(night, []).append(look)
    for night, its in nights.items():
        if len({look.person_id for look in its}) >= NIGHT_PERSONS:
            yield _told(Oddity.NIGHT, night, its)


def _told(oddity: Oddity, day: date, looks: Sequence[PersonSeen]) -> Unusual:
    estates: Mapping[UUID, int] = Counter(look.estate_id for look in looks)
    return Unusual(
        oddity=oddity,
        account_id=looks[0].account_id,
        estate_id=max(estates, key=lambda one: (estates[one], one)),
        persons=len({look.person_id for look in looks}),
        day=day,
        from_=looks[0].at,
        to=looks[-1].at,
    )
