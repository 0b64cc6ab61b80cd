"""Whether a track is a fall, how sure that is, and why. Pure decisions over points and a fit."""

from dataclasses import dataclass
from enum import StrEnum
from math import exp

from linli.sensing.vision.contracts import DOUBTS, Facade, Grade, Reason
from linli.sensing.vision.falling.physics import Drop

FEWEST_POINTS = 6
FEWEST_S = 0.4
LEAST_STOREYS = 2.0
LEAST_SHARE = 0.4
"""Of the frames between first and last sighting, those with one."""
LEAST_SHARE_AIRBORNE = 0.5
"""The same where it was not followed to the ground: flakes in a row look like a fall."""
WORST_RESIDUAL = 3.2
LOOSE_RESIDUAL = 2.0
WORST_BEND = 3.6
MOST_ACROSS_M_S = 5.0
SLOWEST_TERMINAL = 3.6
SLOW_TERMINAL = 5.5
LEAST_GAIN_M_S = 1.5
STEADY_FACTOR = 1.6
MOST_ACCELERATION = 13.5
ROOF_M = 3.5
BESIDE_M = 1.5
HARD_TO_SEE_LEVELS = 13.0
VANISHED_STOREYS = 3.0
VANISHED_SHARE = 0.3
TOO_MANY_DOUBTS = 3
SHORT_ACROSS_M_S = 2.5
PLAIN_PX = 7.0
PLAIN_LEVELS = 22.0
UNSEEN_S = 0.9
UNSEEN_SHARE = 0.5
"""Of the time it was seen: a long track may begin later."""
UNBROKEN_SHARE = 0.95
AIRBORNE_ACROSS_M_S = 3.0
LATE_STOREYS = 2.0
HOPELESSLY_LATE_M = 12.0
GROUND_STOREYS = 1.3
HIDDEN_STOREYS = 2.5
SHORT_STOREYS = 2.6
SHORT_POINTS = 10
TINY_PX = 4.5
FAINT_LEVELS = 9.0
MINIMUM_PX = 2.2


class Refused(StrEnum):
    """Why a track was not taken for a fall."""

    FEW_POINTS = "few_points"
    SHORT_DROP = "short_drop"
    GAPS = "gaps"
    NOT_BALLISTIC = "not_ballistic"
    BENT = "bent"
    SIDEWAYS = "sideways"
    FLOATS = "floats"
    STEADY = "steady"
    TOO_FAST = "too_fast"
    FROM_ABOVE = "from_above"
    BESIDE = "beside"
    TOO_SMALL = "too_small"
    SEEN_TOO_LATE = "seen_too_late"
    OUT_OF_NOWHERE = "out_of_nowhere"
    FLEW_ON = "flew_on"
    SHORT_OF_GROUND = "short_of_ground"
    VANISHED = "vanished"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a track besides its fit."""

    seen: int
    frames: int
    """Frames from the first to the last sighting."""
    first_at: float
    first_height: float
    last_height: float
    lasted_s: float
    size_px: float
    contrast: float
    crowded: bool
    shaking: bool
    left_view: bool
    """It left the watched part, or went behind a blind region."""
    flew_on: bool = False
    """Something like it moved on elsewhere from where it was last seen."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A fall with its grade and reasons, or why it is none."""

    refused: Refused | None
    grade: Grade = Grade.SUSPECTED
    reasons: tuple[Reason, ...] = ()
    confidence: float = 0.0


def judge(drop: Drop, evidence: Evidence, facade: Facade) -> Verdict:
    """Decide about one track on one façade."""
    refused = _refusal(drop, evidence, facade)
    if refused is not None:
        return Verdict(refused)
    reasons = _reasons(drop, evidence, facade)
    doubts = [reason for reason in reasons if reason in DOUBTS]
    heavy = [reason for reason in doubts if reason not in LIGHT_DOUBTS]
    sideways = Reason.SHORT in heavy and abs(drop.across_speed) > SHORT_ACROSS_M_S
    # A short track is soon found by chance among many flakes or insects: it has to be clean.
    if len(heavy) + (Reason.SHORT in heavy) >= TOO_MANY_DOUBTS or sideways:
        return Verdict(Refused.DOUBTFUL)
    confidence = _confidence(drop, evidence, doubts)
    certain = not heavy and len(doubts) <= 1
    grade = Grade.CONFIRMED if certain else Grade.SUSPECTED
    return Verdict(None, grade, tuple(reasons), confidence)


LIGHT_DOUBTS = frozenset({Reason.LEFT_VIEW, Reason.FAINT, Reason.CROWDED, Reason.SHAKING})


