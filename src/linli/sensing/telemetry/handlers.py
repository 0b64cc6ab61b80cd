"""What telemetry does as time goes by."""

from datetime import timedelta

from linli.kernel.reactions import every
from linli.kernel.work import Work
from linli.sensing.telemetry import service

READINGS_KEPT = timedelta(days=400)


async def forget_old_readings(work: Work) -> int:
    """Drop the readings of days that are long gone."""
    return await service.forget_before(work, work.now - READINGS_KEPT)


async def prepare_days(work: Work) -> int:
    """Make the partitions of the coming days."""
    return await service.prepare_days(work)


CHORES = (
    every(timedelta(hours=1), "telemetry.prepare_days")(prepare_days),
    every(timedelta(hours=6), "telemetry.forget_old_readings")(forget_old_readings),
    every(timedelta(hours=1), "telemetry.forget_receipts")(service.forget_receipts),
)
