"""What of orders waits for somebody, and the figures of a place."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, GenerativeSelect, and_, case, func, or_, select

from linli.kernel.database import among
from linli.kernel.tallies import Asker, Tally, TallyKind
from linli.responding.dispatch.contracts import OrderState
from linli.responding.dispatch.models import order_table

o = order_table.c
STATE_TITLES: dict[str, str] = {state.value: state.words for state in OrderState}
ACTIVE = o.ended_at.is_(None)
DOING = o.state.in_((OrderState.OFFERED, OrderState.ACCEPTED, OrderState.ARRIVED))


def _tally(
    code: str,
    title: str,
    kind: TallyKind,
    needs: str,
    which: Callable[[Asker], ColumnElement[bool]],
    *,
    good: bool | None = None,
) -> Tally:
    def counted(asker: Asker) -> GenerativeSelect:
        return (
            select(o.estate_id, func.count().label("total"))
            .where(among(o.estate_id, asker.estates), which(asker))
            .group_by(o.estate_id)
        )

    def listed(asker: Asker) -> GenerativeSelect:
        return (
            select(
                o.id,
                o.offer["line"].astext.label("title"),
                case(STATE_TITLES, value=o.state, else_=o.state).label("detail"),
                o.offered_at.label("at"),
                o.estate_id,
            )
            .where(among(o.estate_id, asker.estates), which(asker))
            .order_by(o.offered_at, o.id)
        )

    return Tally(code, title, kind, needs, "/my-orders/{id}", counted, listed, good)


def _mine(asker: Asker) -> ColumnElement[bool]:
    untaken = and_(
        o.assignee_id.is_(None),
        o.company_id == asker.organisation_id,
        o.state == OrderState.OFFERED,
    )
    return and_(ACTIVE, DOING, or_(o.assignee_id == asker.account_id, untaken))


TALLIES = (
    _tally("orders.mine", "我的工单", TallyKind.WAITS, "do_orders", _mine, good=False),
    _tally(
        "orders.to_verify",
        "已处理，等核实",
        TallyKind.WAITS,
        "verify_orders",
        lambda asker: and_(
            o.state == OrderState.FIXED,
            or_(o.fixed_by.is_(None), o.fixed_by != asker.account_id),
        ),
        good=False,
    ),
    _tally("orders.active", "进行中的工单", TallyKind.FIGURE, "see_orders", lambda _: ACTIVE),
)
