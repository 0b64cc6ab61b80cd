"""The door lets in who may come in, and nobody stays longer than they may."""

import asyncio
from datetime import timedelta
from statistics import median

import pytest
from fastapi import Request
from sqlalchemy import text
from tests.unit.directory.browser import application, browser, signed_in
from tests.unit.directory.town import PASSWORD, Offices, Town

from linli.directory.identity.door import (
    CSRF_HEADER,
    IDLE,
    LIVE_PATH,
    LONGEST,
    SESSION_COOKIE,
    UNATTENDED_HEADER,
    DoorSettings,
    csrf_of,
    hash_of,
)
from linli.directory.identity.policy import ADDRESS_LIMIT, LOGIN_LIMIT, login_subject
from linli.directory.identity.public import lock_account
from linli.kernel.errors import NotSignedIn

WRONG = "wrong-password"


async def audited(desks: Offices, action: str) -> int:
    async with desks.machine.work() as work:
        found = await work.connection.scalar(
            text("SELECT count(*) FROM support_audit_entry WHERE action = :action"),
            {"action": action},
        )
        return int(found or 0)


async def test_signing_in_shows_who_one_is_and_what_one_may(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "shequ") as page:
        me = (await page.get("/api/session")).json()
    assert me["account"]["display_name"] == "shequ的人"
    assert me["account"]["phone_masked"] == "138****0001"
    assert me["home"] == "workplace"
    assert me["organisation"]["title"] == "仁里社区"
    assert [(g["role"], g["target_title"]) for g in me["grants"]] == [("duty_officer", "仁里社区")]
    assert "see_people_full" in me["permissions"]
    assert "manage_accounts" not in me["permissions"]
    assert "run_demo" not in me["permissions"]
    assert "argon2" not in str(me)


@pytest.mark.parametrize(
    ("name", "home"),
    [("admin", "admin"), ("wuye", "workplace"), ("weixiu", "my_orders"), ("wangge", "workplace")],
)
async def test_everybody_starts_at_their_own_page(
    desks: Offices, town: Town, name: str, home: str
) -> None:
    async with signed_in(desks, town, name) as page:
        assert (await page.get("/api/session")).json()["home"] == home


async def test_a_demo_lets_its_staff_play_scenes(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "shequ", DoorSettings(demo=True)) as page:
        me = (await page.get("/api/session")).json()
    assert me["demo"]
    assert "run_demo" in me["permissions"]


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    desks: Offices, town: Town
) -> None:
    app = application(desks, DoorSettings(secure=True))
    async with browser(app, base_url="https://linli.test") as page:
        answer = await page.sign_in(town.login("shequ"))
        session, csrf = answer.headers.get_list("set-cookie")
        for flag in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
            assert flag in session, flag
        assert "HttpOnly" not in csrf
        token = page.token
    assert token is not None
    async with desks.machine.work() as work:
        stored = await work.connection.scalar(
            text("SELECT count(*) FROM directory_session WHERE token_hash = :hash"),
            {"hash": hash_of(token)},
        )
    assert stored == 1
    assert len(token) >= 43  # 256 bits


async def test_a_new_sign_in_ends_the_old_session_of_that_browser(
    desks: Offices, town: Town
) -> None:
    async with signed_in(desks, town, "shequ") as page:
        old = page.token
        assert old is not None
        await page.sign_in(town.login("wuye"))
        assert page.token != old
        async with browser(page.app) as thief:
            thief.client.cookies.set(SESSION_COOKIE, old)
            assert (await thief.get("/api/session")).status_code == 401
        assert (await page.get("/api/session")).json()["account"]["display_name"] == "wuye的人"


async def test_nobody_is_nobody(desks: Offices) -> None:
    async with browser(application(desks)) as page:
        answer = await page.get("/api/session")
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
        assert (await page.get("/api/accounts")).status_code == 401
        page.client.cookies.set(SESSION_COOKIE, "made-up")
        assert (await page.get("/api/session")).status_code == 401
        opened = await page.get("/api/installation")
        assert (opened.status_code, opened.json()["demo"]) == (200, False)


