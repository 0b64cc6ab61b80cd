"""What one picture, or one second of a stream, speaks for. Pure; no memory."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from linli.sensing.vision.health.contracts import PictureFault, StreamFigures
from linli.sensing.vision.health.features import Features
from linli.sensing.vision.health.views import FEWEST_CELLS, TEXTURED, View, likeness, shift

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
# Cells whose edges fell below this share of the usual have lost what was seen in them.
LOST = 0.22
COVERED_SHARE = 0.6
# Brightness of cells still lying like this (correlation) means: the same scene, seen badly.
SAME_SCENE = 0.88
# The finest edges, compared with the coarse ones, below this share of the usual.
BLURRED = 0.45
ALIKE = 0.45
UNLIKE = 0.22
OTHERS_ALIKE = 0.55
OTHERS_BETTER = 0.25
# A shift (share of the picture) that cannot be wind, and how clearly it must stand out.
MOVED = 0.02
CLEARLY = 1.6
# Grey levels a cell's mean difference stays below when nothing moves at all.
STILL = 0.12
STILL_SHARE = 0.97
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
    if features.high < BLACKEST and features.mean < BLACK_MEAN:
        signs[PictureFault.DARK] = Sign(present=True, detail=f"平均亮度 {features.mean:.0f}")
        return signs
    signs[PictureFault.DARK] = ABSENT
    if view is None:
        return signs
    usual = view.textured
    alike = likeness(view, features)
    if int(usual.sum()) < FEWEST_CELLS:
        return signs
    lost = features.coarse[usual] < np.maximum(LOST * view.coarse[usual], 1.0)
    same_light = _correlation(view, features)
    share = float(lost.mean())
    if share >= COVERED_SHARE and (alike is None or alike < ALIKE):
        if same_light >= SAME_SCENE:
            signs[PictureFault.BLURRED] = Sign(present=True, detail="画面严重失焦")
            signs[PictureFault.COVERED] = ABSENT
        else:
            detail = f"约 {share:.0%} 的画面看不到原来的景物"
            signs[PictureFault.COVERED] = Sign(present=True, detail=detail)
        return signs
    signs[PictureFault.COVERED] = ABSENT
    signs |= _of_place(features, view, others, alike)
    signs[PictureFault.BLURRED] = _blurred(features, view, alike, same_light)
    if signs[PictureFault.BLURRED].present:
        signs[PictureFault.MOVED] = UNKNOWN
    return signs


def _of_place(
    features: Features, view: View, others: Mapping[str, View], alike: float | None
) -> dict[PictureFault, Sign]:
    """Whether the camera looks where it usually does."""
    if alike is None:
        return {}
    if alike >= ALIKE:
        right, down, clear = shift(view, features)
        off = max(abs(right), abs(down))
        # Alike, and yet beside itself: repeated windows look the same one column further.
        if off < MOVED or clear < CLEARLY * 2 or off > 5 * MOVED:
            return {PictureFault.MOVED: ABSENT, PictureFault.SWAPPED: ABSENT}
        return {PictureFault.MOVED: _moved_by(right, down), PictureFault.SWAPPED: ABSENT}
    for code, other in others.items():
        theirs = likeness(other, features)
        if theirs is not None and theirs >= OTHERS_ALIKE and theirs - alike >= OTHERS_BETTER:
            return {
                PictureFault.SWAPPED: Sign(present=True, detail=f"看到的是 {code} 的画面"),
                PictureFault.MOVED: UNKNOWN,
            }
    right, down, clear = shift(view, features)
    if max(abs(right), abs(down)) >= MOVED and clear >= CLEARLY:
        return {PictureFault.MOVED: _moved_by(right, down), PictureFault.SWAPPED: ABSENT}
    if alike < UNLIKE:
        detail = "看到的景物和平时不同"
        return {PictureFault.MOVED: Sign(present=True, detail=detail), PictureFault.SWAPPED: ABSENT}
    return {PictureFault.SWAPPED: ABSENT}


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


def _blurred(features: Features, view: View, alike: float | None, same_light: float) -> Sign:
    cells = view.textured & (view.fine > 1.0) & (features.coarse > 1.0)
    if int(cells.sum()) < FEWEST_CELLS or (
        (alike is None or alike < ALIKE) and same_light < SAME_SCENE
    ):
        return UNKNOWN
    usual = view.fine[cells] / view.coarse[cells]
    now = features.fine[cells] / features.coarse[cells]
    ratio = float(np.median(now / usual))
    return Sign(present=ratio < BLURRED, detail=f"细节只有平时的 {ratio:.0%}")


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
    return int((features.coarse > TEXTURED).sum())
