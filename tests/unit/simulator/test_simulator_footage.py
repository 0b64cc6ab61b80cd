"""Made footage: the same seed gives the same film, and the truth is where the picture says."""

from io import BytesIO
from pathlib import Path

import av
import numpy as np

from linli_simulator.footage.film import film, pictures, truth_of
from linli_simulator.footage.moving import Throw, trajectory
from linli_simulator.footage.scene import Distraction, Weather, Wish, made
from linli_simulator.footage.truth import load
from linli_simulator.footage.walls import Light

SMALL = Wish(
    3, 6.0, 1, Light.DAY, Weather.CLEAR, (), size_px=(10, 14), contrast=(50, 80), size=(640, 360)
)


def test_the_same_seed_gives_the_same_pictures() -> None:
    one = [luma.copy() for n, luma in enumerate(pictures(made(SMALL))) if n % 30 == 0]
    other = [luma.copy() for n, luma in enumerate(pictures(made(SMALL))) if n % 30 == 0]
    assert all((a == b).all() for a, b in zip(one, other, strict=True))


def test_the_object_is_where_the_truth_says() -> None:
    scene = made(SMALL)
    (fall,) = scene.truth.falls
    still = scene.backdrop.luma.astype(np.int16)
    by_frame = {round(point.at * 25): point for point in fall.points}
    checked = 0
    for n, luma in enumerate(pictures(scene)):
        point = by_frame.get(n)
        if point is None or not (20 < point.x < 620 and 20 < point.y < 340):
            continue
        x, y = round(point.x), round(point.y)
        near = np.abs(luma[y - 3 : y + 4, x - 3 : x + 4] - still[y - 3 : y + 4, x - 3 : x + 4])
        checked += float(near.mean()) > 15
    assert checked > 0.8 * len(by_frame)
    (measured,) = truth_of(scene).falls
    assert measured.contrast_nominal >= measured.contrast > 15
    assert measured.release_at < fall.points[0].at <= measured.impact_at


def test_drag_holds_a_fall_at_its_terminal_speed() -> None:
    path = trajectory(Throw(0.0, 5.0, 60.0, 0.1, 0.0, 0.0, 0.0), 10.0)
    last = (path[-1, 2] - path[-40, 2]) / (path[-1, 0] - path[-40, 0])
    assert abs(-last - 10.0) < 0.1
    free = trajectory(Throw(0.0, 5.0, 19.6, 0.1, 0.0, 0.0, 0.0), 1e6)
    assert abs(free[-1, 0] - 2.0) < 0.01


def test_a_film_plays_and_its_truth_can_be_read_again(tmp_path: Path) -> None:
    wish = Wish(9, 2.0, 0, distractions=tuple(Distraction), weather=Weather.SNOW, size=(640, 360))
    target = BytesIO()
    truth = film(made(wish), target, preset="ultrafast")
    target.seek(0)
    with av.open(target, "r") as container:
        frames = sum(1 for _ in container.decode(container.streams.video[0]))
    assert frames == truth.frames == 50
    path = tmp_path / "truth.json"
    truth.save(path)
    assert load(path) == truth
