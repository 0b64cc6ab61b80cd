"""Watching one camera's health over time: usual view, patience, and what stands now. Pure state."""

import math
from collections import deque
from collections.abc import Mapping

from linli.sensing.vision.health import signs
from linli.sensing.vision.health.contracts import Fault, PictureFault, StreamFigures
from linli.sensing.vision.health.features import Features, measured
from linli.sensing.vision.health.signs import ABSENT, Sign
from linli.sensing.vision.health.views import (
    FEWEST_CELLS,
    View,
    adapted,
    agreeing,
    packed,
    unpacked,
    view_of,
)
from linli.sensing.vision.video import Luma

PATIENCE: Mapping[PictureFault, tuple[float, float]] = {
    PictureFault.OFFLINE: (8.0, 3.0),
    PictureFault.FROZEN: (45.0, 5.0),
    PictureFault.DARK: (10.0, 10.0),
    PictureFault.BLURRED: (20.0, 15.0),
    PictureFault.MOVED: (20.0, 15.0),
    PictureFault.COVERED: (10.0, 10.0),
    PictureFault.SWAPPED: (8.0, 10.0),
    PictureFault.CLOCK_WRONG: (20.0, 20.0),
    PictureFault.DEGRADED: (20.0, 20.0),
}
"""Seconds a sign must prevail before the fault stands, and be gone before it ends."""

LEARNING_PICTURES = 5
LEARNT_AGREE = 0.5
FOLLOWED_AGREE = 0.4
# The usual view follows the light in minutes; what is learnt of the stream in half a minute.
VIEW_FOLLOWS_S = 300.0
USUAL_FOLLOWS_S = 60.0
# A view without any edges for this long was never a view.
FEATURELESS_S = 60.0
JUMPS_WITHIN_S = 300.0
LONGEST_STEP_S = 5.0


class Lasting:
    """Hysteresis for one fault: a bucket that its sign fills and its absence drains."""

    def __init__(self, raise_s: float, clear_s: float) -> None:
        self._raise_s = raise_s
        self._clear_s = clear_s
        self._level = 0.0
        self._last: float | None = None
        self.standing: float | None = None
        self.detail = ""

    def take(self, sign: Sign, at: float) -> None:
        """One look at `at` (seconds). What cannot be judged changes nothing."""
        step = 0.0 if self._last is None else min(max(at - self._last, 0.0), LONGEST_STEP_S)
        self._last = at
        if sign.present is None:
            return
        if sign.present:
            self.detail = sign.detail
            self._level = min(self._level + step / self._raise_s, 1.0)
            if self._level >= 1.0 and self.standing is None:
                self.standing = at
            return
        # While it does not stand yet, doubt is forgotten twice as fast as it grew.
        falls = step / self._clear_s if self.standing is not None else 2 * step / self._raise_s
        self._level = max(self._level - falls, 0.0)
        if self._level <= 0.0:
            self.standing = None

    def drop(self) -> None:
        """Forget it all."""
        self._level, self.standing = 0.0, None


