"""Counting messages a device: who sends without end is told to the rules, once a flood."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from linli.app.intake.decoding import Loud
from linli.responding.rules.contracts import Flooding, Rule, RuleBook, SensedDevice, SensedFlood
from linli.sensing.devices.contracts import Device


class Window(msgspec.Struct):
    """How many messages a device sent since the window began."""

    began: datetime
    messages: int = 0
    told: bool = False


class Heeded(msgspec.Struct, frozen=True):
    """What the counts of a batch mean: floods that began, and (rule, device) that are calm."""

    floods: tuple[SensedFlood, ...]
    calm: frozenset[tuple[UUID, UUID]]


class Floods:
    """Counts in windows that follow each other, in memory: a restart begins a new window."""

    def __init__(self) -> None:
        self._windows: dict[tuple[UUID, UUID], Window] = {}

    def heed(self, book: RuleBook, counts: Collection[Loud]) -> Heeded:
        """Count the messages of a batch, each device's once."""
        floods: list[SensedFlood] = []
        calm: set[tuple[UUID, UUID]] = set()
        for loud in counts:
            for rule in book.by_flood.get(loud.device.kind, ()):
                flood = self._one(rule, loud, calm)
                if flood is not None:
                    floods.append(flood)
        return Heeded(tuple(floods), frozenset(calm))

    def forget(self) -> None:
        """What was told may have been rolled back: it is told again."""
        for window in self._windows.values():
            window.told = False

    def _one(self, rule: Rule, loud: Loud, calm: set[tuple[UUID, UUID]]) -> SensedFlood | None:
        condition = rule.draft.condition
        if not isinstance(condition, Flooding):
            return None
        key = (rule.id, loud.device.id)
        window = self._windows.get(key)
        length = timedelta(seconds=condition.window_s)
        if window is None or loud.received_at - window.began >= length:
            long_ago = window and loud.received_at - window.began >= 2 * length
            if window is not None and (long_ago or window.messages <= condition.most):
                calm.add(key)
            window = self._windows[key] = Window(loud.received_at)
        window.messages += loud.messages
        if window.told or window.messages <= condition.most:
            return None
        window.told = True
        calm.discard(key)
        return SensedFlood(
            device=_sensed(loud.device),
            rule_id=rule.id,
            messages=window.messages,
            since=window.began,
            received_at=loud.received_at,
        )


def _sensed(device: Device) -> SensedDevice:
    return SensedDevice(
        id=device.id,
        kind=device.kind,
        code=device.code,
        title=device.title,
        estate_id=device.estate_id,
        place_id=device.place_id,
    )
