"""Figures of devices."""

from sqlalchemy import ColumnElement, GenerativeSelect, func, select, true

from linli.kernel.database import among
from linli.kernel.tallies import Asker, Tally, TallyKind
from linli.sensing.devices.contracts import DeviceState
from linli.sensing.devices.models import device_table

SEE = "see_devices"
d = device_table.c


def _counted(asker: Asker, which: ColumnElement[bool]) -> GenerativeSelect:
    return (
        select(d.estate_id, func.count().label("total"))
        .where(among(d.estate_id, asker.estates), which)
        .group_by(d.estate_id)
    )


def _silent(asker: Asker) -> GenerativeSelect:
    return (
        select(
            d.id,
            d.title,
            d.code.label("detail"),
            d.state_since.label("at"),
            d.estate_id,
        )
        .where(among(d.estate_id, asker.estates), d.state == DeviceState.OFFLINE)
        .order_by(d.state_since, d.id)
    )


TALLIES = (
    Tally(
        code="devices.offline",
        title="离线设备",
        kind=TallyKind.FIGURE,
        needs=SEE,
        opens="/devices/{id}",
        counted=lambda asker: _counted(asker, d.state == DeviceState.OFFLINE),
        listed=_silent,
        good=False,
    ),
    Tally(
        code="devices.all",
        title="设备",
        kind=TallyKind.FIGURE,
        needs=SEE,
        opens="/devices",
        counted=lambda asker: _counted(asker, true()),
    ),
)
