"""Five people a shift take turns at one computer, and each act is told under its own name."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.unit.directory.browser import Browser, application, browser, signed_in
from tests.unit.directory.second_factor.test_second_factor import enrol
from tests.unit.directory.town import PASSWORD, Offices, Town

from linli.directory.identity.contracts import LeavingDraft
from linli.directory.identity.door import TERMINAL_COOKIE
from linli.directory.identity.leaving import note_leaving
from linli.directory.terminals import policy
from linli.kernel.errors import BadInput, NotAtTerminal
from linli.kernel.scope import Actor
from linli.support.approvals.service import decide

PIN = "580263"

# ── six digits ──


@given(start=st.integers(0, 9), step=st.integers(0, 9))
def test_runs_and_repetitions_are_refused(start: int, step: int) -> None:
    with pytest.raises(policy.PlainPin):
        policy.acceptable_pin("".join(str((start + step * i) % 10) for i in range(6)))


@given(half=st.text("0123456789", min_size=3, max_size=3))
def test_the_same_half_twice_is_refused(half: str) -> None:
    with pytest.raises(policy.PlainPin):
        policy.acceptable_pin(half * 2)


@given(born=st.dates(date(1930, 1, 1), date(2029, 12, 31)))
def test_birthdays_are_refused(born: date) -> None:
    for written in (f"{born:%y%m%d}", f"{born:%Y%m}"):
        with pytest.raises(policy.PlainPin):
            policy.acceptable_pin(written)


@given(pin=st.text(max_size=12))
def test_anything_but_six_digits_is_refused(pin: str) -> None:
    assume(not (len(pin) == policy.DIGITS and pin.isascii() and pin.isdigit()))
    with pytest.raises(policy.NotSixDigits):
        policy.acceptable_pin(pin)


def test_most_numbers_are_left_to_choose_from() -> None:
    taken = 0
    for number in range(0, 1_000_000, 97):
        try:
            policy.acceptable_pin(f"{number:06}")
        except BadInput:
            continue
        taken += 1
    assert taken / (1_000_000 / 97) > 0.9


# ── at the desk ──


async def end_of_shift(page: Browser) -> None:
    assert (await page.delete("/api/session")).status_code == 204


@asynccontextmanager
async def desk(desks: Offices, town: Town) -> AsyncGenerator[Browser]:
    """The computer of the east gate, registered by the street; nobody is signed in."""
    async with signed_in(desks, town, "jiedao") as page:
        made = await page.post(
            "/api/terminals",
            {"title": "东门值班室", "organisation_id": str(town.communities[0].id)},
        )
        assert made.status_code == 204, made.text
        assert page.token is None
        yield page


async def with_pin(desks: Offices, town: Town, name: str = "shequ", pin: str = PIN) -> None:
    """Somebody sets their six digits at their own computer."""
    async with signed_in(desks, town, name) as own:
        done = await own.post("/api/session/pin", {"current": PASSWORD, "pin": pin})
        assert done.status_code == 204, done.text


async def switch(page: Browser, town: Town, name: str = "shequ", pin: str = PIN) -> str:
    """Try somebody's digits; answers "in", or the code of the refusal."""
    answer = await page.post(
        "/api/session/terminal", {"account_id": str(town.accounts[name]), "pin": pin}
    )
    return "in" if answer.status_code == 200 else str(answer.json()["code"])


async def used_once(page: Browser, town: Town, *names: str) -> None:
    for name in names:
        assert (await page.sign_in(town.login(name))).status_code == 200
        await end_of_shift(page)


