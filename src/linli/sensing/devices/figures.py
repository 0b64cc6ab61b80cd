"""Devices of a place, by how they stand."""

from datetime import datetime

from sqlalchemy import ColumnElement, GenerativeSelect, func, select, true

from linli.kernel.figures import Figure, Tone
from linli.sensing.devices.contracts import DeviceState
from linli.sensing.devices.models import device_table, fault_table

SEE = "see_devices"

d = device_table.c
f = fault_table.c
WITH_FAULT = d.id.in_(select(f.device_id))


def _figure(code: str, title: str, which: ColumnElement[bool], tone: Tone) -> Figure:
    def records(now: datetime) -> GenerativeSelect:
        del now
        return select(
            d.id,
            d.estate_id,
            d.place_id,
            d.title,
            d.code.label("words"),
            func.coalesce(d.last_seen_at, d.state_since).label("at"),
        ).where(which)

    return Figure(
        code=f"devices.{code}",
        title=title,
        unit="台",
        group="devices",
        needs=SEE,
        opens="device",
        records=records,
        tone=tone,
    )


FIGURES = (
    _figure("all", "设备", true(), Tone.PLAIN),
    _figure("online", "在线", d.state == DeviceState.ONLINE.value, Tone.OK),
    _figure("offline", "离线", d.state == DeviceState.OFFLINE.value, Tone.OFF),
    _figure("never", "从未上线", d.state == DeviceState.NEVER.value, Tone.PLAIN),
    _figure("faulty", "有故障", WITH_FAULT, Tone.WARNING),
)
