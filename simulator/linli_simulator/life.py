"""The ordinary day of an estate: every device in its rhythm, and now and then a fault."""

import asyncio
import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from linli_simulator import rhythm
from linli_simulator.clock import Clock
from linli_simulator.deeds import Happen, Pause, Release, Show
from linli_simulator.registration import Kind
from linli_simulator.scenes import BY_CODE, SCENES, TIMETABLE
from linli_simulator.stage import CannotPlay, Stage
from linli_simulator.terminal import Terminal

STATE_EVERY = 15
GATE_OPEN_SECONDS = 5
DOOR_OPEN_SECONDS = 25


class Occasion(IntEnum):
    BEAT = 0
    VISIT = 1


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """Whose turn it is, and when; turns sort by time."""

    at: float
    code: str
    occasion: Occasion


class Life:
    """Lets the terminals of a stage live from `since` on, each turn followed by its next."""

    def __init__(self, stage: Stage, clock: Clock, seed: int) -> None:
        self._stage = stage
        self._clock = clock
        self._seed = seed
        self._beats: dict[str, int] = {}
        self._turns: list[Turn] = []

    async def live(self, group: asyncio.TaskGroup) -> None:
        """Run until cancelled."""
        turns = self._turns = self.first_turns(self._clock.now())
        heapq.heapify(turns)
        while turns:
            turn = turns[0]
            await self._clock.until(turn.at)
            terminal = self._stage.terminals[turn.code]
            await self._not_too_fast(terminal)
            self._take(turn, terminal, group)
            heapq.heapreplace(turns, self.following(turn))

    def take_in(self, terminals: Iterable[Terminal]) -> None:
        """Let these live too from now on."""
        for turn in self.first_turns(self._clock.now(), terminals):
            heapq.heappush(self._turns, turn)

    def first_turns(self, since: float, of: Iterable[Terminal] | None = None) -> list[Turn]:
        """Their next turns after this moment; everybody's, if nobody is named."""
        turns: list[Turn] = []
        for terminal in self._stage.terminals.values() if of is None else of:
            code = terminal.device.code
            occasions = [Occasion.BEAT]
            if terminal.device.kind in rhythm.VISITS:
                occasions.append(Occasion.VISIT)
            turns += [self.following(Turn(since, code, occasion)) for occasion in occasions]
        return turns

    def following(self, turn: Turn) -> Turn:
        """The next turn of the same kind."""
        device = self._stage.terminals[turn.code].device
        match turn.occasion:
            case Occasion.BEAT:
                at = rhythm.next_beat(device, turn.at, self._seed)
            case Occasion.VISIT:
                at = rhythm.next_visit(device, turn.at, self._seed)
        return Turn(at, turn.code, turn.occasion)

    def _take(self, turn: Turn, terminal: Terminal, group: asyncio.TaskGroup) -> None:
        match turn.occasion:
            case Occasion.BEAT:
                self._beat(turn, terminal)
            case Occasion.VISIT:
                self._visit(turn, terminal, group)

    def _beat(self, turn: Turn, terminal: Terminal) -> None:
        beat = terminal.beat(turn.at)
        if beat.values:
            self._stage.say(terminal, beat)
        count = self._beats[turn.code] = self._beats.get(turn.code, 0) + 1
        if count % STATE_EVERY == 0:
            self._stage.say(terminal, terminal.state(turn.at))

    def _visit(self, turn: Turn, terminal: Terminal, group: asyncio.TaskGroup) -> None:
        values = terminal.values(turn.at)
        if values["open"] or values.get("locked_down"):
            return
        if terminal.device.kind is Kind.GATE_CONTROLLER:
            passage = rhythm.passage(terminal.device, turn.at, self._seed)
            deeds = (
                Show({"open": True}),
                Happen(passage.name, passage.fields),
                Pause(GATE_OPEN_SECONDS),
                Release(("open",)),
            )
        else:
            deeds = (Show({"open": True}), Pause(DOOR_OPEN_SECONDS), Release(("open",)))
        group.create_task(self._let(terminal, deeds))

    async def _let(
        self, terminal: Terminal, deeds: tuple[Show | Happen | Pause | Release, ...]
    ) -> None:
        await self._stage.do(terminal, deeds)

    async def _not_too_fast(self, terminal: Terminal) -> None:
        await self._stage.lines[terminal.device.connection].room()


async def have_faults(stage: Stage, clock: Clock) -> None:
    """One device after another goes wrong, some minutes after the start."""
    began = clock.now()
    for after, scene in TIMETABLE:
        await clock.until(began + after)
        try:
            await stage.play(scene)
        except CannotPlay:
            continue  # this estate has no such device


# A county of sixty estates has some 130 matters a day, most of them small.
COUNTY_EVERY = 660
COUNTY_SCENES = (
    *("low_battery", "low_battery", "cover_tilted", "forced_gate", "low_battery", "sos"),
    *("cover_tilted", "charging_overheat", "forced_gate", "trapped_lift", "low_battery", "smoke"),
)


async def happen_in_county(stage: Stage, clock: Clock, seed: int) -> None:
    """Now here, now there something happens in the estates that came later."""
    number = 0
    while True:
        await clock.rest(COUNTY_EVERY)
        number += 1
        scene = COUNTY_SCENES[number % len(COUNTY_SCENES)]
        able = [
            terminal.device.code
            for terminal in stage.terminals.values()
            if terminal.device.calm and terminal.device.kind in BY_CODE[scene].kinds
        ]
        if able:
            await stage.play(scene, able[int(rhythm.dice(seed, "county", number) * len(able))])


async def play_by_timetable(stage: Stage, clock: Clock, every: float) -> None:
    """Play all scenes in turn, one every so many seconds, for ever."""
    due = clock.now()
    while True:
        for scene in SCENES:
            due += every
            await clock.until(due)
            try:
                await stage.play(scene.code)
            except CannotPlay:
                continue
