"""What was done stays written, in one's own name, for those who may read it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.unit.directory.browser import signed_in
from tests.unit.directory.town import Offices, Town

from linli.app.engine.roles import DatabaseUrls, connected
from linli.kernel.errors import NotFound
from linli.support.audit.contracts import ACTION_TITLES, Action
from linli.support.audit.public import record


async def note(desks: Offices, town: Town, login: str, title: str) -> None:
    async with desks.as_account(town.accounts[login]) as work:
        await record(
            work,
            action=Action.COMMAND_SENT,
            subject_kind="device",
            subject_id=uuid4(),
            subject_title=title,
            reason="测试",
        )


def test_every_action_has_a_title() -> None:
    assert set(ACTION_TITLES) == set(Action)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE support_audit_entry SET reason = 'x'",
        "DELETE FROM support_audit_entry",
        "TRUNCATE support_audit_entry",
    ],
)
@pytest.mark.parametrize("role", ["app", "gateway", "owner", "admin"])
async def test_not_even_the_owner_changes_an_entry(
    desks: Offices, town: Town, directory_database: DatabaseUrls, role: str, statement: str
) -> None:
    await note(desks, town, "shequ", "一扇门")
    url: str = getattr(directory_database, role)
    async with connected(url) as connection:
        with pytest.raises(DBAPIError, match=r"never changed|permission denied"):
            await connection.execute(text(statement))


async def test_nobody_writes_in_anothers_name(desks: Offices, town: Town) -> None:
    forged = text(
        "INSERT INTO support_audit_entry"
        " (id, at, actor_id, actor_name, action, subject_kind, subject_title, outcome)"
        " VALUES (:id, now(), :actor, 'x', 'signed_in', 'account', 'x', 'done')"
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        async with desks.as_account(town.accounts["shequ"]) as work:
            await work.connection.execute(
                forged, {"id": work.new_id(), "actor": town.accounts["wuye"]}
            )


async def test_who_may_not_read_the_audit_is_still_recorded(desks: Offices, town: Town) -> None:
    title = f"门 {town.tag}"
    await note(desks, town, "weixiu", title)
    async with desks.machine.work() as work:
        entry = (
            await work.connection.execute(
                text(
                    "SELECT actor_id, organisation_id, address, reason"
                    " FROM support_audit_entry WHERE subject_title = :title"
                ),
                {"title": title},
            )
        ).one()
    company = town.property_company.id
    assert tuple(entry) == (town.accounts["weixiu"], company, "10.0.0.7", "测试")


async def test_an_act_that_was_refused_leaves_nothing(desks: Offices, town: Town) -> None:
    title = f"退回 {town.tag}"

    async def refused() -> None:
        async with desks.as_account(town.accounts["shequ"]) as work:
            await record(
                work,
                action=Action.COMMAND_SENT,
                subject_kind="device",
                subject_id=None,
                subject_title=title,
            )
            raise NotFound

    with pytest.raises(NotFound):
        await refused()
    async with desks.machine.work() as work:
        kept = await work.connection.scalar(
            text("SELECT count(*) FROM support_audit_entry WHERE subject_title = :title"),
            {"title": title},
        )
    assert kept == 0


async def test_each_reads_the_acts_of_their_own_area(desks: Offices, town: Town) -> None:
    await note(desks, town, "shequ", "本社区")
    await note(desks, town, "weixiu", "本企业")
    async with signed_in(desks, town, "xian") as page:
        titles = {
            entry["subject_title"]
            for entry in (await page.get("/api/audit", action="command_sent")).json()["items"]
        }
    assert titles == {"本社区", "本企业"}
    for login in ("jiedao", "shequ", "wuye", "weixiu"):
        async with signed_in(desks, town, login) as page:
            assert (await page.get("/api/audit")).status_code == 403


async def test_an_act_on_an_estate_is_seen_by_who_audits_that_estate(
    desks: Offices, town: Town
) -> None:
    """linli's own acts belong to no organisation, but to the estate they happened on."""
    title = f"自动 {town.tag}"
    async with desks.machine.work() as work:
        for estate_id in (town.estates[0].id, uuid4()):
            await record(
                work,
                action=Action.COMMAND_SENT,
                subject_kind="device",
                subject_id=None,
                subject_title=title,
                estate_id=estate_id,
            )
    async with signed_in(desks, town, "admin") as page:
        found = (await page.get("/api/audit", action="command_sent")).json()
    assert [(e["subject_title"], e["actor_name"]) for e in found["items"]] == [(title, "系统")]


async def test_filters_and_pages(desks: Offices, town: Town) -> None:
    began = desks.clock.now()
    for number in range(7):
        await note(desks, town, "shequ", f"第{number}次")
        if number % 2:
            desks.clock.move(timedelta(minutes=1))
    who = str(town.accounts["shequ"])
    async with signed_in(desks, town, "admin") as page:
        seen: list[str] = []
        query: dict[str, str | int] = {"actor_id": who, "limit": 3}
        while True:
            answer = (await page.get("/api/audit", **query)).json()
            assert answer["total"] == 7
            seen += [entry["id"] for entry in answer["items"]]
            if answer["next_cursor"] is None:
                break
            query["cursor"] = answer["next_cursor"]
        assert len(seen) == len(set(seen)) == 7
        oldest = (await page.get("/api/audit", actor_id=who, sort="at", limit=4)).json()
        rest = await page.get(
            "/api/audit", actor_id=who, sort="at", cursor=oldest["next_cursor"], limit=4
        )
        turned = [entry["id"] for entry in (*oldest["items"], *rest.json()["items"])]
        assert turned == seen[::-1]
        newest = (await page.get("/api/audit", actor_id=who, limit=1)).json()["items"][0]
        assert newest["subject_title"] == "第6次"
        assert (newest["action_title"], newest["address"]) == ("下发设备指令", "10.0.0.7")
        one = (await page.get("/api/audit", subject_id=newest["subject_id"])).json()
        assert one["total"] == 1
        first_minute = {
            "actor_id": who,
            "from": began.isoformat(),
            "to": (began + timedelta(minutes=1)).isoformat(),
        }
        assert (await page.get("/api/audit", **first_minute)).json()["total"] == 2
        assert (await page.get("/api/audit", action="nonsense")).status_code == 422
        naive = await page.get("/api/audit", **{"from": "2026-11-22T08:00:00"})
        assert naive.status_code == 422
        actions = (await page.get("/api/audit/actions")).json()
        assert {"code": "signed_in", "title": "登录"} in actions
