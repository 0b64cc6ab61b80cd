"""By what devices can be asked for in questions across contexts."""

from sqlalchemy import SelectBase, select

from linli.directory.places.public import reached_from
from linli.kernel.database import among
from linli.kernel.questions import About, Asked, Choice, Condition, Parameter
from linli.sensing.devices.contracts import DeviceState
from linli.sensing.devices.kinds import all_kinds
from linli.sensing.devices.models import device_table, fault_table

d = device_table.c
f = fault_table.c

KIND = Parameter(
    name="kind",
    title="设备类型",
    usual="smoke_alarm",
    choices=tuple(Choice(code, kind.title) for code, kind in sorted(all_kinds().items())),
)


def _offline(asked: Asked) -> SelectBase:
    return reached_from(
        select(d.place_id).where(
            among(d.estate_id, asked.estates),
            d.kind == asked.values["kind"],
            d.state == DeviceState.OFFLINE.value,
            d.place_id.is_not(None),
        )
    )


def _faulty(asked: Asked) -> SelectBase:
    return reached_from(
        select(d.place_id).where(
            among(d.estate_id, asked.estates),
            d.kind == asked.values["kind"],
            d.id.in_(select(f.device_id)),
            d.place_id.is_not(None),
        )
    )


CONDITIONS = (
    Condition(
        code="devices.offline",
        title="{kind}离线",
        group="设备",
        about=About.PLACE,
        needs="see_devices",
        select=_offline,
        parameters=(KIND,),
    ),
    Condition(
        code="devices.faulty",
        title="{kind}有故障",
        group="设备",
        about=About.PLACE,
        needs="see_devices",
        select=_faulty,
        parameters=(KIND,),
    ),
)
