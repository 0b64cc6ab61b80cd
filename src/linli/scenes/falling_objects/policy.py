"""Decisions about façades and falls. Pure: what is possible, what is ruled out, what is said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from uuid import UUID

from linli.kernel.errors import BadInput, FieldFault
from linli.scenes.falling_objects.contracts import (
    Agreement,
    Band,
    ClearedHome,
    Corner,
    FacadeDraft,
    Fall,
    Grade,
    PossibleHome,
    Sighting,
    Verdict,
    Window,
)

JOIN_WITHIN = timedelta(seconds=5)
"""Cameras of one building that see a fall within this of each other see the same thing."""
MOST_STOREYS = 150
MOST_COLUMNS = 60
STOREY_HEIGHT_M = (2.2, 8.0)
WIDTH_M = (2.0, 300.0)
SMALLEST_AREA = 0.002
"""Of the picture: a smaller wall holds no window that could be told from the next."""
NO_WINDOW = "这户在摄像机标定的墙面上没有窗"


class NoWall(BadInput):
    code = "no_wall"
    text = "四个角没有围成一面墙，请按左上、右上、右下、左下的顺序放"


def check_facade(draft: FacadeDraft) -> None:
    """Raise BadInput with every field that cannot be."""
    faults: list[FieldFault] = []
    if not draft.title.strip() or len(draft.title) > 40:  # noqa: PLR2004 - the column's length
        faults.append(FieldFault("title", "请给这面墙起个名字，例如 南立面"))
    if not 1 <= draft.storeys <= MOST_STOREYS:
        faults.append(FieldFault("storeys", f"层数应在 1 到 {MOST_STOREYS} 之间"))
    if not 1 <= draft.columns <= MOST_COLUMNS:
        faults.append(FieldFault("columns", f"窗的列数应在 1 到 {MOST_COLUMNS} 之间"))
    if not -9 <= draft.ground_storey <= MOST_STOREYS:  # noqa: PLR2004 - nobody builds deeper
        faults.append(FieldFault("ground_storey", "最低一层的楼层号不对"))
    if not STOREY_HEIGHT_M[0] <= draft.storey_height_m <= STOREY_HEIGHT_M[1]:
        faults.append(FieldFault("storey_height_m", "层高应在 2.2 到 8 米之间"))
    if not WIDTH_M[0] <= draft.width_m <= WIDTH_M[1]:
        faults.append(FieldFault("width_m", "墙宽应在 2 到 300 米之间"))
    if not 0 <= draft.error_px <= 50:  # noqa: PLR2004 - more is no calibration
        faults.append(FieldFault("error_px", "标定误差应在 0 到 50 像素之间"))
    if faults:
        raise BadInput(faults[0].message, field=faults[0].field, faults=tuple(faults))
    if not is_wall(draft.corners):
        raise NoWall(field="corners")


def is_wall(corners: Sequence[Corner]) -> bool:
    """Whether the corners, in order, make a convex quadrilateral of some size."""
    if not all(isfinite(v) and -0.5 <= v <= 1.5 for corner in corners for v in corner):  # noqa: PLR2004 - a wall may reach beyond the picture
        return False
    turns = [_turn(corners, at) for at in range(4)]
    area = 0.5 * sum(
        corners[at][0] * corners[(at + 1) % 4][1] - corners[(at + 1) % 4][0] * corners[at][1]
        for at in range(4)
    )
    # y points down: clockwise on the screen is positive.
    return all(turn > 0 for turn in turns) and area >= SMALLEST_AREA


def _turn(corners: Sequence[Corner], at: int) -> float:
    (ax, ay), (bx, by), (cx, cy) = (corners[(at + step) % 4] for step in range(3))
    return (bx - ax) * (cy - by) - (by - ay) * (cx - bx)


# ── windows and homes ──


@dataclass(frozen=True, slots=True)
class HomeAt:
    """A home of the building: its storey, and which it is on its storey, counted from one end."""

    home_id: UUID
    title: str
    storey: int
    order: int


def windows_by_position(draft: FacadeDraft, homes: Sequence[HomeAt]) -> tuple[Window, ...]:
    """Which home lies behind which window, if the homes of a storey share its columns evenly.

    A first guess for people to correct.
    """
    by_storey: dict[int, list[HomeAt]] = {}
    for home in sorted(homes, key=lambda one: one.order):
        by_storey.setdefault(home.storey, []).append(home)
    windows: list[Window] = []
    for storey in range(draft.ground_storey, draft.ground_storey + draft.storeys):
        there = by_storey.get(storey, [])
        for column in range(1, draft.columns + 1):
            place = draft.columns - column if draft.mirrored else column - 1
            home = there[place * len(there) // draft.columns] if there else None
            windows.append(Window(storey, column, home.home_id if home else None))
    return tuple(windows)


def with_corrections(
    guessed: Sequence[Window], standing: Iterable[Window], draft: FacadeDraft
) -> tuple[Window, ...]:
    """The guess, with what people had corrected before and what still lies on the façade."""
    corrected = {(one.storey, one.column): one for one in standing if one.corrected}
    return tuple(corrected.get((one.storey, one.column), one) for one in guessed if _on(one, draft))


def _on(window: Window, draft: FacadeDraft) -> bool:
    return (
        draft.ground_storey <= window.storey < draft.ground_storey + draft.storeys
        and 1 <= window.column <= draft.columns
    )


# ── where it came from ──


@dataclass(frozen=True, slots=True)
class View:
    """One sighting as it bears on the origin."""

    camera_title: str
    facade_id: UUID
    band: Band
    windows: tuple[Window, ...]


def inside(window: Window, band: Band) -> bool:
    """Whether the window lies in the band."""
    return (
        band.storey_low <= window.storey <= band.storey_high
        and band.column_low <= window.column <= band.column_high
    )


def verdict_of(views: Sequence[View], titles: Mapping[UUID, str]) -> Verdict:
    """What all sightings together say of the origin.

    `titles` are all homes of the building. Cameras on the same wall must agree in storey and
    column, cameras on different walls in storey: what one excludes is excluded. When they
    contradict each other nobody is cleared by one camera alone.
    """
    if not views:
        return Verdict(None, None, Agreement.SINGLE, "没有标定楼面，无法推算楼层")
    low = max(view.band.storey_low for view in views)
    high = min(view.band.storey_high for view in views)
    contradicts = low > high or _columns_contradict(views)
    if contradicts:
        low = min(view.band.storey_low for view in views)
        high = max(view.band.storey_high for view in views)
    agreement = (
        Agreement.SINGLE
        if len(views) == 1
        else Agreement.CONTRADICTS
        if contradicts
        else Agreement.AGREES
    )
    bands = [view.band for view in views] if contradicts else _narrowed(views, low, high)
    found: dict[UUID, set[tuple[int, int]]] = {}
    for view, band in zip(views, bands, strict=True):
        for window in view.windows:
            if window.home_id is not None and inside(window, band):
                found.setdefault(window.home_id, set()).add((window.storey, window.column))
    possible = tuple(
        PossibleHome(home_id, titles.get(home_id, ""), tuple(sorted(windows)))
        for home_id, windows in found.items()
    )
    cleared = tuple(
        ClearedHome(home_id, title, _why(home_id, views, bands))
        for home_id, title in titles.items()
        if home_id not in found
    )
    words = _words(views, low, high, agreement)
    return Verdict(low, high, agreement, words, possible, cleared)


def _columns_contradict(views: Sequence[View]) -> bool:
    """Whether two cameras on the same wall place it in columns that have nothing in common."""
    spans: dict[UUID, tuple[int, int]] = {}
    for view in views:
        low, high = spans.get(view.facade_id, (view.band.column_low, view.band.column_high))
        low, high = max(low, view.band.column_low), min(high, view.band.column_high)
        if low > high:
            return True
        spans[view.facade_id] = (low, high)
    return False


def _narrowed(views: Sequence[View], low: int, high: int) -> list[Band]:
    """Each camera's band, narrowed by the storeys of all and the columns of its own wall."""
    columns: dict[UUID, tuple[int, int]] = {}
    for view in views:
        left, right = columns.get(view.facade_id, (view.band.column_low, view.band.column_high))
        columns[view.facade_id] = (
            max(left, view.band.column_low),
            min(right, view.band.column_high),
        )
    return [Band(low, high, *columns[view.facade_id]) for view in views]