class HealthWatch:
    """One camera. Feed it a picture and the stream's figures about once a second.

    `stored` is the usual view as `view` gave it before; it outlives restarts, so that a camera
    turned away while nobody watched is found.
    """

    def __init__(self, stored: bytes | None = None) -> None:
        self._view: View | None = None if stored is None else unpacked(stored)
        self._learning: list[Features] = []
        self._others: dict[str, View] = {}
        self._lasting = {kind: Lasting(*times) for kind, times in PATIENCE.items()}
        self._before: tuple[float, Features] | None = None
        self._usual_median = 0.0
        self._usual_rate = 0.0
        self._usual_kilobits = 0.0
        self._good_s = 0.0
        self._featureless_since: float | None = None
        self._jumps: deque[float] = deque()
        self._jumps_seen = 0
        self._errors: deque[tuple[float, int, float]] = deque()
        self._stream_at: float | None = None
        self.view_changes = 0

    @property
    def view(self) -> bytes:
        """What this camera usually sees, as bytes; empty until it is known."""
        return b"" if self._view is None else packed(self._view)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What stands now, in the order of `PictureFault`."""
        return tuple(
            Fault(kind, lasting.standing, lasting.detail)
            for kind, lasting in self._lasting.items()
            if lasting.standing is not None
        )

    def others(self, views: Mapping[str, bytes]) -> None:
        """What the other cameras usually see, by their codes."""
        read = {code: unpacked(body) for code, body in views.items()}
        self._others = {code: view for code, view in read.items() if view is not None}

    def learn_view(self) -> None:
        """Somebody aimed the camera anew: what is seen from now on is right."""
        self._view = None
        self._learning = []
        for kind in (PictureFault.MOVED, PictureFault.COVERED, PictureFault.SWAPPED):
            self._lasting[kind].drop()
        self._lasting[PictureFault.BLURRED].drop()

    def offline(self, words: str, at: float) -> None:
        """No pictures, at this moment too; to be called again while it lasts."""
        self._before = None
        self._lasting[PictureFault.OFFLINE].take(Sign(present=True, detail=words), at)
        self._stream_at = None

    def picture(self, luma: Luma, at: float) -> None:
        """Judge a picture shown at `at` (seconds)."""
        self.features(measured(luma), at)

    def features(self, features: Features, at: float) -> None:
        """Judge a picture that was measured already."""
        self._lasting[PictureFault.OFFLINE].take(ABSENT, at)
        found = signs.of_picture(features, self._view, self._others)
        if self._view is None and found[PictureFault.DARK].present is False:
            found[PictureFault.COVERED] = self._first_looks(features, at)
        for kind, sign in found.items():
            self._lasting[kind].take(sign, at)
        self._judge_stillness(features, at, dark=bool(found[PictureFault.DARK].present))
        fine = not any(sign.present for sign in found.values())
        if self._view is not None and fine and self._before is not None:
            self._follow_light(features, at - self._before[0])
        self._before = (at, features)

    def stream(self, figures: StreamFigures, jumps: int = 0) -> None:
        """Judge the stream; `jumps` counts re-anchored times since the start."""
        at = figures.at
        self._jumps.extend([at] * max(jumps - self._jumps_seen, 0))
        self._jumps_seen = jumps
        while self._jumps and self._jumps[0] < at - JUMPS_WITHIN_S:
            self._jumps.popleft()
        self._lasting[PictureFault.CLOCK_WRONG].take(signs.clock(figures, len(self._jumps)), at)
        sign = signs.degraded(
            figures, self._usual_rate, self._usual_kilobits, self._damaged_share(figures)
        )
        self._lasting[PictureFault.DEGRADED].take(sign, at)
        if self._stream_at is not None and not sign.present:
            self._follow_stream(figures, min(max(at - self._stream_at, 0.0), LONGEST_STEP_S))
        self._stream_at = at

    def _first_looks(self, features: Features, at: float) -> Sign:
        """Learn the usual view from the first good pictures; says whether there is nothing."""
        if signs.textured_cells(features) < FEWEST_CELLS:
            self._learning = []
            self._featureless_since = self._featureless_since or at
            if at - self._featureless_since >= FEATURELESS_S:
                return Sign(present=True, detail="画面里没有任何景物")
            return Sign(None)
        self._featureless_since = None
        self._learning.append(features)
        if len(self._learning) >= LEARNING_PICTURES:
            view = view_of(self._learning[0])
            for index, one in enumerate(self._learning[1:], 2):
                view = adapted(view, one, 1 / index)
            self._learning = []
            # Pictures that do not even resemble each other teach nothing yet.
            agree = agreeing(view, features)
            if agree is not None and agree > LEARNT_AGREE:
                self._view = view
                self.view_changes += 1
        return ABSENT

    def _judge_stillness(self, features: Features, at: float, *, dark: bool) -> None:
        if self._before is None:
            return
        since, before = self._before
        share, median = signs.stillness(before, features)
        sign = signs.frozen(share, median, self._usual_median)
        self._lasting[PictureFault.FROZEN].take(Sign(None) if dark else sign, at)
        if not sign.present:
            follow = 1 - math.exp(-min(at - since, LONGEST_STEP_S) / USUAL_FOLLOWS_S)
            usual = self._usual_median or median
            self._usual_median = usual + follow * (median - usual)

    def _follow_light(self, features: Features, step: float) -> None:
        if self._view is None or not 0 < step < LONGEST_STEP_S * 4:
            return
        agree = agreeing(self._view, features)
        if agree is not None and agree >= FOLLOWED_AGREE:
            self._view = adapted(self._view, features, 1 - math.exp(-step / VIEW_FOLLOWS_S))
            self._good_s += step
            if self._good_s >= VIEW_FOLLOWS_S:
                self._good_s = 0.0
                self.view_changes += 1

    def _follow_stream(self, figures: StreamFigures, step: float) -> None:
        follow = 1 - math.exp(-step / USUAL_FOLLOWS_S)
        if not self._usual_rate:
            self._usual_rate, self._usual_kilobits = figures.rate, figures.kilobits
        self._usual_rate += follow * (figures.rate - self._usual_rate)
        self._usual_kilobits += follow * (figures.kilobits - self._usual_kilobits)

    def _damaged_share(self, figures: StreamFigures) -> float:
        """Damaged pictures in the last half minute."""
        self._errors.append((figures.at, figures.errors, figures.rate))
        while self._errors[0][0] < figures.at - 30.0:
            self._errors.popleft()
        began, errors, _ = self._errors[0]
        pictures = max(figures.rate, 1.0) * max(figures.at - began, 1.0)
        marked = figures.unsound / max(figures.rate * 5.0, 1.0)
        return max((figures.errors - errors) / pictures, marked)