async def test_two_colleagues_take_turns(desks: Offices, town: Town) -> None:
    await with_pin(desks, town)
    await with_pin(desks, town, "wangge", "703914")
    async with desk(desks, town) as page:
        assert (await page.get("/api/session/terminal")).json() == {
            "title": "东门值班室",
            "people": [],
        }
        # Who has not been here yet comes with the password first.
        assert await switch(page, town) == "wrong_pin"
        await used_once(page, town, "wangge", "shequ")
        desks.clock.move(timedelta(minutes=1))
        assert await switch(page, town, "wangge", "703914") == "in"
        first = page.token
        me = (await page.get("/api/session")).json()
        assert (me["account"]["login"], me["terminal"]) == (town.login("wangge"), "东门值班室")
        await end_of_shift(page)
        desks.clock.move(timedelta(minutes=1))
        assert await switch(page, town) == "in"
        assert page.token != first
        seat = (await page.get("/api/session/terminal")).json()
        assert [(one["display_name"], one["role_title"]) for one in seat["people"]] == [
            ("shequ的人", "社区值班员"),
            ("wangge的人", "网格员"),
        ]
        async with signed_in(desks, town, "jiedao") as street:
            (listed,) = (await street.get("/api/terminals")).json()["items"]
            assert (listed["title"], listed["on_it"]) == ("东门值班室", ["shequ的人"])
            assert listed["organisation"]["title"] == "仁里社区"


async def test_five_wrong_tries_lock_it_until_the_password_comes(
    desks: Offices, town: Town
) -> None:
    await with_pin(desks, town)
    async with desk(desks, town) as page:
        await used_once(page, town, "shequ")
        tried = [await switch(page, town, pin="111111") for _ in range(policy.MOST_WRONG)]
        assert tried == ["wrong_pin"] * 4 + ["pin_locked"]
        assert await switch(page, town) == "pin_locked"
        await used_once(page, town, "shequ")
        assert await switch(page, town) == "in"


async def test_who_tries_one_colleague_after_the_other_has_to_wait(
    desks: Offices, town: Town
) -> None:
    names = ("shequ", "wangge", "weixiu")
    for name in names:
        await with_pin(desks, town, name)
    async with desk(desks, town) as page:
        await used_once(page, town, *names)
        tried = [await switch(page, town, name, "111111") for name in names for _ in range(4)]
        assert tried[:10] == ["wrong_pin"] * 10
        assert tried[10:] == ["locked_out"] * 2


async def test_an_ended_terminal_puts_its_people_out(desks: Offices, town: Town) -> None:
    await with_pin(desks, town)
    async with desk(desks, town) as page:
        await used_once(page, town, "shequ")
        assert await switch(page, town) == "in"
        async with signed_in(desks, town, "jiedao") as street:
            (listed,) = (await street.get("/api/terminals")).json()["items"]
            path = f"/api/terminals/{listed['id']}"
            assert (await street.delete(path)).status_code == 204
            assert (await street.delete(path)).status_code == 404
            assert (await street.get("/api/terminals")).json()["items"] == []
        assert (await page.get("/api/session")).status_code == 401
        assert await switch(page, town) == "no_terminal"
        assert (await page.get("/api/session/terminal")).json() is None


async def test_a_terminal_left_unused_is_none_any_more(desks: Offices, town: Town) -> None:
    async with desk(desks, town) as page:
        desks.clock.move(policy.UNUSED)
        assert (await page.get("/api/session/terminal")).json() is None


async def test_ten_idle_minutes_lock_the_desk_and_no_other_computer(
    desks: Offices, town: Town
) -> None:
    async with desk(desks, town) as page, signed_in(desks, town, "shequ") as own:
        assert (await page.sign_in(town.login("shequ"))).status_code == 200
        desks.clock.move(policy.IDLE - timedelta(seconds=1))
        assert (await page.get("/api/session")).status_code == 200
        desks.clock.move(policy.IDLE)
        assert (await page.get("/api/session")).status_code == 401
        assert (await own.get("/api/session")).status_code == 200


async def test_at_the_desk_nobody_changes_keys_or_manages_accounts(
    desks: Offices, town: Town
) -> None:
    async with desk(desks, town) as page:
        assert (await page.sign_in(town.login("jiedao"))).status_code == 200
        me = (await page.get("/api/session")).json()
        assert "manage_accounts" not in me["permissions"]
        assert "dispatch_orders" in me["permissions"]
        assert (await page.get("/api/accounts")).status_code == 403
        asked = {"current": PASSWORD, "new": "hong-shao-rou-2", "pin": PIN}
        for path in ("/api/session/password", "/api/session/pin", "/api/session/second-factor"):
            refused = await page.post(path, asked)
            assert refused.json()["code"] == "not_at_terminal", path
        assert (await page.delete("/api/session/pin")).json()["code"] == "not_at_terminal"