def _why(home_id: UUID, views: Sequence[View], bands: Sequence[Band]) -> str:
    """Why a home is ruled out, by the window of it that comes nearest."""
    reasons: list[str] = []
    for view, band in zip(views, bands, strict=True):
        own = [window for window in view.windows if window.home_id == home_id]
        if not own:
            continue
        nearest = min(own, key=lambda window: _distance(window, band))
        reasons.append(_ruled_out(nearest, band))
    return "；".join(dict.fromkeys(reasons)) or NO_WINDOW


def _distance(window: Window, band: Band) -> int:
    return max(band.storey_low - window.storey, window.storey - band.storey_high, 0) + max(
        band.column_low - window.column, window.column - band.column_high, 0
    )


def _ruled_out(window: Window, band: Band) -> str:
    if window.storey > band.storey_high:
        return f"在{window.storey}层，高于推算的最高起点{band.storey_high}层"
    if window.storey < band.storey_low:
        return f"在{window.storey}层，物体在它上方（不低于{band.storey_low}层）就已经落下"
    side = "左" if window.column < band.column_low else "右"
    return f"第{window.column}列，在推算的{columns_words(band)}的{side}侧之外"


def storeys_words(low: int, high: int) -> str:
    """`7–8层`, or `8层` for one."""
    return f"{low}层" if low == high else f"{low}–{high}层"


