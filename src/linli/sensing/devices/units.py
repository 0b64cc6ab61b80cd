"""Units in which devices may speak, and how each becomes the unit a device kind keeps.

Factors are exact by definition (BIPM, The International System of Units, 9th edition, 2019,
tables 2, 4 and 8); the Fahrenheit scale is defined by 9 °F = 5 K with 32 °F = 0 °C.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conversion:
    """`kept = given × factor ÷ divisor + offset`; the divisor keeps 3135 mV at 3.135 V."""

    factor: float = 1.0
    divisor: float = 1.0
    offset: float = 0.0


class WrongUnit(ValueError):
    """The unit a device named cannot become the unit that its property is kept in."""

    def __init__(self, given: str, wanted: str | None) -> None:
        """Keep both units and say in Chinese why they do not fit."""
        self.given = given
        self.wanted = wanted
        super().__init__(
            f"单位 {given} 不能换算成 {wanted}" if wanted else f"这一项没有单位，却写了 {given}",
        )


SPELLINGS = {
    "℃": "°C",
    "C": "°C",
    "degC": "°C",
    "Cel": "°C",
    "℉": "°F",
    "F": "°F",
    "degF": "°F",
    "deg": "°",
    "m3": "m³",
    "m^3": "m³",
    "m3/h": "m³/h",
    "m^3/h": "m³/h",
    "l": "L",
    "ml": "mL",
    "l/h": "L/h",
    "L/hr": "L/h",
    "l/min": "L/min",
    "l/s": "L/s",
    "kwh": "kWh",
    "wh": "Wh",
    "w": "W",
    "kw": "kW",
    "v": "V",
    "mv": "mV",
    "a": "A",
    "percent": "%",
    "sec": "s",
}

CONVERSIONS: dict[str, dict[str, Conversion]] = {
    "°C": {"°F": Conversion(5, 9, -160 / 9), "K": Conversion(offset=-273.15)},
    "m³": {
        "L": Conversion(divisor=1e3),
        "mL": Conversion(divisor=1e6),
        "dm³": Conversion(divisor=1e3),
    },
    "L/h": {
        "m³/h": Conversion(1e3),
        "L/min": Conversion(60.0),
        "L/s": Conversion(3600.0),
        "mL/s": Conversion(3.6),
    },
    "W": {"kW": Conversion(1e3), "mW": Conversion(divisor=1e3)},
    "kWh": {"Wh": Conversion(divisor=1e3), "MWh": Conversion(1e3), "MJ": Conversion(divisor=3.6)},
    "V": {"mV": Conversion(divisor=1e3), "kV": Conversion(1e3)},
    "A": {"mA": Conversion(divisor=1e3)},
    "cm": {"m": Conversion(100.0), "mm": Conversion(divisor=10)},
    "kg": {"g": Conversion(divisor=1e3), "t": Conversion(1e3)},
    "m/s": {"km/h": Conversion(divisor=3.6)},
    "°": {"rad": Conversion(57.29577951308232)},
    "s": {"ms": Conversion(divisor=1e3), "min": Conversion(60.0), "h": Conversion(3600.0)},
    "%": {},
    "dB": {},
    "dBm": {},
    "层": {},
}


def is_known(unit: str) -> bool:
    """Whether readings may be kept in this unit."""
    return unit in CONVERSIONS


def convert(value: float, given: str, wanted: str | None) -> float:
    """Turn `value`, said in the unit `given`, into the unit `wanted` of the property.

    Raises:
        WrongUnit: the two measure different things, or `given` is not a unit known here.
    """
    spelled = SPELLINGS.get(given, given)
    if spelled == wanted:
        return value
    conversion = CONVERSIONS.get(wanted, {}).get(spelled) if wanted else None
    if conversion is None:
        raise WrongUnit(given, wanted)
    return value * conversion.factor / conversion.divisor + conversion.offset
