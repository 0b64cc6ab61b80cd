"""The police are asked in to one alarm: they see it, add to its story, and then no more."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from tests.support.demo import SeededDatabase
from tests.unit.directory.town import CIPHER, database_beside
from tests.unit.responding.office import Office, office_on

from linli.app.engine.roles import DatabaseUrls
from linli.directory.identity.contracts import AccountDraft
from linli.directory.identity.public import create_account
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.responding.incidents import http as incidents
from linli.responding.incidents.contracts import Incident, IncidentMove
from linli.responding.partners import service
from linli.responding.partners.service import Asked

ALL = "SELECT id FROM responding_incident"
ASKED = Asked("Minjing", "派出所联合处置", 4)


@pytest.fixture(scope="module")
async def office(database: DatabaseUrls, morning: SeededDatabase) -> AsyncGenerator[Office]:
    async with database_beside(database, morning.template) as urls, office_on(urls) as office:
        async with office.machine.work() as work:
            ((street,),) = await office.rows(
                "SELECT id FROM directory_organisation WHERE kind = 'street'"
            )
            draft = AccountDraft(login="minjing", display_name="张警官", organisation_id=street)
            made = await create_account(work, CIPHER, draft, password_hash="x")
        office.accounts["minjing"] = (made.id, "张警官")
        yield office


async def new_alarm(office: Office) -> Incident:
    ((code,),) = await office.rows(
        "SELECT d.code FROM sensing_device AS d WHERE d.place_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM responding_incident AS i WHERE i.place_id = d.place_id)"
        " ORDER BY d.code LIMIT 1"
    )
    return await office.alarm(code)


async def seen_by(office: Office, login: str) -> set[UUID]:
    async with office.as_(login) as work:
        return {row.id for row in await work.connection.execute(text(ALL))}


async def test_a_partner_sees_one_incident_until_the_time_is_up(office: Office) -> None:
    incident, other = await new_alarm(office), await new_alarm(office)
    assert await seen_by(office, "minjing") == set()
    async with office.as_("shequ") as work:
        partner = await service.ask_in(work, incident.id, ASKED)
    assert (partner.name, partner.house) == ("张警官", "怀远街道")
    assert await seen_by(office, "minjing") == {incident.id}
    async with office.as_("minjing") as work:
        shown = await incidents.read_incident(work, incident.id)
        assert (shown.line, shown.plan, list(shown.moves)) == (incident.line, None, [])
        said = incidents.NoteRequest(words="已到场，正在了解情况")
        assert (await incidents.add_note(work, incident.id, said)).words == said.words
        with pytest.raises(NotFound):
            await incidents.read_incident(work, other.id)
        with pytest.raises(Forbidden):
            await incidents.add_note(work, other.id, said)
    titles = [step.title for step in await office.story(incident.id)]
    assert "请来协助" in titles
    rows = await office.rows(
        "SELECT title FROM support_message WHERE account_id = :id",
        id=office.accounts["minjing"][0],
    )
    assert ("请您协助处置",) in rows
    office.later(timedelta(hours=4))
    assert incident.id not in await seen_by(office, "minjing")


async def test_help_is_ended_before_its_time(office: Office) -> None:
    incident = await new_alarm(office)
    async with office.as_("shequ") as work:
        partner = await service.ask_in(work, incident.id, ASKED)
        with pytest.raises(BadInput):
            await service.ask_in(work, incident.id, ASKED)
    async with office.as_("weixiu") as work:
        with pytest.raises(NotFound):
            await service.end_help(work, partner.id)
    async with office.as_("minjing") as work:
        with pytest.raises(NotFound):
            await service.end_help(work, partner.id)
    async with office.as_("wuye") as work:
        ended = await service.end_help(work, partner.id)
    assert not ended.stands(office.clock.now())
    assert incident.id not in await seen_by(office, "minjing")
    async with office.as_("shequ") as work:
        (known,) = await service.partners_of(work, incident.id)
    assert known.ended_by == office.accounts["wuye"][1]


async def test_only_who_dispatches_asks_in_and_only_whom_there_is(office: Office) -> None:
    incident = await new_alarm(office)
    for login, refusal in (("wangge", Forbidden), ("weixiu", NotFound), ("minjing", NotFound)):
        async with office.as_(login) as work:
            with pytest.raises(refusal):
                await service.ask_in(work, incident.id, ASKED)
    async with office.as_("shequ") as work:
        for asked, field in (
            (Asked("nobody-here", "联合处置", 4), "login"),
            (Asked("", "联合处置", 4), "login"),
            (Asked("minjing", " ", 4), "basis"),
            (Asked("minjing", "联合处置", 100), "hours"),
        ):
            with pytest.raises(BadInput) as refused:
                await service.ask_in(work, incident.id, asked)
            assert refused.value.field == field
        with pytest.raises(NotFound):
            await service.ask_in(work, uuid4(), ASKED)
    await office.move("shequ", incident.id, IncidentMove.MARK_FALSE_ALARM, "误按")
    async with office.as_("shequ") as work:
        with pytest.raises(IllegalMove):
            await service.ask_in(work, incident.id, ASKED)
