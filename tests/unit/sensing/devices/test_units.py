import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.sensing.devices.kinds import all_kinds
from linli.sensing.devices.units import CONVERSIONS, SPELLINGS, WrongUnit, convert, is_known


@pytest.mark.parametrize(
    ("value", "given_unit", "kept_in", "kept"),
    [
        (12345, "L", "m³", 12.345),
        (12345, "l", "m³", 12.345),
        (3135, "mV", "V", 3.135),
        (0.42, "kW", "W", 420),
        (1500, "Wh", "kWh", 1.5),
        (0.6, "m³/h", "L/h", 600),
        (2, "L/min", "L/h", 120),
        (0.4, "m", "cm", 40),
        (212, "°F", "°C", 100),
        (-40, "F", "°C", -40),
        (273.15, "K", "°C", 0),
        (23.5, "℃", "°C", 23.5),
        (7, "%", "%", 7),
    ],
)
def test_what_a_device_says_in_its_unit_is_kept_in_ours(
    value: float,
    given_unit: str,
    kept_in: str,
    kept: float,
) -> None:
    assert convert(value, given_unit, kept_in) == pytest.approx(kept, abs=1e-9)


@pytest.mark.parametrize(
    ("given_unit", "kept_in"),
    [("kg", "m³"), ("°C", "%"), ("parsec", "cm"), ("", "V"), ("V", None), ("kWh", "W")],
)
def test_litres_are_no_degrees(given_unit: str, kept_in: str | None) -> None:
    with pytest.raises(WrongUnit) as refusal:
        convert(1.0, given_unit, kept_in)
    assert "单位" in str(refusal.value)


@given(
    value=st.floats(-1e6, 1e6),
    wanted=st.sampled_from(sorted(unit for unit, others in CONVERSIONS.items() if others)),
)
def test_a_conversion_never_turns_more_into_less(value: float, wanted: str) -> None:
    for other in CONVERSIONS[wanted]:
        assert convert(value + 1, other, wanted) > convert(value, other, wanted)


def test_every_spelling_means_a_unit_of_the_table() -> None:
    spoken = set(CONVERSIONS) | {other for others in CONVERSIONS.values() for other in others}
    assert set(SPELLINGS.values()) <= spoken


def test_every_property_is_kept_in_a_known_unit() -> None:
    for kind in all_kinds().values():
        for held in kind.properties.values():
            assert held.unit is None or is_known(held.unit), (kind.code, held.code)
