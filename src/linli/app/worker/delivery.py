"""Delivering messages: taken out, carried without holding a transaction, and recorded."""

import asyncio
from collections.abc import Mapping

import structlog

from linli.app.worker.counting import WorkerCounts
from linli.app.worker.supervised import woken
from linli.kernel.work import Workshop
from linli.support.messaging.contracts import Channel, Parcel, Receipt
from linli.support.messaging.ports import Carrier, ParcelRefused
from linli.support.messaging.public import claim, record_carried, record_failed

LOOK_EVERY_S = 1.0
BATCH = 20
CARRY_S = 20.0

log = structlog.get_logger()


class Delivery:
    """Hands queued messages to the carriers of their channels."""

    def __init__(
        self,
        workshop: Workshop,
        carriers: Mapping[Channel, Carrier],
        queued: asyncio.Event,
        counts: WorkerCounts,
    ) -> None:
        self._workshop = workshop
        self._carriers = carriers
        self._queued = queued
        self._counts = counts

    async def step(self) -> None:
        """Deliver all that waits, then wait for more."""
        await woken(self._queued, or_after_s=LOOK_EVERY_S)
        while await self.deliver():
            pass

    async def deliver(self) -> bool:
        """Deliver one batch; False when nothing waited."""
        async with self._workshop.work() as work:
            parcels = await claim(work, most=BATCH)
        async with asyncio.TaskGroup() as tasks:
            for parcel in parcels:
                tasks.create_task(self._deliver(parcel))
        return bool(parcels)

    async def _deliver(self, parcel: Parcel) -> None:
        carrier = self._carriers.get(parcel.channel)
        if carrier is None:
            await self._failed(parcel, "no carrier for this channel", final=True)
            return
        try:
            async with asyncio.timeout(CARRY_S):
                receipt = await carrier.carry(parcel)
        except ParcelRefused as error:
            await self._failed(parcel, str(error), final=True)
        except OSError as error:  # TimeoutError is one
            await self._failed(parcel, repr(error), final=False)
        else:
            await self._carried(parcel, receipt)

    async def _carried(self, parcel: Parcel, receipt: Receipt) -> None:
        async with self._workshop.work() as work:
            await record_carried(work, parcel, receipt)
        self._counts.deliveries.labels(parcel.channel.value, "carried").inc()

    async def _failed(self, parcel: Parcel, error: str, *, final: bool) -> None:
        async with self._workshop.work() as work:
            state = await record_failed(work, parcel, error, final=final)
        log.warning(
            "message_not_delivered",
            message_id=str(parcel.message_id),
            channel=parcel.channel.value,
            attempt=parcel.attempt,
            state=state.value,
            error=error,
        )
        self._counts.deliveries.labels(parcel.channel.value, "failed").inc()
