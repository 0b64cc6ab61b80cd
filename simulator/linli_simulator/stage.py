"""Where devices, their connections and the clock come together, and deeds are done."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from linli_simulator import commands, dialects, pictures
from linli_simulator.clock import Clock
from linli_simulator.deeds import (
    Deed,
    FallSilent,
    Flood,
    Freeze,
    Happen,
    Misdate,
    Pause,
    Picture,
    Release,
    Repeat,
    Return,
    SendKept,
    Show,
)
from linli_simulator.evidence import EvidenceDoor
from linli_simulator.line import Door, Line
from linli_simulator.packets import Greeting, Message
from linli_simulator.registration import Account, Device, Dialect, MoreEstate, Register
from linli_simulator.sayings import Answer, Command, Event, Saying, Telemetry
from linli_simulator.scenes import BY_CODE, Scene, cast_for
from linli_simulator.terminal import Terminal

ACKNOWLEDGED_WITHIN = 20.0
FLOOD_WINDOW = 10_000
TICKS_A_SECOND = 20
REMEMBERED_COMMANDS = 64


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a scene: who played it, and how many of its messages linli has."""

    scene: str
    device: str
    sent: int
    arrived: int


class CannotPlay(Exception):
    """The scene is unknown, or no device of this estate can play it; the text says which."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the stage behaves: `alone` plays beside another running simulator."""

    seed: int = 7
    alone: bool = False


