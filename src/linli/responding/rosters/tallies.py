"""What of rosters waits for somebody: swaps to answer, posts to take over."""

from sqlalchemy import ColumnElement, GenerativeSelect, and_, func, null, select

from linli.kernel.database import among
from linli.kernel.tallies import Asker, Tally, TallyKind
from linli.responding.rosters.contracts import SwapState
from linli.responding.rosters.models import handover_table, swap_table

SEE = "see_rosters"

s = swap_table.c
h = handover_table.c


def _asked_of(asker: Asker) -> ColumnElement[bool]:
    return and_(s.colleague_id == asker.account_id, s.state == SwapState.ASKED)


def _to_approve(asker: Asker) -> ColumnElement[bool]:
    return and_(
        s.state == SwapState.AGREED,
        s.organisation_id == asker.organisation_id,
        s.asker_id != asker.account_id,
        s.colleague_id != asker.account_id,
    )


def _count(table_count: ColumnElement[int], which: ColumnElement[bool]) -> GenerativeSelect:
    return select(null().label("estate_id"), table_count.label("total")).where(which)


def _left(asker: Asker) -> ColumnElement[bool]:
    return and_(
        h.taken_at.is_(None),
        h.from_account != asker.account_id,
        h.organisation_id == asker.organisation_id,
        among(h.organisation_id, asker.organisations),
    )


TALLIES = (
    Tally(
        code="rosters.asked",
        title="同事想和我换班",
        kind=TallyKind.WAITS,
        needs=SEE,
        opens="/rosters?view=swaps",
        counted=lambda asker: _count(func.count(s.id), _asked_of(asker)),
        good=False,
    ),
    Tally(
        code="rosters.to_approve",
        title="换班等批准",
        kind=TallyKind.WAITS,
        needs="manage_rosters",
        opens="/rosters?view=swaps",
        counted=lambda asker: _count(func.count(s.id), _to_approve(asker)),
        good=False,
    ),
    Tally(
        code="rosters.to_take",
        title="交班等签收",
        kind=TallyKind.WAITS,
        needs=SEE,
        opens="/rosters?view=handovers",
        counted=lambda asker: _count(func.count(h.id), _left(asker)),
        good=False,
    ),
)
