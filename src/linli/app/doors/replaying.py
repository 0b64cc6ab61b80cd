"""Held messages taken in again, because what was wrong has been put right."""

import asyncio
from uuid import UUID

import structlog

from linli.app.doors.ports import admission_of
from linli.app.intake.absorbing import Absorber
from linli.app.intake.decoding import decode_into, nothing
from linli.app.listening import is_away, is_collision
from linli.kernel.work import Work, Workshop
from linli.sensing.devices.public import DeviceRegister
from linli.sensing.gateway.public import Inbound
from linli.sensing.quarantine.contracts import HeldMessage
from linli.sensing.quarantine.ports import Replayed
from linli.sensing.quarantine.public import give_up_replay, replay_next

NOBODYS = Replayed(
    accepted=False,
    reason="unknown_connection",
    reason_title="连接没有登记",
    words="发来这条消息的连接已经不在登记里了。",
)
GIVEN_UP_WORDS = "平台处理这条消息时又出错了；已记入日志，修复后可以再次重放。"
LOOK_EVERY_S = 30.0
FAILED_WAIT_S = 2.0

log = structlog.get_logger()


class IntakeReplay:
    """Fills the quarantine's `Replay` port."""

    def __init__(self, register: DeviceRegister, absorber: Absorber) -> None:
        self._register = register
        self._absorber = absorber
        self.last: UUID | None = None
        """The message that was tried last."""

    async def replay(self, work: Work, message: HeldMessage) -> Replayed:
        """Decode, record and judge the message as if it had just come in."""
        self.last = message.id
        if message.connection_id is None:
            return NOBODYS
        known = await self._register.load_within(work, message.connection_id)
        if known is None:
            return NOBODYS
        admission = admission_of(known, self._register)
        inbound = Inbound(
            admission=admission,
            client_id="replay",
            topic=message.topic,
            payload=message.payload,
            received_at=message.received_at,
            permitted=admission.topics.may_publish(message.topic),
        )
        decoded = nothing()
        decode_into(decoded, inbound, known)
        again, decoded.held = decoded.held, []
        await self._absorber.absorb(work, decoded)
        if not again:
            return Replayed(accepted=True)
        worst = again[0]
        return Replayed(
            accepted=False,
            reason=worst.reason,
            reason_title=worst.reason_title,
            words=worst.words,
        )


class Replayer:
    """Looks for messages somebody wants replayed; `wake` when one may have appeared."""

    def __init__(self, workshop: Workshop, replay: IntakeReplay) -> None:
        self._workshop = workshop
        self._replay = replay
        self._asked = asyncio.Event()

    def wake(self) -> None:
        self._asked.set()

    async def run(self) -> None:
        """Replay what is asked for, one message a transaction, for ever."""
        while True:
            try:
                more = await self._next()
            except Exception:
                log.exception("replay_failed")
                await asyncio.sleep(FAILED_WAIT_S)
                continue
            if not more:
                await self._wait()

    async def _next(self) -> bool:
        """Replay one; one that cannot be recorded waits again, so that others have their turn."""
        self._replay.last = None
        try:
            async with self._workshop.work() as work:
                return await replay_next(work, self._replay)
        except Exception as error:
            failed = self._replay.last
            if failed is None or is_away(error) or is_collision(error):
                raise
            log.exception("replay_given_up", message=str(failed))
            async with self._workshop.work() as work:
                await give_up_replay(work, failed, GIVEN_UP_WORDS)
            return True

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._asked.wait()
        except TimeoutError:
            return
        self._asked.clear()
