"""The devices of an invented estate: where they stand, how they stand, what they said last.

All stand behind one site gateway, on whose connection the simulator plays those that are online.
What only ever grows is not said beforehand: the simulator's first word would look like a leap.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.app.demo.county.ground import Ground
from linli.app.demo.county.pouring import Cells, pour
from linli.directory.places.contracts import Place, PlaceKind
from linli.sensing.devices.contracts import Device, DeviceState
from linli.sensing.devices.models import device_table
from linli.sensing.telemetry.models import series_table

SILENT, NEVER = 0.03, 0.01


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of device: what it is called, where it stands, its part of all, what it says."""

    code: str
    short: str
    title: str
    at: PlaceKind
    part: int
    says: tuple[tuple[str, float, float], ...]


BATTERY = ("battery", 40, 100)
KINDS = (
    Kind("smoke_alarm", "XF", "烟雾报警器", PlaceKind.HOME, 31, (BATTERY, ("temperature", 14, 24))),
    Kind("water_meter", "SB", "水表", PlaceKind.HOME, 18, (BATTERY,)),
    Kind("sos_button", "HJ", "一键呼救", PlaceKind.HOME, 12, (BATTERY,)),
    Kind("door_contact", "MC", "单元门磁", PlaceKind.ENTRANCE, 8, (BATTERY, ("open", 0, 0))),
    Kind("manhole_cover", "JG", "井盖", PlaceKind.OPEN_GROUND, 5, (BATTERY, ("tilt", 0, 4))),
    Kind("lift_controller", "DT", "电梯控制器", PlaceKind.LIFT, 6, (("floor", 1, 6),)),
    Kind("charging_pile", "CD", "充电桩", PlaceKind.OPEN_GROUND, 3, (("temperature", 8, 24),)),
    Kind("gate_controller", "MJ", "门禁控制器", PlaceKind.GATE, 2, (("open", 0, 0),)),
)  # fmt: skip

WHOLE = frozenset({"open", "floor"})
_DEVICE = (
    *("id", "estate_id", "place_id", "code", "title", "kind", "driver", "state"),
    *("state_since", "last_seen_at", "firmware", "connection_id", "external_code"),
)
_SERIES = ("device_id", "estate_id", "property")
_LAST = text(
    "INSERT INTO sensing_last_value (series_id, observed_at, received_at, since, first_at, value)"
    " SELECT s.id, given.at, given.at, given.at, d.state_since, given.value FROM"
    " unnest(CAST(:devices AS uuid[]), CAST(:properties AS text[]),"
    " CAST(:moments AS timestamptz[]), CAST(:figures AS double precision[]))"
    " AS given(device_id, property, at, value)"
    " JOIN sensing_series AS s ON s.device_id = given.device_id AND s.property = given.property"
    " JOIN sensing_device AS d ON d.id = given.device_id"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A device where it stands; `code` within its estate, `online` when it speaks."""

    id: UUID
    kind: Kind
    title: str
    place: Place
    code: str = ""
    online: bool = False


async def set_up(
    connection: AsyncConnection,
    ground: Ground,
    gateway: Device,
    many: int,
    ids: Callable[[], UUID],
    chance: Random,
    now: datetime,
) -> tuple[Standing, ...]:
    """Add so many devices behind a gateway, with their last values; answers them."""
    estate = gateway.code.partition("-")[0]
    standing: list[Standing] = []
    devices: list[Cells] = []
    said: list[tuple[UUID, str, datetime, float]] = []
    for at, placed in enumerate(_placed(ground, many, ids, chance), 1):
        state, seen, since = _state(chance, now)
        code = f"{estate}-{placed.kind.short}-{at:04d}"
        one = replace(placed, code=code, online=state is DeviceState.ONLINE)
        standing.append(one)
        devices.append(
            (
                *(one.id, one.place.estate_id, one.place.id, code),
                *(one.title, one.kind.code, gateway.driver, state.value, since, seen),
                *("1.2.0" if seen else None, gateway.connection_id, code),
            )
        )
        if seen is not None:
            said += [
                (one.id, name, seen, _value(name, low, high, chance))
                for name, low, high in one.kind.says
            ]
    await pour(connection, device_table, _DEVICE, devices)
    estate_id = ground.places[0].estate_id
    series: Sequence[Cells] = [(device, estate_id, name) for device, name, _, _ in said]
    await pour(connection, series_table, _SERIES, series)
    await connection.execute(
        _LAST,
        {
            "devices": [one[0] for one in said],
            "properties": [one[1] for one in said],
            "moments": [one[2] for one in said],
            "figures": [one[3] for one in said],
        },
    )
    return tuple(standing)


def _placed(ground: Ground, many: int, ids: Callable[[], UUID], chance: Random) -> list[Standing]:
    """Devices kind by kind in their parts, each at a place of its kind while there are some."""
    made: list[Standing] = []
    whole = sum(kind.part for kind in KINDS)
    for kind in KINDS:
        # Where there is no lift there is a smoke alarm more.
        asked = kind if ground.of(kind.at) else KINDS[0]
        there = list(ground.of(asked.at))
        chance.shuffle(there)
        for at in range(many * kind.part // whole):
            place = there[at % len(there)]
            made.append(Standing(ids(), asked, f"{place.path} {asked.title}", place))
    rest = ground.of(PlaceKind.HOME)
    while len(made) < many:
        place = chance.choice(rest)
        made.append(Standing(ids(), KINDS[0], f"{place.path} {KINDS[0].title}", place))
    return made


def _state(chance: Random, now: datetime) -> tuple[DeviceState, datetime | None, datetime]:
    drawn = chance.random()
    if drawn < NEVER:
        return DeviceState.NEVER, None, now - timedelta(days=chance.uniform(1, 40))
    if drawn < NEVER + SILENT:
        gone = now - timedelta(hours=chance.uniform(30, 400))
        return DeviceState.OFFLINE, gone, gone
    seen = now - timedelta(minutes=chance.uniform(0, 2))
    return DeviceState.ONLINE, seen, now - timedelta(days=chance.uniform(3, 700))


def _value(name: str, low: float, high: float, chance: Random) -> float:
    value = chance.uniform(low, high)
    return float(round(value)) if name in WHOLE else round(value, 1)
