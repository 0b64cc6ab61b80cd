"""Decisions about the load. Pure."""

from collections.abc import Mapping

from linli.app.demo.county.contracts import CountyMove, CountyState
from linli.kernel.errors import IllegalMove

S = CountyState
M = CountyMove

MOVES: Mapping[tuple[CountyState, CountyMove], CountyState] = {
    (S.ABSENT, M.ASK): S.WAITING,
    (S.CANCELLED, M.ASK): S.WAITING,
    (S.FAILED, M.ASK): S.WAITING,
    (S.WAITING, M.BEGIN): S.LOADING,
    # A worker that was ended in between begins again with the next estate.
    (S.LOADING, M.BEGIN): S.LOADING,
    (S.LOADING, M.FINISH): S.DONE,
    (S.WAITING, M.STOP): S.CANCELLED,
    (S.LOADING, M.STOP): S.CANCELLED,
    (S.WAITING, M.FAIL): S.FAILED,
    (S.LOADING, M.FAIL): S.FAILED,
}
UNDER_WAY = frozenset({S.WAITING, S.LOADING})


class AlreadyThere(IllegalMove):
    """The county is entered once."""

    code = "county_there"
    text = "全县数据已经载入，或正在载入"


def moved(state: CountyState, move: CountyMove) -> CountyState:
    """The state after a move.

    Raises:
        AlreadyThere: it cannot be asked for now. IllegalMove: any other move that cannot be.
    """
    target = MOVES.get((state, move))
    if target is not None:
        return target
    if move is M.ASK:
        raise AlreadyThere
    raise IllegalMove
