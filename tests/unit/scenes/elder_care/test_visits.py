"""What a visitor finds becomes one incident; who is away rings no alarm for a dry tap."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tests.unit.responding.office import Office, office_on, picture

from linli.app.engine.roles import DatabaseUrls
from linli.directory.key_people.contracts import Finding, KeySearch, Outcome, ToldBy, VisitDraft
from linli.directory.key_people.events import VisitFoundProblem
from linli.directory.key_people.public import AbsenceDraft, find, note_absence, record_visit
from linli.directory.people.contracts import PersonRow
from linli.kernel.time import SHANGHAI
from linli.responding.incidents.public import named
from linli.responding.rules.contracts import SensedDevice, UsedLess
from linli.responding.rules.looking import see
from linli.scenes.elder_care.declared import HOUR
from linli.scenes.elder_care.handlers import open_incident
from linli.sensing.devices.public import all_kinds
from linli.support.files.contracts import Purpose
from linli.support.files.public import save_photo
from linli.support.files.vault import memory_vault
from linli.support.sealing.contracts import Keys
from linli.support.sealing.public import AesGcmCipher

CIPHER = AesGcmCipher(Keys.of(bytes(32)))
DRY = UsedLess("water_total", 12 * HOUR, 0.010)


@pytest.fixture
async def office(morning_database: DatabaseUrls) -> AsyncGenerator[Office]:
    async with office_on(morning_database) as office:
        yield office


async def whom(office: Office, words: str) -> tuple[UUID, PersonRow]:
    async with office.as_("wangge") as work:
        page = await find(work, CIPHER, KeySearch(words=words))
    (one,) = page.rows
    return one.id, page.people[one.person_id]


async def test_the_demo_has_thirty_key_people_of_whom_some_are_late(office: Office) -> None:
    async with office.as_("wangge") as work:
        page = await find(work, CIPHER, KeySearch(), most=100)
    assert page.total == 30
    assert all("*" in page.people[one.person_id].name_masked for one in page.rows)
    today = office.clock.now().astimezone(SHANGHAI).date()
    assert {one.next_visit_on < today for one in page.rows if one.next_visit_on} == {True, False}
    async with office.as_("wuye") as work:
        assert (await find(work, CIPHER, KeySearch())).total == 0


async def test_a_problem_found_opens_one_incident_in_the_visitors_name(office: Office) -> None:
    key, person = await whom(office, "王秀兰")
    async with office.as_("wangge") as work:
        photo = await save_photo(work, memory_vault(), Purpose.INCIDENT_REPORT, picture())
        visit = VisitDraft(
            id=uuid4(),
            key_person_id=key,
            visited_at=work.now,
            outcome=Outcome.MET,
            findings=(Finding.FIRE_RISK,),
            words="厨房灶台软管老化漏气",
            file_ids=(photo.id,),
            problem=True,
        )
        await record_visit(work, CIPHER, visit)
    event = VisitFoundProblem(
        estate_id=office.estate_id, happened_at=office.clock.now(), visit_id=visit.id
    )
    for _ in range(2):
        async with office.machine.work() as work:
            await open_incident(work, event)
    rows = await office.rows(
        "SELECT id FROM responding_incident WHERE what = :what", what="厨房灶台软管老化漏气"
    )
    assert len(rows) == 1
    async with office.as_("shequ") as work:
        incident = (await named(work.connection, [rows[0][0]]))[rows[0][0]]
    assert incident.place_id == person.home_id
    assert incident.source_title == office.accounts["wangge"][1]
    assert incident.evidence == (photo.id,)


async def test_a_dry_tap_is_no_alarm_while_the_elder_is_away(office: Office) -> None:
    key, person = await whom(office, "王秀兰")
    ((meter, code, place),) = await office.rows(
        "UPDATE sensing_device SET last_seen_at = :now"
        " WHERE kind = 'water_meter' AND place_id = :home RETURNING id, code, place_id",
        now=office.clock.now(),
        home=person.home_id,
    )
    device = SensedDevice(meter, "water_meter", code, "水表", office.estate_id, place)
    kind = all_kinds()["water_meter"]
    async with office.machine.work() as work:
        assert not (await see(work, DRY, device, kind)).away
    today = office.clock.now().astimezone(SHANGHAI).date()
    async with office.as_("wangge") as work:
        gone = AbsenceDraft(
            since=today,
            until=today + timedelta(days=3),
            whereto="去女儿家",
            told_by=ToldBy.CARER,
        )
        await note_absence(work, CIPHER, key, gone)
    async with office.machine.work() as work:
        assert (await see(work, DRY, device, kind)).away
