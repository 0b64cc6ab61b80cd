"""One simulated device: what it reads now, with everything that happened to it."""

from collections.abc import Iterable, Mapping

from linli_simulator import rhythm
from linli_simulator.registration import Device, Dialect
from linli_simulator.sayings import Backlog, State, Telemetry, Value, Values

HOUR = 3600
MINUTE = 60
# Readings that a device keeps to itself until a scene tells them: what the scene says about past
# hours must not contradict what was said at the time.
KEPT_BACK: Mapping[str, frozenset[str]] = {
    "yg-pump-smoke": frozenset({"temperature"}),
}
COUNTERS = {"water_total", "energy_total", "trips"}


class Terminal:
    """A device: its rhythm, and laid over it whatever scenes, faults and commands did."""

    def __init__(self, device: Device, seed: int) -> None:
        self.device = device
        self.silent = False
        self.wrong_by = 0.0
        self._seed = seed
        self._laid_over: dict[str, Value] = {}
        self._behind: dict[str, float] = {}

    def values(self, at: float) -> Values:
        """Every reading at this moment."""
        usual = dict(rhythm.usual(self.device, at, self._seed))
        for name, missed in self._behind.items():
            usual[name] = round(usual[name] - missed, 3)
        return usual | self._laid_over

    def beat(self, at: float) -> Telemetry:
        """What it says about once a minute."""
        kept_back = KEPT_BACK.get(self.device.code, frozenset()) - self._laid_over.keys()
        values = {name: value for name, value in self.values(at).items() if name not in kept_back}
        return Telemetry(at + self.wrong_by, values)

    def report(self, at: float, names: Iterable[str]) -> Telemetry:
        """A change; a Zigbee bridge always tells everything it knows."""
        values = self.values(at)
        if self.device.dialect is not Dialect.ZIGBEE2MQTT:
            values = {name: values[name] for name in names if name in values}
        return Telemetry(at + self.wrong_by, values)

    def state(self, at: float, *, online: bool = True) -> State:
        values = self.values(at)
        battery, signal = values.get("battery"), values.get("signal")
        return State(
            at + self.wrong_by,
            online,
            battery=float(battery) if battery is not None and online else None,
            signal=int(signal) if signal is not None and online else None,
        )

    def lay_over(self, values: Values) -> None:
        self._laid_over |= values

    def freeze(self, at: float, names: Iterable[str]) -> None:
        now = self.values(at)
        self._laid_over |= {name: now[name] for name in names if name in now}

    def release(self, at: float, names: Iterable[str]) -> None:
        """Follow the rhythm again; a counter goes on from where it stood, so it never jumps."""
        usual = rhythm.usual(self.device, at, self._seed)
        for name in names:
            stood = self._laid_over.pop(name, None)
            if stood is not None and name in COUNTERS:
                self._behind[name] = usual[name] - stood

    def kept(self, at: float, names: Iterable[str], hours: int) -> Backlog:
        """Hourly readings up to now, all as they were when they began; so they stay from now on."""
        began = at - hours * HOUR
        then = self.values(began)
        stood = {name: then[name] for name in names}
        self.lay_over(stood)
        return Backlog(
            tuple(
                Telemetry(began + hour * HOUR + self.wrong_by, stood) for hour in range(hours + 1)
            )
        )

    def repeated(self, at: float, times: int) -> Backlog:
        """The present readings as if they had been the same for some minutes."""
        values = self.values(at)
        moments = (at - MINUTE * back + self.wrong_by for back in range(times - 1, -1, -1))
        return Backlog(tuple(Telemetry(moment, values) for moment in moments))