class Stage:
    """All terminals of a register, on their connections.

    `open` starts the connections in a task group; they end with `end`, or with the group.
    """

    def __init__(self, register: Register, clock: Clock, manner: Manner) -> None:
        self.terminals = {device.code: Terminal(device, manner.seed) for device in register.devices}
        self.lines: dict[str, Line] = {}
        self._clock = clock
        self._register = register
        self._manner = manner
        self._evidence = EvidenceDoor(register.http)
        self._children: Mapping[str, list[Terminal]] = self._by_connection()
        self._group: asyncio.TaskGroup | None = None
        self._holding: list[asyncio.Task[None]] = []
        self._aftermaths: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._obeying: dict[str, asyncio.Task[None]] = {}
        self._answers: dict[str, OrderedDict[str, Answer]] = defaultdict(OrderedDict)

    def open(self, group: asyncio.TaskGroup, connections: Iterable[str]) -> None:
        """Connect these accounts and stay connected; about twenty new connections a second."""
        self._group = group
        for number, name in enumerate(connections):
            line = self._line(self._register.accounts[name])
            self.lines[name] = line
            self._holding.append(group.create_task(_hold_after(line, number / 20)))

    def take_in(self, group: asyncio.TaskGroup, more: MoreEstate) -> list[Terminal]:
        """Play one more estate from now on; answers its terminals."""
        self._register = replace(
            self._register,
            devices=(*self._register.devices, *more.devices),
            accounts={**self._register.accounts, **more.accounts},
        )
        new = [Terminal(device, self._manner.seed) for device in more.devices]
        self.terminals.update({terminal.device.code: terminal for terminal in new})
        self._children = self._by_connection()
        self.open(group, sorted({device.connection for device in more.devices}))
        return new

    def say(self, terminal: Terminal, saying: Saying) -> list[asyncio.Future[bool]]:
        """Send it on the terminal's connection; nothing when the terminal is silent."""
        line = self.lines.get(terminal.device.connection)
        if line is None or terminal.silent:
            return []
        return [
            line.send(message.topic, message.payload, qos=message.qos, retain=message.retain)
            for message in dialects.encode(saying, terminal.device)
        ]

    async def play(self, code: str, wanted: str | None = None, apart: str = "") -> Played:
        """Play a scene and wait until linli has acknowledged all of it.

        `apart`: with the devices of this estate; without it, with those told by all together.

        What puts things right later runs on in the background; `finish` waits for it.

        Raises:
            CannotPlay: there is no such scene, or no device for it.
        """
        scene, terminal = self.prepare(code, wanted, apart)
        performance = (terminal.device.code, scene.code)
        if (earlier := self._aftermaths.pop(performance, None)) is not None:
            earlier.cancel()
        sent = await self.do(terminal, scene.deeds)
        arrived = await _arrivals(sent)
        if scene.aftermath and self._group is not None:
            self._aftermaths[performance] = self._group.create_task(
                self._later(terminal, scene.aftermath)
            )
        return Played(scene.code, terminal.device.code, len(sent), arrived)

    async def finish(self) -> None:
        """Wait until all that was played has been put right."""
        if self._aftermaths:
            await asyncio.wait(self._aftermaths.values())

    async def settled(self) -> bool:
        """Wait until linli has acknowledged all that was said; False when it takes too long."""
        return all(await asyncio.gather(*(line.said() for line in self.lines.values())))

    def end(self) -> None:
        """Leave things as they are and say good-bye on every connection."""
        for task in (*self._aftermaths.values(), *self._obeying.values(), *self._holding):
            task.cancel()

    def prepare(
        self, code: str, wanted: str | None = None, apart: str = ""
    ) -> tuple[Scene, Terminal]:
        """The scene and who will play it.

        Raises:
            CannotPlay: there is no such scene, or no device for it.
        """
        scene = BY_CODE.get(code)
        if scene is None:
            raise CannotPlay(f"没有场景 {code}")
        there = [device for device in self._register.devices if device.apart == apart]
        device = cast_for(scene, there, wanted)
        if device is None:
            raise CannotPlay(f"小区里没有能演“{scene.title}”的设备")
        return scene, self.terminals[device.code]

    async def do(self, terminal: Terminal, deeds: Iterable[Deed]) -> list[asyncio.Future[bool]]:
        """Let it all happen, one after another; the messages that were sent."""
        sent: list[asyncio.Future[bool]] = []
        for deed in deeds:
            sent += await self._one(terminal, deed)
        return sent

    async def _one(self, terminal: Terminal, deed: Deed) -> list[asyncio.Future[bool]]:
        now = self._clock.now()
        match deed:
            case Show(values):
                terminal.lay_over(values)
                return self.say(terminal, terminal.report(now, values))
            case Freeze(names):
                terminal.freeze(now, names)
            case Release(names):
                terminal.release(now, names)
                return self.say(terminal, terminal.report(now, names))
            case Happen(name, fields, picture):
                evidence = await self._evidence_of(terminal.device, picture, now)
                event = Event(now + terminal.wrong_by, name, fields, evidence)
                return self.say(terminal, event)
            case SendKept(names, hours):
                return self.say(terminal, terminal.kept(now, names, hours))
            case Repeat(times):
                return self.say(terminal, terminal.repeated(now, times))
            case Misdate(seconds):
                terminal.wrong_by = seconds
            case FallSilent():
                self._fall_silent(terminal, now)
            case Return():
                return self._return(terminal, now)
            case Flood():
                return await self._flood(terminal, deed)
            case Pause(seconds):
                await self._clock.rest(seconds)
        return []

    def _fall_silent(self, terminal: Terminal, now: float) -> None:
        if terminal.device.is_child:
            self.say(terminal, terminal.state(now, online=False))  # its gateway notices
        elif (line := self.lines.get(terminal.device.connection)) is not None:
            line.cut()
        terminal.silent = True

    def _return(self, terminal: Terminal, now: float) -> list[asyncio.Future[bool]]:
        terminal.silent = False
        if terminal.device.is_child:
            return self.say(terminal, terminal.state(now))
        if (line := self.lines.get(terminal.device.connection)) is not None:
            line.mend()  # it says its state when it is connected
        return []

    async def _flood(self, terminal: Terminal, flood: Flood) -> list[asyncio.Future[bool]]:
        """Say far too much; what is not acknowledged soon after is given up."""
        line = self.lines.get(terminal.device.connection)
        if line is None:
            return []
        polite, line.window = line.window, FLOOD_WINDOW
        sent: list[asyncio.Future[bool]] = []
        try:
            for tick in range(flood.seconds * TICKS_A_SECOND):
                now, values = self._clock.now(), terminal.values(self._clock.now())
                for number in range(flood.per_second // TICKS_A_SECOND):
                    sent += self.say(terminal, Telemetry(now + number / 1000, values))
                await self._clock.rest(1 / TICKS_A_SECOND)
                if not line.up.is_set() and tick > TICKS_A_SECOND:
                    break  # linli has thrown it out
            await asyncio.wait(sent, timeout=3.0)
            return [one for one in sent if one.done()]
        finally:
            line.window = polite
            line.forget()

    async def _evidence_of(
        self, device: Device, picture: Picture | None, at: float
    ) -> tuple[str, ...]:
        if picture is None:
            return ()
        jpeg = await asyncio.to_thread(pictures.draw, picture, pictures.Caption(device.title, at))
        account = self._register.accounts[device.connection]
        file_id = await self._evidence.upload(account, jpeg)
        return () if file_id is None else (file_id,)

    async def _later(self, terminal: Terminal, deeds: tuple[Deed, ...]) -> None:
        await _arrivals(await self.do(terminal, deeds))

    def _line(self, account: Account) -> Line:
        terminals = self._children.get(account.username, [])
        dialect = terminals[0].device.dialect if terminals else Dialect.LINLI_NATIVE
        is_gateway = any(one.device.is_child for one in terminals)

        def greet() -> None:
            for terminal in terminals:
                self.say(terminal, terminal.state(self._clock.now()))

        def hear(message: Message) -> None:
            self._heard(account.username, message)

        return Line(
            Door(self._register.mqtt_host, self._register.mqtt_port),
            Greeting(
                client_id=account.username + ("-scene" if self._manner.alone else ""),
                username=account.username,
                password=account.token,
                clean=self._manner.alone,
                will=None if self._manner.alone else dialects.will(dialect),
            ),
            topics=() if self._manner.alone else dialects.topics(dialect, is_gateway=is_gateway),
            greet=(lambda: None) if self._manner.alone else greet,
            hear=hear,
        )

    def _heard(self, connection: str, message: Message) -> None:
        command = dialects.understand(message)
        if command is None or self._group is None:
            return
        terminal = self._addressed(connection, command)
        if terminal is not None:
            self._obey(terminal, command)

    def _addressed(self, connection: str, command: Command) -> Terminal | None:
        for terminal in self._children.get(connection, []):
            device = terminal.device
            if device.external_code == command.child if device.is_child else command.child is None:
                return terminal
        return None

    def _obey(self, terminal: Terminal, command: Command) -> None:
        if terminal.silent or self._group is None:
            return
        now, code = self._clock.now(), terminal.device.code
        if terminal.device.dialect is Dialect.ZIGBEE2MQTT:
            self.say(terminal, terminal.report(now, ()))  # a bridge answers with the state
            return
        given = self._answers[code]
        if (before := given.get(command.id)) is not None:
            self.say(terminal, before)  # linli did not hear the answer; do nothing twice
            return
        reaction = commands.react(terminal.device.kind, command, terminal.values(now), now)
        given[command.id] = Answer(command.id, reaction.status, reaction.words)
        while len(given) > REMEMBERED_COMMANDS:
            given.popitem(last=False)
        if reaction.deeds:
            if (earlier := self._obeying.pop(code, None)) is not None:
                earlier.cancel()
            self._obeying[code] = self._group.create_task(self._later(terminal, reaction.deeds))
        self.say(terminal, given[command.id])

    def _by_connection(self) -> dict[str, list[Terminal]]:
        found: dict[str, list[Terminal]] = defaultdict(list)
        for terminal in self.terminals.values():
            found[terminal.device.connection].append(terminal)
        return dict(found)


async def _hold_after(line: Line, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await line.hold()


async def _arrivals(sent: list[asyncio.Future[bool]]) -> int:
    if not sent:
        return 0
    done, _ = await asyncio.wait(sent, timeout=ACKNOWLEDGED_WITHIN)
    return sum(one.result() for one in done)
