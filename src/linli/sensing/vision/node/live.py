"""Live view inside a camera process: fragmented MP4 for each viewer."""

from collections.abc import Callable, Iterable

import structlog

from linli.sensing.vision.node.messages import LivePart
from linli.sensing.vision.video import Coded, Encoder, Format, LiveMuxer, Picture, Unplayable

MOST_VIEWERS = 16

log = structlog.get_logger()


class Live:
    """Who watches this camera, and what each gets. `send` hands a part to the node."""

    def __init__(self, send: Callable[[LivePart], None]) -> None:
        self._send = send
        self._viewers: dict[int, tuple[Format, LiveMuxer] | None] = {}
        self._encoder: Encoder | None = None

    def __bool__(self) -> bool:
        return bool(self._viewers)

    def watch(self, viewer: int, held: Iterable[tuple[Format, Coded]]) -> None:
        """A viewer came; `held` (from a key picture on) lets it begin at once."""
        if len(self._viewers) >= MOST_VIEWERS:
            self._send(LivePart(viewer, b""))
            return
        self._viewers[viewer] = None
        for form, coded in held:
            self._feed(viewer, form, coded)

    def unwatch(self, viewer: int) -> None:
        """A viewer left; with the last one, coding for viewers ends."""
        self._viewers.pop(viewer, None)
        if not self._viewers:
            self._encoder = None

    def stop(self) -> None:
        """The pictures end for now: viewers begin anew with the next key picture."""
        self._viewers = dict.fromkeys(self._viewers)
        self._encoder = None

    def add(self, form: Format, coded: Coded) -> None:
        """Show a picture that browsers can play as it is."""
        for viewer in tuple(self._viewers):
            self._feed(viewer, form, coded)

    def add_coding(self, picture: Picture, rate: float) -> None:
        """Show a picture of a camera whose own coding browsers do not play."""
        if not self._viewers:
            return
        if self._encoder is None:
            self._encoder = Encoder(picture.size, rate)
        for form, coded in self._encoder.coded(picture):
            self.add(form, coded)

    def _feed(self, viewer: int, form: Format, coded: Coded) -> None:
        mime = None
        try:
            current = self._viewers.get(viewer)
            if current is None or current[0] != form:
                if not coded.key:
                    return
                current = (form, LiveMuxer(form, coded))
                self._viewers[viewer] = current
                mime = form.mime
            part = current[1].part(coded)
        except (Unplayable, OSError) as error:
            log.warning("live_broken", error=str(error))
            self._viewers[viewer] = None
            return
        if part or mime:
            self._send(LivePart(viewer, part, mime))