def _refusal(drop: Drop, evidence: Evidence, facade: Facade) -> Refused | None:
    storey = facade.storey_height_m
    fallen = _fallen(drop, evidence, storey)
    in_the_air = not _low(evidence, facade) and not evidence.left_view
    short = fallen < SHORT_STOREYS * storey or evidence.seen < SHORT_POINTS
    least_share = LEAST_SHARE_AIRBORNE if in_the_air else LEAST_SHARE
    tests: tuple[tuple[bool, Refused], ...] = (
        (evidence.seen < FEWEST_POINTS or evidence.lasted_s < FEWEST_S, Refused.FEW_POINTS),
        (fallen <= LEAST_STOREYS * storey, Refused.SHORT_DROP),
        (evidence.seen < least_share * evidence.frames, Refused.GAPS),
        (evidence.size_px < MINIMUM_PX, Refused.TOO_SMALL),
        (drop.residual > WORST_RESIDUAL, Refused.NOT_BALLISTIC),
        (drop.across_bend > WORST_BEND, Refused.BENT),
        (abs(drop.across_speed) > MOST_ACROSS_M_S, Refused.SIDEWAYS),
        (drop.acceleration - 2 * drop.acceleration_error > MOST_ACCELERATION, Refused.TOO_FAST),
        (drop.terminal < SLOWEST_TERMINAL, Refused.FLOATS),
        (drop.speed_last < SLOWEST_TERMINAL, Refused.FLOATS),
        (drop.speed_last - max(0.0, drop.speed_first) < LEAST_GAIN_M_S, Refused.STEADY),
        (drop.steady_residual < STEADY_FACTOR * max(drop.residual, 0.7), Refused.STEADY),
        (
            drop.release_height - 2 * drop.height_error > facade.height_m + ROOF_M,
            Refused.FROM_ABOVE,
        ),
        (
            drop.release_height - evidence.first_height > HOPELESSLY_LATE_M,
            Refused.SEEN_TOO_LATE,
        ),
        (
            not -BESIDE_M < drop.release_across < facade.width_m + BESIDE_M,
            Refused.BESIDE,
        ),
        (_out_of_nowhere(drop, evidence), Refused.OUT_OF_NOWHERE),
        (in_the_air and evidence.flew_on, Refused.FLEW_ON),
        (in_the_air and abs(drop.across_speed) > AIRBORNE_ACROSS_M_S, Refused.FLEW_ON),
        (in_the_air and short, Refused.SHORT_OF_GROUND),
        (in_the_air and _vanished(drop, evidence, facade), Refused.VANISHED),
    )
    return next((why for applies, why in tests if applies), None)


def _out_of_nowhere(drop: Drop, evidence: Evidence) -> bool:
    """What is plain to see must have been seen soon after it was let go or thrown."""
    plain = evidence.size_px > PLAIN_PX and evidence.contrast > PLAIN_LEVELS
    most = min(UNSEEN_S, UNSEEN_SHARE * evidence.lasted_s)
    return plain and not _hidden(evidence) and evidence.first_at - drop.release_at > most


def _hidden(evidence: Evidence) -> bool:
    """Whether the picture hid it now and then: what was seen in each frame, nothing hides."""
    unbroken = evidence.seen >= UNBROKEN_SHARE * evidence.frames
    return (evidence.crowded or evidence.shaking) and not unbroken


def _vanished(drop: Drop, evidence: Evidence, facade: Facade) -> bool:
    """What is plain to see does not end high above the ground, unless the picture explains it.

    What falls slowly is in one place for many frames: it does not end above the ground at all.
    """
    plain = evidence.size_px >= TINY_PX and evidence.contrast >= HARD_TO_SEE_LEVELS
    slow = drop.terminal < SLOW_TERMINAL
    high = max(VANISHED_STOREYS * facade.storey_height_m, VANISHED_SHARE * drop.release_height)
    return plain and (slow or (not _hidden(evidence) and evidence.last_height > high))


def _fallen(drop: Drop, evidence: Evidence, storey: float) -> float:
    """Metres fallen: what was seen, and at most a storey that follows from the fit above it."""
    began = min(max(drop.release_height, evidence.first_height), evidence.first_height + storey)
    return began - evidence.last_height


def _low(evidence: Evidence, facade: Facade) -> bool:
    """Whether it was last seen near the ground, or went behind something not far above it."""
    storeys = HIDDEN_STOREYS if evidence.left_view else GROUND_STOREYS
    return evidence.last_height < storeys * facade.storey_height_m


def _reasons(drop: Drop, evidence: Evidence, facade: Facade) -> list[Reason]:
    storey = facade.storey_height_m
    fallen = _fallen(drop, evidence, storey)
    ground = _low(evidence, facade)
    late = drop.release_height - evidence.first_height > LATE_STOREYS * storey
    short = fallen < SHORT_STOREYS * storey or evidence.seen < SHORT_POINTS
    tests: tuple[tuple[bool, Reason], ...] = (
        (drop.residual <= LOOSE_RESIDUAL, Reason.FREE_FALL),
        (True, Reason.LONG_DROP),
        (drop.across_bend <= LOOSE_RESIDUAL, Reason.STRAIGHT),
        (not late, Reason.BEGINS_AT_FACADE),
        (ground, Reason.REACHED_GROUND),
        (drop.terminal < SLOW_TERMINAL, Reason.SLOW),
        (short, Reason.SHORT),
        (max(drop.residual, drop.across_bend) > LOOSE_RESIDUAL, Reason.LOOSE),
        (late, Reason.SEEN_LATE),
        (not ground and not evidence.left_view, Reason.LOST_ABOVE_GROUND),
        (not ground and evidence.left_view, Reason.LEFT_VIEW),
        (evidence.size_px < TINY_PX, Reason.TINY),
        (evidence.contrast < FAINT_LEVELS, Reason.FAINT),
        (evidence.crowded, Reason.CROWDED),
        (evidence.shaking, Reason.SHAKING),
    )
    return [reason for applies, reason in tests if applies]


def _confidence(drop: Drop, evidence: Evidence, doubts: list[Reason]) -> float:
    """Falls with every doubt and with every error of the fit; 0.5 is the edge of reporting."""
    base = 0.99 - 0.04 * max(0.0, drop.residual - 1) - 0.1 * exp(-evidence.seen / 8)
    for doubt in doubts:
        base -= 0.04 if doubt in LIGHT_DOUBTS else 0.09
    return round(min(0.99, max(0.05, base)), 3)