def columns_words(band: Band) -> str:
    """`第3列`, or `第3–4列`."""
    low, high = band.column_low, band.column_high
    return f"第{low}列" if low == high else f"第{low}–{high}列"


def _words(views: Sequence[View], low: int, high: int, agreement: Agreement) -> str:
    if agreement is Agreement.CONTRADICTS:
        told = "；".join(
            f"{view.camera_title}推算{storeys_words(view.band.storey_low, view.band.storey_high)} "
            f"{columns_words(view.band)}"
            for view in views
        )
        return f"推算互相矛盾：{told}"
    said = f"{storeys_words(low, high)}"
    if len({view.facade_id for view in views}) == 1:
        bands = _narrowed(views, low, high)
        said = f"{said} {columns_words(bands[0])}"
    if agreement is Agreement.AGREES:
        return f"{said}（{len(views)}路摄像机推算一致）"
    return said


# ── joining and telling ──


def is_same(fall: Fall, building_id: UUID | None, released_at: datetime) -> bool:
    """Whether another camera of the building saw this very fall."""
    if building_id is None or fall.building_id != building_id:
        return False
    return abs(fall.released_at - released_at) <= JOIN_WITHIN


def grade_of(grades: Iterable[Grade]) -> Grade:
    """One camera that is sure suffices."""
    return Grade.CONFIRMED if Grade.CONFIRMED in set(grades) else Grade.SUSPECTED


def what_of(sighting: Sighting, verdict: Verdict) -> str:
    """What the desk reads after the building: 南立面 有人高空抛物，疑似 7–8层 第3列.

    Never one home: the band says storeys and columns, and a person looks.
    """
    sure = sighting.grade is Grade.CONFIRMED
    begin = "有人高空抛物" if sure else "可能有东西从高处落下，请先看回放"
    if sighting.facade is None or sighting.band is None:
        return begin
    return f"{sighting.facade.title} {begin}，疑似 {verdict.words}"


def read_reasons(said: object) -> tuple[str, ...]:
    """The reasons of an event's field, separated by commas."""
    if not isinstance(said, str):
        return ()
    return tuple(part.strip() for part in said.split(",") if part.strip())[:20]


def unseen(homes: Sequence[HomeAt], windows: Iterable[Window]) -> tuple[HomeAt, ...]:
    """Homes of a building of which no camera sees a window."""
    seen = {window.home_id for window in windows}
    return tuple(home for home in homes if home.home_id not in seen)
