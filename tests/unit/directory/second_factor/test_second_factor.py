"""A code of the app is good once; a lost phone does not lock anybody out for ever."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.directory.browser import Browser, application, browser, signed_in
from tests.unit.directory.town import PASSWORD, Offices, Town

from linli.directory.identity.contracts import Role
from linli.directory.identity.door import SESSION_COOKIE, DoorSettings
from linli.directory.identity.policy import LOGIN_LIMIT
from linli.directory.second_factor import policy

# RFC 6238, appendix B: secret, times and 8-digit codes for SHA-1.
RFC_SECRET = b"12345678901234567890"
RFC_CODES = (
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
)


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    step = policy.step_of(datetime.fromtimestamp(seconds, UTC))
    assert policy.code_at(RFC_SECRET, step, digits=8) == code


@given(
    secret=st.binary(min_size=20, max_size=20),
    at=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2090, 1, 1)),  # noqa: DTZ001
    off=st.integers(-5, 5),
)
def test_a_code_is_taken_near_its_time_and_never_twice(
    secret: bytes, at: datetime, off: int
) -> None:
    now = at.replace(tzinfo=UTC)
    step = policy.step_of(now) + off
    code = policy.code_at(secret, step)
    taken = policy.step_matched(secret, code, now, after=0)
    if abs(off) <= policy.DRIFT:
        assert taken is not None
        assert policy.step_matched(secret, code, now, after=taken) is None
    elif taken is not None:  # one chance in a million: another step has the same code
        assert policy.code_at(secret, taken) == code


@given(secret=st.binary(min_size=1, max_size=40))
def test_a_typed_secret_is_the_secret(secret: bytes) -> None:
    assert policy.from_base32(policy.as_base32(secret)) == secret


def app_code(desks: Offices, secret: str, after: timedelta = timedelta()) -> str:
    """What the phone shows now."""
    step = policy.step_of(desks.clock.now() + after)
    return policy.code_at(policy.from_base32(secret), step)


async def enrol(desks: Offices, page: Browser) -> tuple[str, list[str]]:
    begun = await page.post("/api/session/second-factor", {"current": PASSWORD})
    assert begun.status_code == 201, begun.text
    secret = begun.json()["secret"]
    assert f"secret={secret}" in begun.json()["uri"]
    done = await page.post("/api/session/second-factor/confirm", {"code": app_code(desks, secret)})
    assert done.status_code == 200, done.text
    desks.clock.move(timedelta(minutes=1))
    return secret, done.json()["codes"]


async def sign_in(page: Browser, town: Town, name: str, **more: str) -> tuple[int, str]:
    answer = await page.client.post(
        "/api/session", json={"login": town.login(name), "password": PASSWORD, **more}
    )
    return answer.status_code, answer.json().get("code", "in")


async def test_signing_in_asks_for_the_phone_and_takes_each_code_once(
    desks: Offices, town: Town
) -> None:
    async with signed_in(desks, town, "shequ") as page:
        secret, _ = await enrol(desks, page)
        me = (await page.get("/api/session")).json()
        assert me["second_factor"] == {"enrolled": True, "required": False, "codes_left": 10}
        async with browser(page.app, f"home of {town.tag}") as home:
            assert await sign_in(home, town, "shequ") == (401, "second_factor_needed")
            assert home.token is None
            code = app_code(desks, secret)
            assert await sign_in(home, town, "shequ", code=code) == (200, "in")
            assert await sign_in(home, town, "shequ", code=code) == (401, "wrong_code")
            desks.clock.move(timedelta(seconds=30))
            spaced = app_code(desks, secret)
            shown = f"{spaced[:3]} {spaced[3:]}"
            assert await sign_in(home, town, "shequ", code=shown) == (200, "in")


async def test_enrolling_ends_the_other_sessions(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "shequ") as page:
        async with browser(page.app, f"old place of {town.tag}") as old:
            assert (await old.sign_in(town.login("shequ"))).status_code == 200
            await enrol(desks, page)
            assert (await old.get("/api/session")).status_code == 401
        assert (await page.get("/api/session")).status_code == 200


async def test_a_session_alone_changes_nothing(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "shequ") as page:
        wrong = await page.post("/api/session/second-factor", {"current": "not my password"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_current_password")
        begun = await page.post("/api/session/second-factor", {"current": PASSWORD})
        assert begun.status_code == 201
        early = await page.post("/api/session/second-factor/confirm", {"code": "000000"})
        assert early.json()["code"] == "wrong_app_code"
        assert not (await page.get("/api/session")).json()["second_factor"]["enrolled"]
        again = await page.post("/api/session/second-factor/confirm", {"code": "吗"})
        assert again.status_code == 422


async def test_recovery_codes_each_open_once_and_renewing_ends_the_old(
    desks: Offices, town: Town
) -> None:
    async with signed_in(desks, town, "shequ") as page:
        secret, codes = await enrol(desks, page)
        assert len(set(codes)) == policy.RECOVERY_CODES
        async with browser(page.app, f"without phone {town.tag}") as lost:
            assert await sign_in(lost, town, "shequ", code=codes[0].upper()) == (200, "in")
            assert await sign_in(lost, town, "shequ", code=codes[0]) == (401, "wrong_code")
            me = (await page.get("/api/session")).json()
            assert me["second_factor"]["codes_left"] == 9
            proof = {"current": PASSWORD, "code": app_code(desks, secret)}
            renewed = await page.post("/api/session/second-factor/codes", proof)
            assert renewed.status_code == 200, renewed.text
            assert await sign_in(lost, town, "shequ", code=codes[1]) == (401, "wrong_code")
            fresh = renewed.json()["codes"][0]
            assert await sign_in(lost, town, "shequ", code=fresh) == (200, "in")


async def test_wrong_codes_lock_like_wrong_passwords_and_the_password_does_not_forgive_them(
    desks: Offices, town: Town
) -> None:
    async with signed_in(desks, town, "shequ") as page:
        secret, _ = await enrol(desks, page)
        async with browser(page.app, f"thief {town.tag}") as thief:
            for _ in range(LOGIN_LIMIT.free):
                assert await sign_in(thief, town, "shequ") == (401, "second_factor_needed")
                assert await sign_in(thief, town, "shequ", code="abcde-abcde") == (
                    401,
                    "wrong_code",
                )
            assert await sign_in(thief, town, "shequ") == (423, "locked_out")
            right = app_code(desks, secret)
            assert await sign_in(thief, town, "shequ", code=right) == (423, "locked_out")
            desks.clock.move(timedelta(minutes=16))
            assert await sign_in(thief, town, "shequ", code=app_code(desks, secret)) == (200, "in")


async def test_a_role_that_demands_it_reaches_nothing_without(desks: Offices, town: Town) -> None:
    strict = DoorSettings(second_factor_roles=frozenset({Role.ADMINISTRATOR}))
    async with signed_in(desks, town, "admin", strict) as page:
        me = (await page.get("/api/session")).json()
        assert me["second_factor"]["required"]
        assert me["permissions"] == []
        assert (await page.get("/api/accounts")).status_code == 403
        secret, _ = await enrol(desks, page)
        assert (await page.get("/api/accounts")).status_code == 200
        proof = {"current": PASSWORD, "code": app_code(desks, secret)}
        kept = await page.post("/api/session/second-factor/remove", proof)
        assert (kept.status_code, kept.json()["code"]) == (403, "required_by_role")
        async with browser(page.app, f"admin at home {town.tag}") as home:
            assert await sign_in(home, town, "admin", code=proof["code"]) == (200, "in")
            assert (await home.get("/api/accounts")).status_code == 200
    async with signed_in(desks, town, "shequ", strict) as page:
        assert not (await page.get("/api/session")).json()["second_factor"]["required"]


async def test_who_manages_an_account_may_take_a_lost_factor_away(
    desks: Offices, town: Town
) -> None:
    async with signed_in(desks, town, "shequ") as page, signed_in(desks, town, "admin") as admin:
        path = f"/api/accounts/{town.accounts['shequ']}/reset-second-factor"
        assert (await admin.post(path)).status_code == 409
        assert not (await admin.get(f"/api/accounts/{town.accounts['shequ']}")).json()[
            "second_factor"
        ]
        await enrol(desks, page)
        assert (await admin.get(f"/api/accounts/{town.accounts['shequ']}")).json()["second_factor"]
        async with signed_in(desks, town, "wuye") as stranger:
            assert (await stranger.post(path)).status_code in {403, 404}
        token = page.token
        assert (await admin.post(path)).status_code == 200
        async with browser(application(desks), f"anew {town.tag}") as anew:
            anew.client.cookies.set(SESSION_COOKIE, token or "")
            assert (await anew.get("/api/session")).status_code == 401
            assert await sign_in(anew, town, "shequ") == (200, "in")


async def test_one_may_do_without_again(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "weixiu") as page:
        secret, _ = await enrol(desks, page)
        wrong = {"current": PASSWORD, "code": "abcde-abcde"}
        refused = await page.post("/api/session/second-factor/remove", wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "wrong_code")
        proof = {"current": PASSWORD, "code": app_code(desks, secret)}
        assert (await page.post("/api/session/second-factor/remove", proof)).status_code == 204
        async with browser(page.app, f"later {town.tag}") as later:
            assert await sign_in(later, town, "weixiu") == (200, "in")
