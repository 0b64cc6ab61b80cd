"""Delivering to other systems' hooks: taken out, sent without holding a transaction, recorded."""

import asyncio
import ssl
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

import certifi
import structlog

from linli.app.worker.counting import WorkerCounts
from linli.kernel.work import Workshop
from linli.responding.hooks.contracts import Claimed
from linli.responding.hooks.public import Unreachable, claim, record, send
from linli.support.sealing.ports import Cipher

LOOK_EVERY_S = 1.0
BATCH = 10

log = structlog.get_logger()


class HookPost:
    """Sends due notices; private addresses only in the `allowed` networks.

    `trust` says whose certificates are believed; each try is counted by its outcome.
    """

    def __init__(
        self,
        workshop: Workshop,
        cipher: Cipher,
        allowed: Sequence[IPv4Network | IPv6Network],
        trust: ssl.SSLContext,
        counts: WorkerCounts,
    ) -> None:
        self._workshop = workshop
        self._cipher = cipher
        self._allowed = allowed
        self._trust = trust
        self._counts = counts

    async def step(self) -> None:
        """Send all that is due, then wait a little."""
        while await self.deliver():
            pass
        await asyncio.sleep(LOOK_EVERY_S)

    async def deliver(self) -> bool:
        """Send one batch; False when nothing was due."""
        async with self._workshop.work() as work:
            due = await claim(work, most=BATCH)
        async with asyncio.TaskGroup() as tasks:
            for claimed in due:
                tasks.create_task(self._one(claimed))
        return bool(due)

    async def _one(self, claimed: Claimed) -> None:
        status, error = None, ""
        now = self._workshop.clock.now()
        try:
            status = await send(claimed, self._cipher, now, self._allowed, self._trust)
        except Unreachable as problem:
            error = str(problem)
        async with self._workshop.work() as work:
            state = await record(work, claimed, status, error)
        self._counts.hooks.labels(state.value).inc()
        log.info("hook_sent", delivery_id=str(claimed.id), status=status, state=state.value)


def usual_trust() -> ssl.SSLContext:
    """Who the system trusts (an organisation's own authority among them), and the usual ones."""
    trust = ssl.create_default_context()
    trust.load_verify_locations(certifi.where())
    return trust