async def test_a_write_needs_the_token_that_only_our_page_has(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "admin") as page, signed_in(desks, town, "xian") as other:
        foreign = other.client.cookies["linli_csrf"]
        for given in (None, "x", foreign, "吗"):
            headers = {CSRF_HEADER.encode(): given.encode()} if given else {}
            answer = await page.client.delete("/api/session", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "stale_page"), given
        own = {CSRF_HEADER: csrf_of(page.token or "")}
        cross = await page.client.delete(
            "/api/session", headers={**own, "Sec-Fetch-Site": "cross-site"}
        )
        assert cross.status_code == 403
        assert (await page.client.delete("/api/session", headers=own)).status_code == 204


async def test_another_site_signs_nobody_in(desks: Offices, town: Town) -> None:
    async with browser(application(desks), f"forged {town.tag}") as page:
        page.client.headers["Sec-Fetch-Site"] = "cross-site"
        assert (await page.sign_in(town.login("shequ"))).status_code == 403
        assert page.token is None
        form = await page.client.post(
            "/api/session",
            content=f'{{"login": "{town.login("shequ")}", "password": "{PASSWORD}"}}',
            headers={"Content-Type": "text/plain", "Sec-Fetch-Site": "none"},
        )
        assert form.status_code == 422


async def test_signing_out_ends_the_session_not_only_the_cookie(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "shequ") as page:
        token, ended = page.token, await desks.events("session_ended")
        assert (await page.delete("/api/session")).status_code == 204
        assert page.token is None
        page.client.cookies.set(SESSION_COOKIE, token or "")
        assert (await page.get("/api/session")).status_code == 401
    assert await desks.events("session_ended") == ended + 1


async def test_signing_out_everywhere(desks: Offices, town: Town) -> None:
    async with (
        signed_in(desks, town, "shequ") as desk,
        signed_in(desks, town, "shequ") as phone,
        signed_in(desks, town, "wuye") as other,
    ):
        assert (await desk.delete("/api/sessions")).status_code == 204
        assert (await phone.get("/api/session")).status_code == 401
        assert (await other.get("/api/session")).status_code == 200


async def test_a_quiet_session_ends_and_a_busy_one_ends_too_at_last(
    desks: Offices, town: Town
) -> None:
    async with signed_in(desks, town, "shequ") as page:
        desks.clock.move(IDLE - timedelta(minutes=1))
        assert (await page.get("/api/session")).status_code == 200
        desks.clock.move(IDLE - timedelta(minutes=1))
        assert (await page.get("/api/session")).status_code == 200
        desks.clock.move(IDLE)
        assert (await page.get("/api/session")).status_code == 401
    async with signed_in(desks, town, "shequ") as page:
        began = desks.clock.at
        while desks.clock.at < began + LONGEST - IDLE:
            desks.clock.move(IDLE / 2)
            assert (await page.get("/api/session")).status_code == 200
        desks.clock.at = began + LONGEST
        assert (await page.get("/api/session")).status_code == 401


async def test_an_open_page_alone_keeps_no_session(desks: Offices, town: Town) -> None:
    """Its live stream and what it reads by itself count for nothing; a write is somebody's."""

    def stream() -> Request:
        cookie = f"{SESSION_COOKIE}={page.token}".encode()
        return Request(
            {
                "type": "http",
                "method": "GET",
                "path": LIVE_PATH,
                "headers": [(b"cookie", cookie)],
                "query_string": b"",
            }
        )

    async with signed_in(desks, town, "shequ") as page:
        for _ in range(3):
            desks.clock.move(IDLE / 4)
            async with page.door.enter(stream()) as work:
                assert work.scope.account_id == town.accounts["shequ"]
            alone = await page.client.get("/api/session", headers={UNATTENDED_HEADER: "1"})
            assert alone.status_code == 200
        desks.clock.move(IDLE / 4)
        with pytest.raises(NotSignedIn):
            async with page.door.enter(stream()):
                pass
        assert (await page.get("/api/session")).status_code == 401
    async with signed_in(desks, town, "shequ") as page:
        desks.clock.move(IDLE - timedelta(minutes=1))
        page.client.headers[UNATTENDED_HEADER] = "1"
        other = town.accounts["wuye"]
        assert (await page.post(f"/api/accounts/{other}/lock")).status_code == 403
        desks.clock.move(IDLE - timedelta(minutes=1))
        assert (await page.get("/api/session")).status_code == 200


