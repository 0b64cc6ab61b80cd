"""The simulator's own connection: linli tells it, as any device, what to play, what time it is."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Mapping

from linli_simulator import dialects
from linli_simulator.clock import Clock
from linli_simulator.line import Door, Line
from linli_simulator.packets import Greeting, Message
from linli_simulator.registration import Account, Device, Dialect, Kind
from linli_simulator.sayings import Answer, Command, Event, Saying, State
from linli_simulator.stage import REMEMBERED_COMMANDS, CannotPlay, Played, Stage

PLAY_SCENE = "play_scene"
FORWARD_CLOCK = "forward_clock"
BEAT = 60


class Control:
    """Takes `play_scene` {"scene": code, "device"?: code} and plays it.

    One that is for an estate `apart` has only the devices of that estate, and no say on the clock.

    Takes `forward_clock` {"ahead_s": seconds} too: the estate lives on until its clock is that much
    ahead of the wall's, and `done` says that linli has acknowledged all that was said on the way.

    Acknowledges with `done` when linli has acknowledged every message of the scene, with `refused`
    when there is no such scene or device, with `failed` when messages were lost; then tells
    `scene_played` {"scene", "device", "sent", "arrived"}. A command that comes twice plays once.
    """

    def __init__(
        self, account: Account, door: Door, stage: Stage, clock: Clock, apart: str = ""
    ) -> None:
        self._device = Device(
            code=account.username,
            kind=Kind.SIMULATOR,
            dialect=Dialect.LINLI_NATIVE,
            title="模拟器",
            place="",
            building=None,
            connection=account.username,
            is_child=False,
            external_code=account.username,
        )
        self._stage = stage
        self._clock = clock
        self._apart = apart
        self._answers: OrderedDict[str, Answer | None] = OrderedDict()
        self._group: asyncio.TaskGroup | None = None
        self._walking = asyncio.Lock()
        self.line = Line(
            door,
            Greeting(
                account.username,
                account.username,
                account.token,
                clean=False,
                will=dialects.will(Dialect.LINLI_NATIVE),
            ),
            topics=dialects.topics(Dialect.LINLI_NATIVE, is_gateway=False),
            greet=self._greet,
            hear=self._hear,
        )

    async def listen(self, group: asyncio.TaskGroup) -> None:
        """Stay connected and play what is asked, until cancelled."""
        self._group = group
        holding = group.create_task(self.line.hold())
        try:
            while True:
                await self._clock.rest(BEAT)
                self._greet()
        finally:
            holding.cancel()

    def _greet(self) -> None:
        self._say(State(self._clock.now(), online=True))

    def _hear(self, message: Message) -> None:
        command = dialects.understand(message)
        if command is None or self._group is None:
            return
        if command.id in self._answers:
            if (answer := self._answers[command.id]) is not None:
                self._say(answer)  # linli did not hear it
            return
        self._answers[command.id] = None
        while len(self._answers) > REMEMBERED_COMMANDS:
            self._answers.popitem(last=False)
        self._group.create_task(self._perform(command))

    async def _perform(self, command: Command) -> None:
        answer, played = await self._answered(command)
        self._answers[command.id] = answer
        self._say(answer)
        if played is not None:
            fields: dict[str, str | float | int | bool] = {
                "scene": played.scene,
                "device": played.device,
                "sent": played.sent,
                "arrived": played.arrived,
            }
            self._say(Event(self._clock.now(), "scene_played", fields, key=f"-{played.scene}"))

    async def _answered(self, command: Command) -> tuple[Answer, Played | None]:
        if command.expires is not None and command.expires < self._clock.now():
            return Answer(command.id, "refused", "命令已过期"), None
        if command.name == FORWARD_CLOCK and not self._apart:
            return await self._forwarded(command), None
        scene = _words(command.params, "scene")
        if command.name != PLAY_SCENE or scene is None:
            words = "模拟器只会 forward_clock，和给出 scene 的 play_scene"
            return Answer(command.id, "refused", words), None
        try:
            played = await self._stage.play(scene, _words(command.params, "device"), self._apart)
        except CannotPlay as reason:
            return Answer(command.id, "refused", str(reason)), None
        if played.sent == played.arrived:
            return Answer(command.id, "done"), played
        words = f"{played.sent} 条消息中 {played.arrived} 条得到确认"
        return Answer(command.id, "failed", words), played

    async def _forwarded(self, command: Command) -> Answer:
        ahead = command.params.get("ahead_s")
        if not isinstance(ahead, int | float) or not math.isfinite(ahead):
            return Answer(command.id, "refused", "要给出 ahead_s（秒）")
        async with self._walking:
            await self._clock.walk(ahead)
            if await self._stage.settled():
                return Answer(command.id, "done")
        return Answer(command.id, "failed", "有设备的消息没有得到确认")

    def _say(self, saying: Saying) -> None:
        for message in dialects.encode(saying, self._device):
            self.line.send(message.topic, message.payload)


def _words(params: Mapping[str, object], name: str) -> str | None:
    value = params.get(name)
    return value if isinstance(value, str) else None
