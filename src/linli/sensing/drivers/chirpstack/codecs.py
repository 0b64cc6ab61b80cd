"""The bytes that radio devices send, one codec for each family of devices.

A codec turns a frame into moments in the words and units of the device kind. What documents and
recorded frames each codec follows stands in `samples/SOURCES.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class BrokenFrame(ValueError):
    """The bytes are not what this family of devices sends; says in Chinese what is wrong."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What came by radio: LoRaWAN port, bytes, and when the network heard it."""

    port: int
    content: bytes
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Moment:
    """Values and events of one moment by the device's clock; None: it has none."""

    values: Mapping[str, float | bool]
    observed_at: datetime | None = None
    events: tuple[str, ...] = ()


class Codec(Protocol):
    """Reads the frames of one family of devices."""

    @property
    def code(self) -> str:
        """The name under which an installer chooses it."""
        ...

    @property
    def models(self) -> tuple[str, ...]:
        """Model names, small letters and digits, that in a profile's name mean this codec."""
        ...

    def decode(self, frame: Frame) -> tuple[Moment, ...]:
        """Read one frame.

        Raises:
            BrokenFrame: it is not of this family.
        """
        ...


class MilesightSmokeAlarm:
    """Milesight GS524N: six bytes, the sixth making their sum a multiple of 256."""

    code = "milesight_gs524n"
    models = ("gs524n",)
    length = 6
    smoke_sensor = 1
    states: Mapping[int, Mapping[str, float | bool]] = {
        1: {"smoke": True, "silenced": False},
        2: {"silenced": True},
        4: {"smoke": False, "battery_low": True},
        5: {"fault": True},
        7: {
            "smoke": False,
            "silenced": False,
            "battery_low": False,
            "fault": False,
            "tampered": False,
        },
        10: {"tampered": True},
        11: {"tampered": False},
        14: {"battery_low": False},
        15: {"battery_low": True},
    }
    tests = frozenset({14, 15})

    def decode(self, frame: Frame) -> tuple[Moment, ...]:
        """Byte 1 versions, 2 sensor and state, 3 battery %, 4 smoke %, 5 °C, 6 check."""
        content = frame.content
        if len(content) != self.length or sum(content) % 256:
            raise BrokenFrame("应为 6 个字节且校验和为零")
        sensor, state = content[1] >> 4, content[1] & 0x0F
        if sensor != self.smoke_sensor or state not in self.states:
            raise BrokenFrame(f"不认识的消息类型 0x{content[1]:02X}")
        values: dict[str, float | bool] = {
            "battery": content[2],
            "smoke_density": content[3],
            "temperature": int.from_bytes(content[4:5], "big", signed=True),
        }
        events = ("tested",) if state in self.tests else ()
        return (Moment({**values, **self.states[state]}, events=events),)


class AxiomaWaterMeter:
    """Axioma Qalcosonic W1: hourly volumes, on port 100, and alarms at once, on port 103.

    Numbers are little-endian, volumes in litres, times in seconds since 1970 UTC. The frame with
    water temperature is as long as the one without; they differ in where the log's time stands.
    """

    code = "axioma_w1"
    models = ("qalcosonicw1", "axiomaw1")
    readings_port = 100
    alarm_port = 103
    alarm_length = 5
    head_length = 17
    longest_log = timedelta(hours=48)
    wrong_clock = timedelta(days=1)
    upper_alarms: Mapping[int, str] = {1: "leak", 3: "reverse_flow", 5: "burst", 6: "tampered"}
    litre = 1000
    centidegree = 100

    def decode(self, frame: Frame) -> tuple[Moment, ...]:
        """The volumes of the log, oldest first, then the present one with all alarms."""
        content = frame.content
        if frame.port == self.alarm_port and len(content) == self.alarm_length:
            return (Moment(self._alarms(content[4]), self._time(content, 0)),)
        if frame.port != self.readings_port or len(content) < self.head_length:
            raise BrokenFrame(f"端口 {frame.port} 上不应有 {len(content)} 个字节")
        now = self._time(content, 0)
        values = self._alarms(content[4])
        values["water_total"] = self._number(content, 5) / self.litre
        if self._is_log_time(content, 9, now):
            log_at = 9
        elif self._is_log_time(content, 11, now):
            values["temperature"] = self._signed(content, 9) / self.centidegree
            log_at = 11
        else:
            raise BrokenFrame("找不到历史记录的时间")
        log = self._log(content, log_at)
        return (
            *(moment for moment in log if self._placeable(frame, now, moment)),
            Moment(values, now),
        )

    def _placeable(self, frame: Frame, now: datetime, moment: Moment) -> bool:
        """Past values can only be placed when the meter's clock agrees with the network's."""
        if frame.heard_at is None or moment.observed_at is None:
            return False
        return abs(frame.heard_at - now) <= self.wrong_clock and moment.observed_at < now

    def _log(self, content: bytes, start: int) -> list[Moment]:
        """A time, the volume then, and by how much it grew in each following hour."""
        moment, litres = self._time(content, start), self._number(content, start + 4)
        log = [Moment({"water_total": litres / self.litre}, moment)]
        for place in range(start + 8, len(content) - 1, 2):
            litres += int.from_bytes(content[place : place + 2], "little")
            moment += timedelta(hours=1)
            log.append(Moment({"water_total": litres / self.litre}, moment))
        return log

    def _is_log_time(self, content: bytes, place: int, now: datetime) -> bool:
        if len(content) < place + 8:
            return False
        return timedelta(0) <= now - self._time(content, place) <= self.longest_log

    @staticmethod
    def _alarms(status: int) -> dict[str, float | bool]:
        """The upper three bits name one alarm, three of the lower ones stand for themselves."""
        alarm = AxiomaWaterMeter.upper_alarms.get(status >> 5)
        return {
            "battery_low": bool(status & 0x04),
            "fault": bool(status & 0x08),
            **{name: name == alarm for name in AxiomaWaterMeter.upper_alarms.values()},
        }

    @staticmethod
    def _time(content: bytes, place: int) -> datetime:
        return datetime.fromtimestamp(AxiomaWaterMeter._number(content, place), UTC)

    @staticmethod
    def _number(content: bytes, place: int) -> int:
        return int.from_bytes(content[place : place + 4], "little")

    @staticmethod
    def _signed(content: bytes, place: int) -> int:
        return int.from_bytes(content[place : place + 2], "little", signed=True)


CODECS: tuple[Codec, ...] = (MilesightSmokeAlarm(), AxiomaWaterMeter())


def codec_named(code: str) -> Codec | None:
    """The codec an installer chose."""
    return next((codec for codec in CODECS if codec.code == code), None)


def codec_for_profile(name: str) -> Codec | None:
    """The codec whose model stands in the name of a device profile."""
    plain = "".join(sign for sign in name.lower() if sign.isalnum())
    return next((codec for codec in CODECS if any(model in plain for model in codec.models)), None)