async def test_a_locked_account_is_out_at_once_and_hears_it_only_with_its_password(
    desks: Offices, town: Town
) -> None:
    async with signed_in(desks, town, "wangge") as page:
        async with desks.as_account(town.accounts["admin"]) as work:
            await lock_account(work, town.accounts["wangge"])
        assert (await page.get("/api/session")).status_code == 401
        closed = await page.sign_in(town.login("wangge"))
        assert (closed.status_code, closed.json()["code"]) == (423, "account_closed")
        wrong = await page.sign_in(town.login("wangge"), WRONG)
        assert wrong.status_code == 401


async def test_unknown_and_known_logins_answer_alike(desks: Offices, town: Town) -> None:
    answers: list[tuple[int, str, str | None]] = []
    async with browser(application(desks), f"alike {town.tag}") as page:
        for login in (town.login("shequ"), f"nobody-{town.tag}"):
            for _ in range(LOGIN_LIMIT.free + 1):
                answer = await page.sign_in(login, WRONG)
                answers.append((answer.status_code, answer.text, answer.headers.get("Retry-After")))
    half = len(answers) // 2
    assert answers[:half] == answers[half:]
    assert [status for status, _, _ in answers[:half]] == [401] * LOGIN_LIMIT.free + [423]


async def test_unknown_logins_cost_one_hash_like_known_ones(desks: Offices, town: Town) -> None:
    """The clock on the wall tells nothing: both hash exactly once, with the same parameters."""
    loop = asyncio.get_running_loop()
    passwords = desks.passwords
    known = await passwords.hashed(PASSWORD)
    took: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(40):
        for exists in (True, False):
            began = loop.time()
            assert not await passwords.right(known if exists else None, WRONG)
            took[exists].append(loop.time() - began)
    assert median(took[True]) < 3 * median(took[False]) < 9 * median(took[True])
    async with browser(application(desks), f"cost {town.tag}") as page:
        counted: list[int] = []
        for login in (town.login("shequ"), f"nobody-{town.tag}"):
            before = passwords.computed
            await page.sign_in(login, WRONG)
            counted.append(passwords.computed - before)
    assert counted == [1, 1]


async def test_wrong_passwords_by_the_hundred_are_refused_before_they_are_hashed(
    desks: Offices, town: Town
) -> None:
    hashed = desks.passwords.computed
    async with browser(application(desks), f"flood {town.tag}") as page:
        statuses = [
            (await page.sign_in(town.login("shequ"), f"{WRONG}{n}")).status_code for n in range(200)
        ]
    assert set(statuses[LOGIN_LIMIT.free :]) == {423}
    assert desks.passwords.computed - hashed == LOGIN_LIMIT.free


async def test_tries_at_the_same_time_count_each(desks: Offices, town: Town) -> None:
    hashed = desks.passwords.computed
    async with browser(application(desks), f"crowd {town.tag}") as page:
        answers = await asyncio.gather(
            *(page.sign_in(town.login("shequ"), f"{WRONG}{n}") for n in range(30))
        )
    assert sorted({answer.status_code for answer in answers}) == [401, 423]
    assert desks.passwords.computed - hashed == LOGIN_LIMIT.free


async def test_one_address_cannot_try_everybody(desks: Offices, town: Town) -> None:
    hashed = desks.passwords.computed
    async with browser(application(desks), f"spray {town.tag}") as page:
        statuses = [
            (await page.sign_in(f"nobody{n}-{town.tag}", WRONG)).status_code
            for n in range(ADDRESS_LIMIT.free + 5)
        ]
        assert statuses == [401] * ADDRESS_LIMIT.free + [423] * 5
        right = await page.sign_in(town.login("shequ"))
        assert right.status_code == 423
    assert desks.passwords.computed - hashed == ADDRESS_LIMIT.free
    async with browser(application(desks), f"elsewhere {town.tag}") as page:
        assert (await page.sign_in(town.login("shequ"))).status_code == 200


async def test_waiting_helps_and_the_right_password_forgives(desks: Offices, town: Town) -> None:
    async with browser(application(desks), f"wait {town.tag}") as page:
        for _ in range(LOGIN_LIMIT.free):
            await page.sign_in(town.login("shequ"), WRONG)
        blocked = await page.sign_in(town.login("shequ"))
        assert blocked.status_code == 423
        wait = blocked.json()["retry_after_s"]
        assert blocked.headers["Retry-After"] == str(wait)
        desks.clock.move(timedelta(seconds=wait))
        assert (await page.sign_in(town.login("shequ"))).status_code == 200
        for _ in range(LOGIN_LIMIT.free - 1):
            assert (await page.sign_in(town.login("shequ"), WRONG)).status_code == 401
        assert (await page.sign_in(town.login("shequ"))).status_code == 200


