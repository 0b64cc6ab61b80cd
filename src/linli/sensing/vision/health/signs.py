"""What one picture, or one second of a stream, speaks for. Pure; no memory."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from linli.sensing.vision.health.contracts import PictureFault, StreamFigures
from linli.sensing.vision.health.features import Features
from linli.sensing.vision.health.views import FEWEST_CELLS, TEXTURED, View, agreeing, shift

OF_PICTURE: tuple[PictureFault, ...] = (
    PictureFault.DARK,
    PictureFault.COVERED,
    PictureFault.BLURRED,
    PictureFault.MOVED,
    PictureFault.SWAPPED,
)
# Brightness (0–255) that even the lightest hundredths do not reach in a black picture. Video black
# is 16; a street at night with one lamp is above this.
BLACKEST = 38.0
BLACK_MEAN = 26.0
# Things that can still be told apart are not blackness.
BLACK_SPREAD = 14.0
MADE_OUT = 0.5
# Two pictures lie upon each other when their correlation peaks this clearly (best peak over the
# next best); good cameras in fog, by headlights or infrared stay above 5, others below 2.
CLEARLY = 3.0
# A shift (share of the picture) that cannot be wind.
MOVED = 0.02
IN_PLACE = 0.012
# Cells whose strongest edge fell below this share of the usual have lost what was seen in them.
LOST = 0.3
LEAST_EDGE = 9.0
LOST_SHARE = 0.4
# So few cells that show what they usually do, and so few that show anything: something is close.
COVERED_AGREE = 0.4
EMPTY = 0.5
# Brightness of cells still lying like this (correlation) means: the same scene, seen badly.
SAME_SCENE = 0.95
# How abruptly edges bend, compared with the usual, below which a picture is out of focus.
BLURRED = 0.7
# Everything lies where it should, but hardly an edge is left: far out of focus.
BLURRED_AGREE = 0.6
STRONG = 20.0
# Grey levels a cell's mean difference stays below when nothing moves at all.
STILL = 0.12
STILL_SHARE = 0.94
# Seconds a camera's clock may be off; a clock before this was never set.
CLOCK_OFF_S = 10.0
SET_AFTER_S = 1_577_836_800.0  # 2020-01-01
# Shares of the usual.
SLOW = 0.6
THIN = 0.1
DAMAGED = 0.02
STALLED_S = 3.0


@dataclass(frozen=True, slots=True)
class Sign:
    """What one look speaks for; `present` None means that it cannot be judged now."""

    present: bool | None
    detail: str = ""


UNKNOWN = Sign(None)
ABSENT = Sign(present=False)


def of_picture(
    features: Features, view: View | None, others: Mapping[str, View]
) -> dict[PictureFault, Sign]:
    """What this picture speaks for, beside the usual view of this camera and of others."""
    signs: dict[PictureFault, Sign] = dict.fromkeys(OF_PICTURE, UNKNOWN)
    agree = None if view is None else agreeing(view, features)
    black = features.high < BLACKEST and features.mean < BLACK_MEAN
    # A night in which the usual scene can still be made out is no black picture.
    made_out = agree is not None and agree >= MADE_OUT
    if black and features.high - features.low < BLACK_SPREAD and not made_out:
        signs[PictureFault.DARK] = Sign(present=True, detail=f"平均亮度 {features.mean:.0f}")
        return signs
    signs[PictureFault.DARK] = ABSENT
    if view is None or agree is None:
        return signs
    usual = view.textured
    lost = features.step[usual] < np.maximum(LOST * view.step[usual], LEAST_EDGE)
    look = _Look(
        *shift(view, features),
        agree=agree,
        lost=float(lost.mean()),
        shows=float((features.step > TEXTURED).sum() / usual.sum()),
        same_light=_correlation(view, features),
    )
    return signs | _judged(look, features, view, others)


@dataclass(frozen=True, slots=True)
class _Look:
    """A picture beside the usual view.

    Attributes:
        right: by which share of the picture it lies beside the view, likewise `down`; `clear`: how
            sure that is.
        agree: share of cells that show what they usually do; `lost`: that show nothing any more.
        shows: cells that show anything, as a share of the usual.
        same_light: how alike the brightness of the cells lies.
    """

    right: float
    down: float
    clear: float
    agree: float
    lost: float
    shows: float
    same_light: float

    @property
    def off(self) -> float:
        return max(abs(self.right), abs(self.down))


def _judged(
    look: _Look, features: Features, view: View, others: Mapping[str, View]
) -> dict[PictureFault, Sign]:
    covered, blurred = PictureFault.COVERED, PictureFault.BLURRED
    moved, swapped = PictureFault.MOVED, PictureFault.SWAPPED
    clear = look.clear >= CLEARLY
    fine = dict.fromkeys((covered, blurred, moved, swapped), ABSENT)
    hidden = look.agree < COVERED_AGREE and look.lost >= LOST_SHARE
    if hidden and look.shows < EMPTY and look.same_light < SAME_SCENE:
        detail = f"约 {1 - look.agree:.0%} 的画面看不到原来的景物"
        return fine | {covered: Sign(present=True, detail=detail), moved: UNKNOWN}
    if clear and look.off >= MOVED:
        return fine | {moved: _moved_by(look.right, look.down), blurred: UNKNOWN}
    if clear:
        return fine | {blurred: _blurred(features, view)}
    if look.same_light >= SAME_SCENE:
        far = look.agree >= BLURRED_AGREE and look.lost >= LOST
        sharp = Sign(present=True, detail="严重失焦") if far else _blurred(features, view)
        return fine | {blurred: sharp, moved: UNKNOWN, covered: UNKNOWN}
    for code, other in others.items():
        right, down, surely = shift(other, features)
        if surely >= CLEARLY and max(abs(right), abs(down)) < IN_PLACE:
            sign = Sign(present=True, detail=f"看到的是 {code} 的画面")
            return fine | {swapped: sign, moved: UNKNOWN, blurred: UNKNOWN}
    sign = Sign(present=True, detail="看到的景物和平时不同")
    return fine | {moved: sign if look.agree < COVERED_AGREE else UNKNOWN, blurred: UNKNOWN}


def _moved_by(right: float, down: float) -> Sign:
    # The scene moves against the camera.
    sideways = "左" if right > 0 else "右"
    upwards = "上" if down > 0 else "下"
    parts = [
        f"向{way}偏了画面的 {abs(by):.0%}"
        for way, by in ((sideways, right), (upwards, down))
        if abs(by) >= MOVED / 2
    ]
    return Sign(present=True, detail="，".join(parts))


def _blurred(features: Features, view: View) -> Sign:
    """Whether edges that are still there bend less abruptly than usual."""
    cells = (view.step > STRONG) & (features.step > STRONG / 2)
    if int(cells.sum()) < FEWEST_CELLS // 2:
        return UNKNOWN
    usual = view.bend[cells] / view.step[cells]
    now = features.bend[cells] / features.step[cells]
    ratio = float(np.median(now / usual))
    return Sign(present=ratio < BLURRED, detail=f"边缘清晰度只有平时的 {ratio:.0%}")


def _correlation(view: View, features: Features) -> float:
    ours, theirs = view.cells - view.cells.mean(), features.cells - features.cells.mean()
    scale = float(np.sqrt((ours * ours).sum() * (theirs * theirs).sum()))
    return float((ours * theirs).sum()) / scale if scale > 1.0 else 0.0


def stillness(before: Features, now: Features) -> tuple[float, float]:
    """How little changed: share of still cells, and the median cell's difference (grey levels)."""
    rows, columns = now.cells.shape
    moved = np.abs(now.small - before.small).reshape(rows, 10, columns, 10).mean((1, 3))
    return float((moved < STILL).mean()), float(np.median(moved))


