"""The last seconds of a camera as they came, still coded, so that what led to an event is there."""

from collections import deque
from collections.abc import Iterator
from itertools import takewhile

from linli.sensing.vision.video import SECOND, Coded, Format


class Ring:
    """Keeps at least `seconds` of coded pictures, but never more than `most_bytes`.

    It always begins with a key picture.
    """

    def __init__(self, seconds: float, most_bytes: int) -> None:
        self._span = int(seconds * SECOND)
        self._most_bytes = most_bytes
        self._held: deque[tuple[Format, Coded]] = deque()
        self._keys: deque[int] = deque()
        self.size = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def begins(self) -> int | None:
        """The time of the oldest picture, microseconds since 1970."""
        return self._held[0][1].dts if self._held else None

    def add(self, form: Format, coded: Coded) -> None:
        """Remember a picture."""
        if not self._held and not coded.key:
            return
        self._held.append((form, coded))
        self.size += len(coded.data)
        if coded.key:
            self._keys.append(coded.dts)
        while self._keys and (
            # A group may go when the next one alone still reaches far enough back.
            (len(self._keys) > 1 and self._keys[1] <= coded.dts - self._span)
            or self.size > self._most_bytes
        ):
            self._drop_group()

    def cut(self, begin: int, end: int, around: int) -> tuple[Format, list[Coded]] | None:
        """The pictures from the key picture at or before `begin` up to `end`, in one format.

        When the format changed in between, the pictures on the side of `around`.
        """
        form: Format | None = None
        found: list[Coded] = []
        for held_form, coded in takewhile(lambda held: held[1].dts <= end, self._held):
            if held_form != form and coded.key:
                if found and found[-1].dts >= around:
                    break
                form, found = held_form, []
            if coded.key and coded.dts <= begin:
                found = []
            found.append(coded)
        return (form, found) if form is not None and found else None

    def since_key(self) -> Iterator[tuple[Format, Coded]]:
        """The pictures from the last key picture on: what a new viewer needs to begin at once."""
        last = self._keys[-1] if self._keys else None
        for form, coded in self._held:
            if last is not None and coded.dts >= last:
                yield form, coded

    def _drop_group(self) -> None:
        self._drop()
        self._keys.popleft()
        while self._held and not self._held[0][1].key:
            self._drop()

    def _drop(self) -> None:
        _, coded = self._held.popleft()
        self.size -= len(coded.data)
