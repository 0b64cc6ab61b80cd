"""An estate with devices that report, on the real database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID

from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from linli.kernel.ids import new_id
from linli.kernel.work import Work
from linli.sensing.devices.contracts import Device, DeviceState, Scalar
from linli.sensing.devices.models import device_table
from linli.sensing.telemetry.contracts import Entry, Receipt
from linli.sensing.telemetry.models import reading_table, series_table
from linli.support.files.public import DeviceEvidence, save_device_evidence
from linli.support.files.vault import memory_vault

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class SaidEvent:
    code: str
    id: str | None = None
    data: tuple[tuple[str, Scalar], ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    observed_at: datetime | None = None
    values: tuple[tuple[str, float], ...] = ()
    events: tuple[SaidEvent, ...] = ()
    clock_unreadable: bool = False


async def picture_of(work: Work, estate_id: UUID) -> UUID:
    """A picture that a device of this estate sent before."""
    content = BytesIO()
    Image.new("RGB", (32, 24), "green").save(content, "JPEG")
    evidence = DeviceEvidence(content=content.getvalue(), estate_id=estate_id)
    return (await save_device_evidence(work, memory_vault(), evidence)).id


@dataclass
class Site:
    """An estate with devices that report, and what the database has of it."""

    work: Work
    estate_id: UUID
    devices: list[Device] = field(default_factory=list)

    async def device(self, kind: str = "water_meter") -> Device:
        device = Device(
            id=new_id(NOON),
            estate_id=self.estate_id,
            place_id=None,
            code=f"M{len(self.devices):04}",
            title="1号楼 101 水表",
            kind=kind,
            driver="linli",
            connection_id=None,
            external_code=None,
            state=DeviceState.NEVER,
            version=1,
            state_since=NOON,
        )
        await self.work.connection.execute(
            device_table.insert().values(
                id=device.id,
                estate_id=device.estate_id,
                code=device.code,
                title=device.title,
                kind=device.kind,
                driver=device.driver,
                state=device.state,
                state_since=device.state_since,
            )
        )
        self.devices.append(device)
        return device

    async def stored(self, device: Device, code: str) -> list[tuple[datetime, float]]:
        """Every stored reading, in order, each as often as it is stored."""
        rows = await self.work.connection.execute(
            select(reading_table.c.observed_at, reading_table.c.value)
            .join(series_table, series_table.c.id == reading_table.c.series_id)
            .where(series_table.c.device_id == device.id, series_table.c.property == code)
            .order_by(reading_table.c.observed_at)
        )
        return [(row[0], row[1]) for row in rows]


def reported(
    device: Device,
    after: float | None,
    *,
    received: datetime = NOON,
    receipt: Receipt | None = None,
    **values: float,
) -> Entry:
    """What a device says `after` seconds past noon (None: it says no time)."""
    observed_at = None if after is None else NOON + timedelta(seconds=after)
    return Entry(
        device,
        Said(observed_at=observed_at, values=tuple(values.items())),
        received if after is None else max(received, NOON + timedelta(seconds=after)),
        receipt,
    )


async def _days_for_noon(connection: AsyncConnection) -> None:
    await connection.execute(
        text("SELECT linli_readings_prepare(CAST(:first AS date), 3)"),
        {"first": (NOON - timedelta(days=1)).date()},
    )


@asynccontextmanager
async def rolled_back(engine: AsyncEngine) -> AsyncGenerator[Site]:
    """A site inside a transaction that leaves nothing behind."""
    async with engine.connect() as connection:
        await _days_for_noon(connection)
        yield Site(Work(connection=connection, now=NOON), estate_id=new_id(NOON))
        await connection.rollback()