def frozen(still_share: float, median: float, usual_median: float) -> Sign:
    """Whether the picture stands: nothing moves, not even the sensor's noise it usually shows."""
    stands = still_share >= STILL_SHARE and median < max(0.02, 0.25 * usual_median)
    return Sign(stands, "画面一直没有变化")


def clock(figures: StreamFigures, jumps: int) -> Sign:
    """Whether the camera's clock or the stream's times are wrong; `jumps` in the last minutes."""
    if jumps >= 3:  # noqa: PLR2004 (one or two come with a reconnection)
        return Sign(present=True, detail=f"码流时间戳几分钟内跳变 {jumps} 次")
    off = figures.clock_off_s
    if off is None:
        return ABSENT
    if figures.at + off < SET_AFTER_S:
        return Sign(present=True, detail="摄像机没有对时")
    ahead = "快" if off > 0 else "慢"
    return Sign(abs(off) > CLOCK_OFF_S, f"摄像机的时钟{ahead} {abs(off):.0f} 秒")


def degraded(
    figures: StreamFigures, usual_rate: float, usual_kilobits: float, damaged_share: float
) -> Sign:
    """Whether the stream is worse than usual (0 where the usual is not known yet)."""
    if figures.silent_s >= STALLED_S:
        return Sign(present=True, detail=f"已经 {figures.silent_s:.0f} 秒没有新画面")
    expected = usual_rate or figures.declared_rate
    if expected and figures.rate < SLOW * expected:
        return Sign(present=True, detail=f"每秒 {figures.rate:.1f} 帧，平时 {expected:.0f} 帧")
    if damaged_share > DAMAGED:
        return Sign(present=True, detail=f"{damaged_share:.0%} 的画面损坏")
    if usual_kilobits and figures.kilobits < THIN * usual_kilobits:
        return Sign(
            present=True,
            detail=f"码率 {figures.kilobits:.0f} 千比特，平时 {usual_kilobits:.0f} 千比特",
        )
    return ABSENT


def textured_cells(features: Features) -> int:
    """How many cells show something."""
    return int((features.step > TEXTURED).sum())
