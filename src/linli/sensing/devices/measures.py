"""What should be known of devices."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import GenerativeSelect, func, select

from linli.kernel.measures import Measure
from linli.sensing.devices.models import device_table

d = device_table.c
PLACED = d.place_id.is_not(None)
# The demo's own connection and gateways stand for the whole estate.
SOMEWHERE = d.kind.not_in(("simulator", "site_gateway"))


def _counted(now: datetime, estate: UUID | None) -> GenerativeSelect:
    del now
    wanted = select(
        d.estate_id, func.count().label("total"), func.count().filter(PLACED).label("have")
    ).where(SOMEWHERE)
    if estate is not None:
        wanted = wanted.where(d.estate_id == estate)
    return wanted.group_by(d.estate_id)


def _lacking(now: datetime, estate: UUID) -> GenerativeSelect:
    del now
    return select(d.id, d.title).where(SOMEWHERE, d.estate_id == estate, ~PLACED).order_by(d.title)


MEASURES = (
    Measure("devices.place", "设备有位置", "设备", 2, "see_devices", "device", _counted, _lacking),
)
