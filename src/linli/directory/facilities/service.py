"""Verbs of facilities. Rights are checked by who calls."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from linli.directory.facilities import policy, store
from linli.directory.facilities.contracts import (
    Check,
    Facility,
    FacilityEntry,
    FacilityFilter,
    FacilityState,
)
from linli.directory.facilities.events import FacilityChanged
from linli.directory.facilities.models import facility_table
from linli.directory.facilities.ports import KnownDevices
from linli.directory.places.public import estate_of, places_named
from linli.directory.sources.contracts import CLERK, Entered, Source, Version
from linli.directory.sources.public import (
    Register,
    enter_rows,
    fresh_codes,
    told_by,
    versions_of,
)
from linli.kernel.errors import BadInput, FieldFault, NotFound, StaleVersion
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

LETTER = "F"
MOST_FAULTS = 200

FACILITIES = Register(facility_table, ("estate_id", "code"), lambda row: str(row["code"]))


def today(work: Work) -> date:
    """The local day."""
    return work.now.astimezone(SHANGHAI).date()


async def enter_facilities(
    work: Work, estate_id: UUID, entries: Sequence[FacilityEntry], source: Source
) -> Entered:
    """Enter facilities of an estate by code; `ids` are by code.

    Raises:
        NotFound: the estate is out of sight.
        BadInput: `faults` name each wrong field as `<index>.<field>`; nothing was entered.
    """
    estate = await estate_of(work, estate_id)
    places = await places_named(work, {e.place_id for e in entries if e.place_id is not None})
    faults: list[FieldFault] = []
    for at, entry in enumerate(entries):
        place = places.get(entry.place_id) if entry.place_id else None
        if entry.place_id is not None and (place is None or place.estate_id != estate_id):
            faults.append(FieldFault(f"{at}.place_id", "这个位置不在小区里"))
        if not entry.title.strip():
            faults.append(FieldFault(f"{at}.title", "请填写名称"))
        try:
            policy.dated(entry)
        except BadInput as wrong:
            faults.append(FieldFault(f"{at}.{wrong.field}", wrong.message))
    if faults:
        raise BadInput("名单里有需要改正的内容", faults=tuple(faults[:MOST_FAULTS]))
    missing = sum(1 for entry in entries if not entry.code)
    made = iter(await fresh_codes(work, estate.code, LETTER, missing))
    rows = [
        {
            "estate_id": estate_id,
            "place_id": entry.place_id,
            "code": entry.code or next(made),
            "title": entry.title.strip(),
            "kind": entry.kind.value,
            "maker": entry.maker.strip(),
            "model": entry.model.strip(),
            "serial": entry.serial.strip(),
            "installed_on": entry.installed_on,
            "check_months": entry.check_months,
            "checked_on": entry.checked_on,
            "next_check_on": policy.next_check(entry),
            "state": entry.state.value,
            "state_words": entry.state_words.strip(),
        }
        for entry in entries
    ]
    entered = await enter_rows(work, FACILITIES, rows, source)
    if entered.created or entered.updated:
        await record(
            work,
            action=Action.BASE_ENTERED,
            subject_kind="estate",
            subject_id=estate_id,
            subject_title=f"设施：新增 {entered.created}，更新 {entered.updated}",
            reason=source.title or None,
            estate_id=estate_id,
        )
    return entered


async def put_into_state(
    work: Work,
    facility_id: UUID,
    into: FacilityState,
    *,
    words: str,
    expected_version: int,
    source: Source = CLERK,
) -> Facility:
    """Change how a facility stands, with the reason; the former version stays.

    Raises:
        NotFound: out of sight.
        IllegalMove: this state does not follow the present one.
        StaleVersion: it is not the version that was seen.
    """
    facility = await facility_of(work, facility_id)
    policy.moved(facility.state, into)
    if facility.version != expected_version:
        raise StaleVersion
    if into is not FacilityState.IN_USE and not words.strip():
        raise BadInput("请写明原因", field="words")
    values = {"state": into.value, "state_words": words.strip()}
    await store.change(work.connection, facility_id, values, told_by(work, source))
    return await _changed(work, facility, words)


async def note_check(
    work: Work,
    facility_id: UUID,
    *,
    day: date,
    passed: bool,
    words: str,
    source: Source = CLERK,
) -> Facility:
    """Note a check: the next is due one interval later; one that failed stops the facility.

    Raises:
        NotFound: out of sight.
        BadInput: the day is still to come, or a failed check has no words.
    """
    facility = await facility_of(work, facility_id)
    if day > today(work):
        raise BadInput("检查日期不能晚于今天", field="day")
    if not passed and not words.strip():
        raise BadInput("请写明哪里不合格", field="words")
    check = Check(work.new_id(), day, passed, work.actor.name, words.strip())
    await store.add_check(work.connection, facility, check, work.now)
    values: dict[str, object] = {}
    if facility.checked_on is None or day >= facility.checked_on:
        values["checked_on"] = day
        if facility.check_months is not None:
            values["next_check_on"] = policy.months_after(day, facility.check_months)
    if not passed and facility.state is FacilityState.IN_USE:
        values |= {
            "state": FacilityState.OUT_OF_ORDER.value,
            "state_words": f"检查不合格：{words.strip()}",
        }
    if values:
        await store.change(work.connection, facility_id, values, told_by(work, source))
    return await _changed(work, facility, "登记检查：" + ("合格" if passed else "不合格"))


async def link_devices(
    work: Work, devices: KnownDevices, facility_id: UUID, device_ids: Collection[UUID]
) -> Facility:
    """Say which devices watch or work a facility; replaces what was said before.

    Raises:
        NotFound: facility or a device are out of sight, or of another estate.
    """
    facility = await facility_of(work, facility_id)
    known = await devices.of_estate(work, facility.estate_id, device_ids)
    if set(device_ids) - known:
        raise NotFound("有些设备不存在，或不属于这个小区", field="device_ids")
    await store.link(work.connection, facility_id, facility.estate_id, set(device_ids))
    return await _changed(work, facility, "关联设备")


async def find_facilities(work: Work, wanted: FacilityFilter) -> tuple[tuple[Facility, ...], int]:
    """Facilities in sight, and how many match. Scrapped ones only when asked for."""
    rows, total = await store.find(work.connection, wanted, today(work))
    return tuple(rows), total


async def count_facilities(work: Work, wanted: FacilityFilter) -> Mapping[str, int]:
    """How many are in each state (`in_use`, …), due when (`due:overdue`, …), and `all`."""
    return await store.counts(work.connection, wanted, today(work))


async def facility_of(work: Work, facility_id: UUID) -> Facility:
    """The facility.

    Raises:
        NotFound: absent, or out of sight.
    """
    found = await store.one(work.connection, facility_id, today(work))
    if found is None:
        raise NotFound
    return found


async def checks_of(work: Work, facility_id: UUID) -> tuple[Check, ...]:
    """The checks of a facility, the newest first."""
    return tuple(await store.checks(work.connection, facility_id))


async def facilities_with(work: Work, device_id: UUID) -> tuple[UUID, ...]:
    """The facilities that a device watches or works."""
    return tuple(await store.with_device(work.connection, device_id))


async def versions_of_facility(work: Work, facility_id: UUID) -> tuple[Version, ...]:
    """Every version of a facility, newest first."""
    return await versions_of(work, facility_table, facility_id)


async def _changed(work: Work, before: Facility, words: str) -> Facility:
    after = await facility_of(work, before.id)
    work.outbox.add(
        FacilityChanged(
            estate_id=after.estate_id,
            happened_at=work.now,
            facility_id=after.id,
            version=after.version,
        )
    )
    await record(
        work,
        action=Action.BASE_CHANGED,
        subject_kind="facility",
        subject_id=after.id,
        subject_title=f"{after.code} {after.title}",
        reason=words.strip() or None,
        estate_id=after.estate_id,
    )
    return after
