"""Which seeds are for tuning and which for testing, and what their scenes hold.

Thresholds may be chosen with the tuning seeds only. The test seeds are looked at as results.
"""

from linli_simulator.footage.scene import Distraction, Weather, Wish
from linli_simulator.footage.walls import Light

CLIP_S = 20.0
CLIP_FALLS = 4
PIECE_S = 120.0
BUSY = tuple(Distraction)

FIRST_SEED = {"tuning": 1, "test": 100_001}
# The test pieces from 200001 were looked into while a fault was sought: they count no more.
FIRST_PIECE = {"tuning": 50_001, "test": 300_001}

LIGHTS = (Light.DAY, Light.NIGHT, Light.DAY, Light.DUSK)
WEATHERS = (
    Weather.CLEAR, Weather.CLEAR, Weather.RAIN, Weather.CLEAR, Weather.SNOW, Weather.HAZE,
)  # fmt: skip


def fall_wish(split: str, number: int) -> Wish:
    """The number-th clip with falls; light, weather and distractions as the dice have it."""
    return Wish(FIRST_SEED[split] + number, CLIP_S, falls=CLIP_FALLS)


def piece_wish(split: str, number: int) -> Wish:
    """The number-th piece without any fall: each kind of distraction in turn, many together."""
    first = number % len(BUSY)
    kinds = tuple({BUSY[first], BUSY[(first + 3) % 12], BUSY[(first + 5) % 12],
                   BUSY[(first + 8) % 12], Distraction.BIRDS})  # fmt: skip
    ordered = tuple(kind for kind in BUSY if kind in kinds)
    return Wish(
        FIRST_PIECE[split] + number, PIECE_S, falls=0, distractions=ordered,
        light=LIGHTS[number % len(LIGHTS)], weather=WEATHERS[number % len(WEATHERS)],
    )  # fmt: skip
