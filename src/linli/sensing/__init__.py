"""Sensing: from the wire to a committed reading. Devices, gateway, drivers, telemetry."""
