"""The door of the cockpit: its numbers at every level, what stands behind them, the index."""

from linli.screens.cockpit.service import (
    count,
    ground_of,
    index_all,
    index_history,
    pace,
    records,
    view,
)

__all__ = ["count", "ground_of", "index_all", "index_history", "pace", "records", "view"]
