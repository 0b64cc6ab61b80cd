"""Decisions about demo time. Pure: the machine's time is handed in."""

from dataclasses import replace
from datetime import datetime, timedelta

from linli.app.demo.contracts import Shift, Walk
from linli.kernel.errors import BadInput
from linli.kernel.time import SHANGHAI

# What a device says within a step arrives at its end, and its clock counts as wrong from five
# minutes on: a step with what it takes stays below.
STEP = timedelta(minutes=4)
LONGEST_WALK = timedelta(hours=48)
MOST_AHEAD = timedelta(days=14)
MORNING_HOUR = 8


def ahead_at(shift: Shift, machine: datetime) -> timedelta:
    """How far demo time is ahead at this moment of the machine's clock."""
    if shift.next_ahead is None or shift.next_at is None or machine < shift.next_at:
        return shift.ahead
    return shift.next_ahead


def newer(known: Shift, told: Shift) -> Shift:
    """What to go by after being told: the newer of both, for news may come out of order."""
    return told if told.serial > known.serial else known


def demo_time(shift: Shift, machine: datetime) -> datetime:
    """Demo time at this moment of the machine's clock."""
    return machine + ahead_at(shift, machine)


def held_time(shift: Shift, machine: datetime) -> datetime:
    """Demo time as deadlines and chores may see it: up to when the devices have spoken."""
    return demo_time(shift, machine) if shift.held_at is None else shift.held_at


def next_step(shift: Shift, goal_at: datetime, machine: datetime, lead: timedelta) -> Shift | None:
    """The announcement of the next step towards the goal, in force after `lead`.

    None when the goal has come by itself. Demo time never runs backwards: no step is negative.
    """
    ahead = _announced(shift)
    next_at = machine + lead
    there = next_at + ahead
    target = min(there + STEP, goal_at)
    if target <= there:
        return None
    return Shift(
        serial=shift.serial + 1,
        ahead=ahead,
        next_ahead=ahead + (target - there),
        next_at=next_at,
        held_at=shift.held_at or demo_time(shift, machine),
    )


def _announced(shift: Shift) -> timedelta:
    """What is announced is not taken back, also when its moment has not come: some may know it."""
    return shift.ahead if shift.next_ahead is None else shift.next_ahead


def settled(shift: Shift, *, until: datetime | None) -> Shift:
    """After a step: what was announced is in force, and deadlines may see time up to `until`.

    None lets them see the present again: the walk is over.
    """
    return replace(
        shift,
        serial=shift.serial + 1,
        ahead=_announced(shift),
        next_ahead=None,
        next_at=None,
        held_at=until,
    )


def progress(walk: Walk, now: datetime) -> float:
    """How much of the way is done, 0 to 1."""
    whole = (walk.goal_at - walk.from_at).total_seconds()
    done = (now - walk.from_at).total_seconds()
    return 1.0 if whole <= 0 else min(max(done / whole, 0.0), 1.0)


def goal_after(now: datetime, by: timedelta, ahead: timedelta) -> datetime:
    """Where going ahead by so much leads.

    Raises:
        BadInput: not ahead at all, or too far.
    """
    if not timedelta(0) < by <= LONGEST_WALK:
        raise BadInput("一次快进要大于 0，最长 48 小时", field="seconds")
    if ahead + by > MOST_AHEAD:
        raise BadInput(
            "演示时间最多比真实时间快 14 天", field="seconds", remedy="要回到真实时间，请重置演示"
        )
    return now + by


def until_morning(now: datetime) -> timedelta:
    """How long until tomorrow 08:00, as clocks in Shanghai show it."""
    tomorrow = now.astimezone(SHANGHAI) + timedelta(days=1)
    morning = tomorrow.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    return morning - now
