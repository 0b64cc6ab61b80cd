"""Delivery: each message goes to its channel's carrier, and what comes of it is on record."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from linli.app.worker.counting import WorkerCounts
from linli.app.worker.delivery import Delivery
from linli.kernel.work import Workshop
from linli.support.messaging.contracts import About, Channel, Message, Parcel, Receipt
from linli.support.messaging.models import message_table
from linli.support.messaging.ports import Carrier, ParcelRefused
from linli.support.messaging.public import RecordingCarrier, send


@dataclass(slots=True)
class TroubledCarrier:
    """Answers each parcel with what is next on its list."""

    troubles: list[Exception | None]
    carried: list[Parcel] = field(default_factory=list[Parcel])

    async def carry(self, parcel: Parcel) -> Receipt:
        trouble = self.troubles.pop(0)
        if trouble is not None:
            raise trouble
        self.carried.append(parcel)
        return Receipt(reference=f"r{parcel.attempt}", arrived=True)


@pytest.fixture
def machine(workshops: tuple[Workshop, Workshop]) -> Workshop:
    return workshops[1]


def delivery(machine: Workshop, carriers: Mapping[Channel, Carrier]) -> Delivery:
    return Delivery(machine, carriers, asyncio.Event(), WorkerCounts(CollectorRegistry()))


async def post(machine: Workshop, *channels: Channel) -> None:
    async with machine.work() as work:
        for channel in channels:
            await send(
                work,
                Message(
                    channel=channel,
                    template="incident_opened",
                    title="新事件",
                    words="阳光花园 3号楼 3号电梯 发现电动自行车进入，请及时处置",
                    about=About(incident_id=UUID(int=1)),
                    address="13812345678",
                ),
            )


async def states(machine: Workshop) -> dict[str, str]:
    async with machine.work() as work:
        m = message_table.c
        rows = await work.connection.execute(select(m.channel, m.state))
        return {row.channel: row.state for row in rows}


async def test_every_channel_has_its_carrier(machine: Workshop) -> None:
    await post(machine, Channel.SMS, Channel.PHONE, Channel.WECHAT)
    carrier: Carrier = RecordingCarrier()
    carriers: dict[Channel, Carrier] = {Channel.SMS: carrier, Channel.PHONE: carrier}
    deliveries = delivery(machine, carriers)
    assert await deliveries.deliver()
    assert not await deliveries.deliver()
    assert await states(machine) == {"sms": "delivered", "phone": "delivered", "wechat": "failed"}


async def test_a_busy_carrier_gets_the_parcel_again_and_a_final_no_is_final(
    machine: Workshop,
) -> None:
    await post(machine, Channel.SMS, Channel.PHONE)
    busy = TroubledCarrier([ConnectionResetError("busy"), None])
    strict = TroubledCarrier([ParcelRefused("no such number")])
    deliveries = delivery(machine, {Channel.SMS: busy, Channel.PHONE: strict})
    await deliveries.deliver()
    assert await states(machine) == {"sms": "queued", "phone": "failed"}
    async with machine.work() as work:
        m = message_table.c
        await work.connection.execute(
            message_table.update().where(m.state == "queued").values(next_attempt_at=work.now)
        )
    await deliveries.deliver()
    assert await states(machine) == {"sms": "delivered", "phone": "failed"}
    assert [parcel.attempt for parcel in busy.carried] == [2]


async def test_two_workers_carry_each_message_once(machine: Workshop) -> None:
    await post(machine, Channel.SMS, Channel.PHONE, Channel.WECHAT)
    carrier = TroubledCarrier([None] * 3)
    carriers: dict[Channel, Carrier] = dict.fromkeys(Channel, carrier)
    await asyncio.gather(*(delivery(machine, carriers).deliver() for _ in range(3)))
    assert sorted(parcel.channel for parcel in carrier.carried) == ["phone", "sms", "wechat"]
