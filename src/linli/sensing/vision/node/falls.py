"""Falling objects as a node's detector: the engine's falls become events with their trajectory."""

from importlib.metadata import version

import msgspec

from linli.sensing.vision import pictures
from linli.sensing.vision.contracts import Facade, FallenObject, Origin
from linli.sensing.vision.falling.detector import FallingDetector
from linli.sensing.vision.falling.origin import origin_of
from linli.sensing.vision.falling.settings import Settings
from linli.sensing.vision.node.noticing import Noticed, Shape
from linli.sensing.vision.plan import CameraPlan, TrackFile
from linli.sensing.vision.video import Luma

EVENT = "falling_object"


class FallWatch:
    """Watches one camera for falling objects."""

    def __init__(self, plan: CameraPlan, shape: Shape) -> None:
        self._plan = plan
        self._shape = shape
        self._facades = {facade.id: facade for facade in plan.facades}
        self._detector = FallingDetector(
            settings=Settings(sensitivity=plan.sensitivity, confidence=plan.confidence),
            size=(shape.width, shape.height),
            fps=shape.rate,
            facades=plan.facades,
            blind=plan.blind,
        )

    def see(self, luma: Luma, at: float) -> tuple[Noticed, ...]:
        """Look at a full-size picture shown at `at` (seconds since 1970)."""
        found = self._detector.see(pictures.half(luma), at)
        return tuple(self._noticed(fallen) for fallen in found)

    def _noticed(self, fallen: FallenObject) -> Noticed:
        facade = self._facades.get(fallen.facade_id or "")
        size = (self._shape.width, self._shape.height)
        origin = origin_of(fallen, facade, size) if facade is not None else None
        return Noticed(
            event=EVENT,
            began=fallen.released_at,
            ended=fallen.impact_at,
            fields=_fields(fallen, origin),
            track=lambda event_id, clip_from, error_ms: self._track(
                fallen, facade, origin, event_id=event_id, clip_from=clip_from, error_ms=error_ms
            ),
        )

    def _track(
        self,
        fallen: FallenObject,
        facade: Facade | None,
        origin: Origin | None,
        *,
        event_id: str,
        clip_from: float,
        error_ms: float | None,
    ) -> bytes:
        """The trajectory file. Its clock is seconds since 1970 UTC."""
        plan, shape = self._plan, self._shape
        file = TrackFile(
            camera=plan.code,
            event_id=event_id,
            width=shape.width,
            height=shape.height,
            fps=shape.rate,
            clip_from=clip_from,
            fallen=fallen,
            origin=origin,
            facade=facade,
            clock_error_ms=error_ms,
            software={name: version(name) for name in ("linli", "numpy", "av")}
            | {"opencv": version("opencv-python-headless")},
            settings={"sensitivity": plan.sensitivity, "confidence": plan.confidence},
        )
        return msgspec.json.encode(file)


def _fields(fallen: FallenObject, origin: Origin | None) -> dict[str, str | float | bool]:
    fields: dict[str, str | float | bool] = {
        "grade": fallen.grade.value,
        "reasons": ",".join(reason.value for reason in fallen.reasons),
        "confidence": round(fallen.confidence, 3),
        "released_at": round(fallen.released_at * 1000),
        "impact_at": round(fallen.impact_at * 1000),
    }
    if fallen.facade_id is not None:
        fields["facade"] = fallen.facade_id
    if origin is not None:
        fields |= {
            "storey": origin.storey,
            "storey_low": origin.storey_low,
            "storey_high": origin.storey_high,
            "column": origin.column,
            "column_low": origin.column_low,
            "column_high": origin.column_high,
        }
    return fields
