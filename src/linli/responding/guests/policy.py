"""Decisions about guest links. Pure."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from linli.kernel.errors import BadInput, IllegalMove, Refusal
from linli.responding.dispatch.contracts import Order, OrderMove, OrderState
from linli.responding.guests.contracts import GuestLink, LinkState

TOKEN_BYTES = 32
SHORTEST_HOURS = 1
LONGEST_HOURS = 72
LONGEST_NAME = 40
LONGEST_FIRM = 60
# What a guest may do; the order's own lifecycle says when.
GUEST_MOVES = frozenset({OrderMove.ACCEPT, OrderMove.REFUSE, OrderMove.ARRIVE, OrderMove.FIX})
HANDED_OUT = frozenset({OrderState.OFFERED, OrderState.ACCEPTED, OrderState.ARRIVED})
ACTS: Mapping[str, str] = {
    "opened": "打开链接",
    "refused": "链接已失效，未能打开",
    "photo": "上传照片",
    OrderMove.ACCEPT: "接单",
    OrderMove.REFUSE: "拒单",
    OrderMove.ARRIVE: "到场",
    OrderMove.FIX: "处理完成",
}


class LinkOver(Refusal):
    """The link has expired or was revoked, or there never was one: all look the same."""

    status = 410
    code = "link_over"
    text = "这个链接已失效，请联系派单的人重新发送"


def hash_of(token: str) -> bytes:
    """Under what a link is stored: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).digest()


def state_of(link: GuestLink, now: datetime) -> LinkState:
    """Whether the link opens at this moment."""
    if link.revoked:
        return LinkState.REVOKED
    if link.ended_at is not None or now >= link.expires_at:
        return LinkState.EXPIRED
    return LinkState.OPEN


def may_hand_out(order: Order) -> None:
    """Refuse a link to an order that nobody has to go for. Raises IllegalMove."""
    if order.state not in HANDED_OUT:
        raise IllegalMove(f"工单{order.state.words}，不能再发给外部人员")


def given(guest_name: str, firm: str, hours: int) -> tuple[str, str, timedelta]:
    """What was filled in, checked. Raises BadInput naming the field."""
    name, house = guest_name.strip(), firm.strip()
    if not name or len(name) > LONGEST_NAME:
        raise BadInput("请填写来人的姓名", field="guest_name", remedy="例如“张师傅”")
    if not house or len(house) > LONGEST_FIRM:
        raise BadInput("请填写来人的单位", field="firm", remedy="例如“迅达电梯维保”")
    if not SHORTEST_HOURS <= hours <= LONGEST_HOURS:
        raise BadInput(f"有效时间应为 {SHORTEST_HOURS} 到 {LONGEST_HOURS} 小时", field="hours")
    return name, house, timedelta(hours=hours)
