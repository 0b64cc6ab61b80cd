"""What a detector is to a node, and what it gives: the same for whatever is looked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

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
        track: makes the file that holds it as data, from the event's id, the moment at which the
            clip begins, and how far the node's clock may be off (ms, None unknown); None without
            such a file.
    """

    event: str
    began: float
    ended: float
    fields: Mapping[str, str | float | bool] = field(default_factory=dict[str, str | float | bool])
    track: Callable[[str, float, float | None], bytes] | None = None


class Detector(Protocol):
    """Looks for one kind of thing, picture by picture."""

    def see(self, luma: Luma, at: float) -> tuple[Noticed, ...]:
        """Look at a picture (full size) shown at `at`, seconds since 1970."""
        ...
