"""The door to the quarantine: hold what cannot be used, look at it, replay or drop it."""

from linli.sensing.quarantine.service import (
    REPLAY_ASKED,
    NotWhole,
    ask_replay,
    counts,
    drop,
    give_up_replay,
    held_message,
    hold,
    list_held,
    replay_next,
)

__all__ = [
    "REPLAY_ASKED",
    "NotWhole",
    "ask_replay",
    "counts",
    "drop",
    "give_up_replay",
    "held_message",
    "hold",
    "list_held",
    "replay_next",
]
