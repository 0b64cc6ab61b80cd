"""Held messages taken in again, because what was wrong has been put right."""

import asyncio

import structlog
from sqlalchemy.exc import DBAPIError

from linli.app.doors.ports import admission_of
from linli.app.intake.absorbing import Absorber
from linli.app.intake.decoding import decode_into, nothing
from linli.app.listening import DRIVER_AWAY
from linli.kernel.work import Work, Workshop
from linli.sensing.devices.public import DeviceRegister
from linli.sensing.gateway.public import Inbound
from linli.sensing.quarantine.contracts import HeldMessage
from linli.sensing.quarantine.ports import Replayed
from linli.sensing.quarantine.public import replay_next

NOBODYS = Replayed(
    accepted=False,
    reason="unknown_connection",
    reason_title="连接没有登记",
    words="发来这条消息的连接已经不在登记里了。",
)
LOOK_EVERY_S = 30.0
FAILED_WAIT_S = 2.0

log = structlog.get_logger()


class IntakeReplay:
    """Fills the quarantine's `Replay` port."""

    def __init__(self, register: DeviceRegister, absorber: Absorber) -> None:
        self._register = register
        self._absorber = absorber

    async def replay(self, work: Work, message: HeldMessage) -> Replayed:
        """Decode, record and judge the message as if it had just come in."""
        if message.connection_id is None:
            return NOBODYS
        known = await self._register.load_within(work, message.connection_id)
        if known is None:
            return NOBODYS
        admission = admission_of(known)
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
                async with self._workshop.work() as work:
                    more = await replay_next(work, self._replay)
            except (DBAPIError, *DRIVER_AWAY) as error:
                log.warning("replay_failed", error=repr(error))
                await asyncio.sleep(FAILED_WAIT_S)
                continue
            if not more:
                await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._asked.wait()
        except TimeoutError:
            return
        self._asked.clear()
