"""Opening balances over HTTP. Amounts travel in fen."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.directory.balances import policy, service
from linli.directory.balances.contracts import (
    SIDE_TITLES,
    BalanceOrder,
    BalanceSearch,
    OpeningBalance,
    Side,
)
from linli.directory.places.contracts import Place
from linli.directory.places.public import places_inside, places_named
from linli.kernel.money import fen_of, yuan_said
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.support.sheets.public import Agreed, Column, Filter, as_file

api = router("/api/opening-balances", tag="balances")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class BalanceView(Shape):
    """What a home owed (above zero) or had paid ahead (below), in fen.

    `corrects`: the line that this one corrects; `comes_to`: the line with its corrections.
    """

    id: UUID
    estate_id: UUID
    home_id: UUID
    home_title: str
    item: str
    since: date | None
    until: date | None
    fen: int
    side: Side
    side_title: str
    as_of: date
    note: str
    corrects: UUID | None
    comes_to: int
    source_title: str
    entered_by: str
    entered_at: AwareDatetime
    may_correct: bool


class BalancePage(Shape):
    """Lines of one page; `total`, `homes` and the amounts are of all that match."""

    items: tuple[BalanceView, ...]
    next_cursor: str | None
    total: int
    homes: int
    owed: int
    prepaid: int
    together: int


class CorrectBody(Shape):
    """The right amount in yuan as people write it (`1234.50`), and why."""

    amount: Annotated[str, Field(min_length=1, max_length=30)]
    reason: Annotated[str, Field(max_length=policy.LONGEST_NOTE)]


@api.get("")
async def list_opening_balances(
    work: CurrentWork,
    *,
    estate_id: UUID | None = None,
    place_id: UUID | None = None,
    item: Annotated[str | None, Query(max_length=policy.LONGEST_ITEM)] = None,
    side: Side | None = None,
    sort: BalanceOrder = BalanceOrder.ENTERED_DOWN,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> BalancePage:
    """What homes owed at the change-over. `place_id`: of a building, an entrance or a home."""
    require(work, service.SEE)
    inside = tuple(await places_inside(work, place_id)) if place_id else None
    search = BalanceSearch(
        estate_id=estate_id, home_ids=inside, item=item or None, side=side, order=sort
    )
    lines, sums = await service.find(work, search, most=limit, skip=cursor)
    homes = await places_named(work, {one.home_id for one in lines})
    return BalancePage(
        items=tuple(_view(work, one, homes) for one in lines),
        next_cursor=str(cursor + limit) if cursor + limit < sums.lines else None,
        total=sums.lines,
        homes=sums.homes,
        owed=sums.owed,
        prepaid=sums.prepaid,
        together=sums.together,
    )


as_file(
    api,
    list_opening_balances,
    "期初欠费",
    (
        Column("房屋", lambda row: row.home_title),
        Column("费用项目", lambda row: row.item),
        Column("账期从", lambda row: row.since),
        Column("账期到", lambda row: row.until),
        Column("欠费金额", lambda row: yuan_said(row.fen)),
        Column("性质", lambda row: row.side_title),
        Column("截止日期", lambda row: row.as_of),
        Column("备注", lambda row: row.note),
        Column("来源", lambda row: row.source_title),
        Column("登记人", lambda row: row.entered_by),
        Column("登记时间", lambda row: row.entered_at),
    ),
    personal=True,
    agreed=Agreed(
        service.SEE,
        {"item": Filter("费用项目"), "side": Filter("性质", SIDE_TITLES.__getitem__)},
    ),
)


@api.get("/items")
async def list_items(work: CurrentWork, estate_id: UUID | None = None) -> Sequence[str]:
    """What the lines in sight are for, by name."""
    require(work, service.SEE)
    return await service.items(work, estate_id)


@api.post("/{balance_id}/correct")
async def correct(work: CurrentWork, balance_id: UUID, body: CorrectBody) -> BalanceView:
    """Let the line come to the right amount by one more line. 422 names the field."""
    require(work, service.MANAGE)
    line = await service.correct(work, balance_id, fen_of(body.amount), body.reason)
    return _view(work, line, await places_named(work, {line.home_id}))


def _view(work: Work, one: OpeningBalance, homes: Mapping[UUID, Place]) -> BalanceView:
    home = homes.get(one.home_id)
    side = policy.side_of(one.fen)
    return BalanceView(
        id=one.id,
        estate_id=one.estate_id,
        home_id=one.home_id,
        home_title=home.path if home else "",
        item=one.item,
        since=one.since,
        until=one.until,
        fen=one.fen,
        side=side,
        side_title="更正" if one.corrects else SIDE_TITLES[side],
        as_of=one.as_of,
        note=one.note,
        corrects=one.corrects,
        comes_to=one.comes_to,
        source_title=one.source.title,
        entered_by=one.entered_by,
        entered_at=one.entered_at,
        may_correct=one.corrects is None and work.scope.may(service.MANAGE, one.estate_id),
    )