async def test_an_office_that_signs_in_all_day_is_never_slowed_down(
    desks: Offices, town: Town
) -> None:
    async with browser(application(desks), f"office {town.tag}") as page:
        for _ in range(ADDRESS_LIMIT.free + 5):
            assert (await page.sign_in(town.login("shequ"))).status_code == 200


async def test_a_typed_login_is_not_kept_when_nobody_has_it(desks: Offices, town: Town) -> None:
    secret = f"my-password-in-the-wrong-field-{town.tag}"
    async with browser(application(desks), f"typo {town.tag}") as page:
        await page.sign_in(secret, WRONG)
    async with desks.machine.work() as work:
        kept = await work.connection.scalar(
            text(
                "SELECT (SELECT count(*) FROM support_audit_entry AS e WHERE e::text LIKE :secret)"
                " + (SELECT count(*) FROM directory_sign_in_try AS t WHERE t::text LIKE :secret)"
            ),
            {"secret": f"%{secret}%"},
        )
        counted = await work.connection.scalar(
            text("SELECT failures FROM directory_sign_in_try WHERE subject = :subject"),
            {"subject": login_subject(secret)},
        )
    assert (kept, counted) == (0, 1)


async def test_signing_in_and_failing_are_in_the_audit(desks: Offices, town: Town) -> None:
    before = [await audited(desks, action) for action in ("signed_in", "sign_in_failed")]
    async with browser(application(desks), f"audit {town.tag}") as page:
        await page.sign_in(town.login("shequ"), WRONG)
        await page.sign_in(town.login("shequ"))
    after = [await audited(desks, action) for action in ("signed_in", "sign_in_failed")]
    assert after == [count + 1 for count in before]


async def test_changing_ones_password(desks: Offices, town: Town) -> None:
    new = "huang-yu-mian-tiao"
    async with signed_in(desks, town, "shequ") as page, signed_in(desks, town, "shequ") as phone:
        wrong = await page.post("/api/session/password", {"current": WRONG, "new": new})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "current")
        weak = await page.post("/api/session/password", {"current": PASSWORD, "new": "12345"})
        assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
        done = await page.post("/api/session/password", {"current": PASSWORD, "new": new})
        assert done.status_code == 204
        assert (await page.get("/api/session")).status_code == 200
        assert (await phone.get("/api/session")).status_code == 401
        assert (await phone.sign_in(town.login("shequ"))).status_code == 401
        assert (await phone.sign_in(town.login("shequ"), new)).status_code == 200


async def test_a_stolen_session_guesses_no_faster_than_anybody(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "shequ") as page:
        guess = {"current": WRONG, "new": "huang-yu-mian-tiao"}
        statuses = [
            (await page.post("/api/session/password", guess)).status_code
            for _ in range(LOGIN_LIMIT.free + 2)
        ]
    assert statuses == [422] * LOGIN_LIMIT.free + [423] * 2


async def test_a_revoked_grant_is_gone_with_the_next_request(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "wangge") as page, signed_in(desks, town, "admin") as admin:
        assert len((await page.get("/api/estates")).json()) == 1
        (grant,) = (await page.get("/api/session")).json()["grants"]
        assert (await admin.delete(f"/api/grants/{grant['id']}")).status_code == 200
        assert (await page.get("/api/estates")).status_code == 403
        assert (await page.get("/api/session")).json()["permissions"] == []


async def test_a_timed_grant_is_gone_when_its_time_is_over(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "admin") as admin, signed_in(desks, town, "wangge") as page:
        given = await admin.post(
            f"/api/accounts/{town.accounts['wangge']}/grants",
            {
                "role": "duty_officer",
                "target_kind": "organisation",
                "target_id": str(town.communities[1].id),
                "valid_to": (desks.clock.now() + timedelta(seconds=30)).isoformat(),
                "basis": "代班",
            },
        )
        assert given.status_code == 201, given.text
        assert len((await page.get("/api/estates")).json()) == 2
        desks.clock.move(timedelta(seconds=29))
        assert len((await page.get("/api/estates")).json()) == 2
        desks.clock.move(timedelta(seconds=1))
        assert len((await page.get("/api/estates")).json()) == 1