async def test_no_second_pair_of_eyes_looks_from_a_shared_desk(desks: Offices, town: Town) -> None:
    somebody = Actor("person", "甲", town.accounts["shequ"], terminal="东门值班室")
    async with desks.machine.work(actor=somebody) as work:
        with pytest.raises(NotAtTerminal):
            await decide(work, work.new_id(), approve=True, answer="", expected_version=1)


async def test_what_is_done_at_the_desk_is_told_with_it(desks: Offices, town: Town) -> None:
    await with_pin(desks, town)
    async with desk(desks, town) as page:
        await used_once(page, town, "shequ")
        assert await switch(page, town) == "in"
    async with desks.machine.work() as work:
        rows = await work.connection.execute(
            text("SELECT action, reason, terminal FROM support_audit_entry WHERE actor_id = :who"),
            {"who": town.accounts["shequ"]},
        )
    assert sorted((tuple(row) for row in rows if row.terminal), key=str) == [
        ("signed_in", "六位口令", "东门值班室"),
        ("signed_in", None, "东门值班室"),
        ("signed_out", None, "东门值班室"),
    ]


@pytest.mark.parametrize("name", ["jiedao", "admin"])
async def test_who_governs_has_no_six_digits(desks: Offices, town: Town, name: str) -> None:
    async with signed_in(desks, town, name) as page:
        assert "请用密码登录" in (await page.get("/api/session/pin")).json()["why_not"]
        refused = await page.post("/api/session/pin", {"current": PASSWORD, "pin": PIN})
        assert refused.json()["code"] == "no_pin_for_you"


async def test_setting_them_takes_ones_password(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "shequ") as page:
        wrong = await page.post("/api/session/pin", {"current": "not mine", "pin": PIN})
        assert wrong.json()["code"] == "wrong_current_password"
        plain = await page.post("/api/session/pin", {"current": PASSWORD, "pin": "123456"})
        assert plain.json()["code"] == "plain_pin"
        assert (await page.get("/api/session/pin")).json() == {
            "there": False,
            "locked": False,
            "why_not": None,
        }


async def test_a_new_password_and_a_second_factor_take_them_away(
    desks: Offices, town: Town
) -> None:
    for name in ("shequ", "wangge"):
        await with_pin(desks, town, name)
    async with signed_in(desks, town, "shequ") as page:
        changed = await page.post(
            "/api/session/password", {"current": PASSWORD, "new": "hong-shao-rou-2"}
        )
        assert changed.status_code == 204
        assert not (await page.get("/api/session/pin")).json()["there"]
    async with signed_in(desks, town, "wangge") as page:
        await enrol(desks, page)
        state = (await page.get("/api/session/pin")).json()
        assert not state["there"]
        assert "动态验证码" in state["why_not"]


async def test_who_left_is_on_no_tile(desks: Offices, town: Town) -> None:
    await with_pin(desks, town)
    async with desk(desks, town) as page:
        await used_once(page, town, "shequ")
        async with desks.machine.work() as work:
            draft = LeavingDraft(leaves_at=work.now, successor_id=None, reason="离职")
            await note_leaving(work, town.accounts["shequ"], draft)
        assert await switch(page, town) == "wrong_pin"
        assert (await page.get("/api/session/terminal")).json()["people"] == []


async def test_only_who_manages_accounts_there_registers_a_terminal(
    desks: Offices, town: Town
) -> None:
    body = {"title": "东门值班室", "organisation_id": str(town.communities[0].id)}
    async with signed_in(desks, town, "shequ") as page:
        assert (await page.post("/api/terminals", body)).status_code == 403
        assert TERMINAL_COOKIE not in page.client.cookies
    async with browser(application(desks)) as stranger:
        assert (await stranger.get("/api/session/terminal")).json() is None
        stranger.client.cookies.set(TERMINAL_COOKIE, "guessed", domain="linli.test")
        assert (await stranger.get("/api/session/terminal")).json() is None
