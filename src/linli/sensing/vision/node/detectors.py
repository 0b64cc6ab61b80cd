"""What a node can look for in pictures, by duty. A new detector is one line in `DETECTORS`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from linli.sensing.vision.plan import CameraPlan, Duty
from linli.sensing.vision.video import Luma


@dataclass(frozen=True, slots=True)
class Shape:
    """The pictures a detector will see: size in pixels, pictures a second."""

    width: int
    height: int
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Something a detector saw.

    Attributes:
        event: the native event's name.
        began: when it began, seconds since 1970; likewise `ended`.
        fields: the event's flat data.
        track: makes the file that holds it as data, from the event's id and the moment at which
            the clip begins; None without such a file.
    """

    event: str
    began: float
    ended: float
    fields: Mapping[str, str | float | bool] = field(default_factory=dict[str, str | float | bool])
    track: Callable[[str, float], bytes] | None = None


class Detector(Protocol):
    """Looks for one kind of thing, picture by picture."""

    def see(self, luma: Luma, at: float) -> tuple[Noticed, ...]:
        """Look at a picture (full size) shown at `at`, seconds since 1970."""
        ...


DETECTORS: Mapping[Duty, Callable[[CameraPlan, Shape], Detector]] = {}
