"""What Zigbee2MQTT calls things, and what that means here.

Names, units and values as listed under "Exposes" on the device pages of zigbee2mqtt.io.
"""

from collections.abc import Mapping

from linli.sensing.drivers.naming import Meaning

ON_OFF: Mapping[bool | str, float] = {"ON": 1.0, "OFF": 0.0, "OPEN": 1.0, "CLOSE": 0.0}

BATTERY_POWERED: Mapping[str, Meaning] = {
    "battery": Meaning("battery", "%"),
    "battery_low": Meaning("battery_low"),
    "voltage": Meaning("voltage", "mV"),
    "tamper": Meaning("tampered"),
    "temperature": Meaning("temperature", "°C"),
    "device_temperature": Meaning("temperature", "°C"),
}
FAULTS: Mapping[str, Meaning] = {
    "trouble": Meaning("fault"),
    "fault": Meaning("fault"),
    "fault_alarm": Meaning("fault"),
    "smoke_sensor_fault": Meaning("fault"),
}
MAINS_POWERED: Mapping[str, Meaning] = {
    "power": Meaning("power", "W"),
    "energy": Meaning("energy_total", "kWh"),
    "current": Meaning("current", "A"),
    "voltage": Meaning("voltage", "V"),
    "device_temperature": Meaning("temperature", "°C"),
    "temperature": Meaning("temperature", "°C"),
    "state": Meaning("output_on", said=ON_OFF),
}

NAMES: Mapping[str, Mapping[str, Meaning]] = {
    "smoke_alarm": {
        **BATTERY_POWERED,
        **FAULTS,
        "smoke": Meaning("smoke"),
        "silence": Meaning("silenced", said=ON_OFF),
    },
    "water_meter": {
        **BATTERY_POWERED,
        **FAULTS,
        "flow": Meaning("flow", "m³/h"),
        "water_leak": Meaning("leak"),
        "state": Meaning("valve_open", said=ON_OFF),
        "valve_state": Meaning("valve_open", said=ON_OFF),
    },
    "sos_button": BATTERY_POWERED,
    "door_contact": {
        **BATTERY_POWERED,
        # True says that magnet and switch touch: the door is shut.
        "contact": Meaning("open", said={True: 0.0, False: 1.0}),
    },
    "manhole_cover": {
        **BATTERY_POWERED,
        "contact": Meaning("open", said={True: 0.0, False: 1.0}),
        "liquid_depth": Meaning("water_level", "m"),
    },
    "charging_pile": {**MAINS_POWERED, "smoke": Meaning("smoke")},
    "gate_controller": {
        "contact": Meaning("open", said={True: 0.0, False: 1.0}),
        "state": Meaning("open", said=ON_OFF),
    },
}

NOT_READINGS = frozenset(
    {
        "ac_status",
        "action",
        "action_code",
        "action_transaction",
        "action_zone",
        "device",
        "elapsed",
        "last_seen",
        "linkquality",
        "power_on_behavior",
        "power_outage_count",
        "power_outage_memory",
        "restore_reports",
        "sensitivity",
        "smoke_density",  # by makers' own scales of 0 to 10 or 0 to 255
        "supervision_reports",
        "test",
        "update",
        "update_available",
    },
)
"""About the radio, the settings or the make of the device; nothing to record."""

KIND_BY_EXPOSED: tuple[tuple[str, str], ...] = (
    ("smoke", "smoke_alarm"),
    ("contact", "door_contact"),
    ("water_consumed", "water_meter"),
    ("flow", "water_meter"),
    ("energy", "charging_pile"),
    ("power", "charging_pile"),
)
"""What a device exposes, and the kind it most likely is; the first that fits."""
