"""The door to telemetry: record what devices report, read it back, keep the house."""

from linli.sensing.telemetry.recording import Recorder
from linli.sensing.telemetry.service import (
    count_between,
    events_of,
    first_reading_at,
    forget_before,
    forget_receipts,
    last_values,
    partitions,
    points_between,
    prepare_days,
    readings_between,
    used_between,
    used_in_slots,
    wrong_clocks,
)

__all__ = [
    "Recorder",
    "count_between",
    "events_of",
    "first_reading_at",
    "forget_before",
    "forget_receipts",
    "last_values",
    "partitions",
    "points_between",
    "prepare_days",
    "readings_between",
    "used_between",
    "used_in_slots",
    "wrong_clocks",
]
