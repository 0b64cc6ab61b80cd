"""People sign in with the identity their county gives them, once they linked it themselves."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.unit.directory.browser import Browser, browser, signed_in
from tests.unit.directory.openid.provider_process import (
    CLIENT,
    RETURNS_TO,
    SECRET,
    Running,
    running_provider,
)
from tests.unit.directory.second_factor.test_second_factor import app_code, enrol
from tests.unit.directory.town import CIPHER, PASSWORD, Offices, Town

from linli.directory.identity import errands, service
from linli.directory.identity.door import SESSION_COOKIE
from linli.directory.identity.errands import Errand, Wish
from linli.directory.openid.contracts import Identity
from linli.directory.openid.ports import AnswerRefused, ProviderAway
from linli.directory.openid.public import OpenIdClient, OpenIdProvider
from linli.kernel.time import SystemClock

real_now = SystemClock().now
"""The provider's process knows no other time."""


def client_of(running: Running) -> OpenIdProvider:
    told = OpenIdClient(running.issuer, CLIENT, SECRET, "县统一认证", RETURNS_TO)
    return OpenIdProvider(told, real_now)


@pytest.fixture(scope="module")
async def running() -> AsyncGenerator[Running]:
    async with running_provider() as provider:
        yield provider


async def came_back(page: Browser, running: Running, url: str, login: str) -> httpx.Response:
    """The browser goes to the provider, somebody signs in there, and it comes back."""
    answer = await running.sign_in(url, login)
    return await page.client.get("/api/session/openid/done", params=dict(answer))


async def link(page: Browser, running: Running, login: str) -> str:
    """Link an identity to whoever is signed in; answers where the browser ends up."""
    begun = await page.post("/api/session/openid/link", {"current": PASSWORD})
    assert begun.status_code == 200, begun.text
    done = await came_back(page, running, begun.json()["url"], login)
    assert done.status_code == 303
    return done.headers["location"]


@asynccontextmanager
async def elsewhere(page: Browser, town: Town) -> AsyncGenerator[Browser]:
    """A browser at another desk."""
    async with browser(page.app, f"other desk of {town.tag}") as other:
        yield other


async def enter(page: Browser, running: Running, login: str, back: str = "/desk") -> str:
    """Sign in by the provider; answers where the browser ends up."""
    begun = await page.post("/api/session/openid", {"back": back})
    assert begun.status_code == 200, begun.text
    done = await came_back(page, running, begun.json()["url"], login)
    assert done.status_code == 303
    return done.headers["location"]


@asynccontextmanager
async def clerk(
    desks: Offices, town: Town, running: Running, name: str = "shequ"
) -> AsyncGenerator[Browser]:
    async with signed_in(desks, town, name) as page:
        page.app.state.identity_provider = client_of(running)
        yield page


async def test_who_linked_an_identity_signs_in_with_it(
    desks: Offices, town: Town, running: Running
) -> None:
    async with clerk(desks, town, running) as page:
        assert (await page.get("/api/installation")).json()["openid"] == "县统一认证"
        who = f"wang-{town.tag}"
        assert await link(page, running, who) == "/me?openid=linked"
        (mine,) = (await page.get("/api/session/openid/identities")).json()
        assert (mine["title"], mine["last_used_at"]) == (f"{who}@county", None)
        async with elsewhere(page, town) as desk:
            assert await enter(desk, running, who, "/desk?state=open") == "/desk?state=open"
            me = (await desk.get("/api/session")).json()
            assert me["account"]["login"] == town.login("shequ")
            # The errand's cookie is worth nothing any more.
            assert errands.COOKIE not in desk.client.cookies
        (mine,) = (await page.get("/api/session/openid/identities")).json()
        assert mine["last_used_at"] is not None
        gone = await page.delete(f"/api/session/openid/identities/{mine['id']}")
        assert gone.status_code == 204
        async with elsewhere(page, town) as desk:
            assert await enter(desk, running, who) == (
                "/sign-in?openid=unknown_identity&next=%2Fdesk"
            )
            assert desk.token is None
        again = await page.delete(f"/api/session/openid/identities/{mine['id']}")
        assert again.status_code == 404
    async with desks.machine.work() as work:
        told = await work.connection.scalars(
            text(
                "SELECT action FROM support_audit_entry WHERE subject_id = :who"
                " AND (action LIKE 'identity%' OR reason LIKE '统一身份%')"
            ),
            {"who": town.accounts["shequ"]},
        )
    assert sorted(told) == ["identity_linked", "identity_unlinked", "signed_in"]


async def test_an_identity_belongs_to_one_account(
    desks: Offices, town: Town, running: Running
) -> None:
    who = f"shared-{town.tag}"
    async with clerk(desks, town, running) as first:
        assert await link(first, running, who) == "/me?openid=linked"
    async with clerk(desks, town, running, "wuye") as second:
        assert await link(second, running, who) == "/me?openid=code_taken"
        assert (await second.get("/api/session/openid/identities")).json() == []


async def test_linking_takes_ones_password(desks: Offices, town: Town, running: Running) -> None:
    async with clerk(desks, town, running) as page:
        wrong = await page.post("/api/session/openid/link", {"current": "not mine"})
        assert wrong.json()["code"] == "wrong_current_password"
        async with elsewhere(page, town) as stranger:
            nobody = await stranger.post("/api/session/openid/link", {"current": PASSWORD})
            assert nobody.status_code == 401


async def test_the_second_factor_is_asked_for_all_the_same(
    desks: Offices, town: Town, running: Running
) -> None:
    who = f"careful-{town.tag}"
    async with clerk(desks, town, running) as page:
        await link(page, running, who)
        secret, _ = await enrol(desks, page)
        async with elsewhere(page, town) as desk:
            assert await enter(desk, running, who) == "/sign-in?openid=code&next=%2Fdesk"
            assert desk.token is None
            wrong = await desk.post("/api/session/openid/code", {"code": "000000"})
            assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_code")
            code = app_code(desks, secret)
            assert (await desk.post("/api/session/openid/code", {"code": code})).status_code == 200
            assert (await desk.get("/api/session")).status_code == 200
            # What was proven is used up.
            late = await desk.post("/api/session/openid/code", {"code": code})
            assert late.json()["code"] == "openid_late"


async def test_who_left_or_was_given_a_new_password_does_not_get_in(
    desks: Offices, town: Town, running: Running
) -> None:
    who = f"leaver-{town.tag}"
    async with clerk(desks, town, running, "weixiu") as page:
        await link(page, running, who)
        async with desks.as_account(town.accounts["admin"]) as work:
            await service.lock_account(work, town.accounts["weixiu"])
        async with elsewhere(page, town) as desk:
            assert "openid=account_closed" in await enter(desk, running, who)
        async with desks.as_account(town.accounts["admin"]) as work:
            await service.unlock_account(work, town.accounts["weixiu"])
            await service.reset_password(work, town.accounts["weixiu"], "x")
        async with elsewhere(page, town) as desk:
            assert "openid=unknown_identity" in await enter(desk, running, who)


async def test_an_answer_counts_only_for_the_browser_that_asked_and_only_in_time(
    desks: Offices, town: Town, running: Running
) -> None:
    async with clerk(desks, town, running) as page:
        who = f"late-{town.tag}"
        await link(page, running, who)
        async with elsewhere(page, town) as mine, elsewhere(page, town) as theirs:
            begun = await mine.post("/api/session/openid", {"back": "/"})
            answer = await running.sign_in(begun.json()["url"], who)
            carried = await theirs.client.get("/api/session/openid/done", params=dict(answer))
            assert carried.headers["location"] == "/sign-in?openid=late"
            await theirs.post("/api/session/openid", {"back": "/"})
            carried = await theirs.client.get("/api/session/openid/done", params=dict(answer))
            assert carried.headers["location"] == "/sign-in?openid=openid_refused"
            assert theirs.token is None
            desks.clock.move(errands.LONGEST)
            slow = await mine.client.get("/api/session/openid/done", params=dict(answer))
            assert slow.headers["location"] == "/sign-in?openid=late"
            assert mine.token is None


async def test_somebody_who_says_no_is_told_so(
    desks: Offices, town: Town, running: Running
) -> None:
    async with clerk(desks, town, running) as page, elsewhere(page, town) as desk:
        begun = await desk.post("/api/session/openid", {"back": "/"})
        url: str = begun.json()["url"]
        state = parse_qs(urlsplit(url).query)["state"][0]
        refused = {"error": "access_denied", "state": state, "iss": running.issuer}
        done = await desk.client.get("/api/session/openid/done", params=refused)
        assert done.headers["location"] == "/sign-in?openid=openid_refused"


async def test_new_keys_of_the_provider_are_learnt() -> None:
    async with running_provider() as running:
        now = real_now()
        told = OpenIdClient(running.issuer, CLIENT, SECRET, "县统一认证", RETURNS_TO)
        # Their clocks agree within the leeway; ours went on two minutes since the keys were read.
        provider = OpenIdProvider(told, lambda: now)
        await provider.ask()
        await running.rotate()
        now += timedelta(minutes=2)
        question = await provider.ask()
        answer = await running.sign_in(question.url, "anybody")
        now = real_now() + timedelta(minutes=1, seconds=1)
        identity = await provider.answered(question, answer)
        assert (identity.issuer, identity.subject) == (running.issuer, "anybody")


async def test_an_answer_of_another_issuer_or_to_another_question_is_refused(
    running: Running,
) -> None:
    provider = client_of(running)
    question = await provider.ask()
    answer = dict(await running.sign_in(question.url, "anybody"))
    for wrong in (
        {"iss": "http://elsewhere"},
        {"state": "other"},
        {"code": ""},
        {"code": "made up"},
    ):
        with pytest.raises(AnswerRefused):
            await provider.answered(question, answer | wrong)
    without = {name: value for name, value in answer.items() if name != "iss"}
    with pytest.raises(AnswerRefused):
        await provider.answered(question, without)
    other = await provider.ask()
    with pytest.raises(AnswerRefused):
        # The token's nonce and the verifier are those of the first question.
        await provider.answered(other, answer | {"state": other.state})


async def test_a_provider_that_is_away_or_answers_for_another_is_none(running: Running) -> None:
    away = OpenIdClient("http://127.0.0.1:9", CLIENT, SECRET, "县统一认证", RETURNS_TO)
    with pytest.raises(ProviderAway):
        await OpenIdProvider(away, real_now).ask()
    port = urlsplit(running.issuer).port
    other = OpenIdClient(f"http://localhost:{port}", CLIENT, SECRET, "县统一认证", RETURNS_TO)
    with pytest.raises(ProviderAway, match="不一致"):
        await OpenIdProvider(other, real_now).ask()


async def test_an_installation_without_a_provider_says_so(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "shequ") as page:
        assert (await page.get("/api/installation")).json()["openid"] is None
        answer = await page.post("/api/session/openid", {"back": "/"})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert page.client.cookies.get(SESSION_COOKIE)


@given(st.text(max_size=40))
def test_nobody_is_sent_to_another_site(wanted: str) -> None:
    path = errands.local_path(wanted)
    assert path.startswith("/")
    assert urlsplit(path).netloc == ""
    assert not path.startswith(("//", "/\\"))
    assert path in {wanted, "/"}


@given(st.binary(max_size=80))
def test_only_our_own_errands_are_read(value: bytes) -> None:
    assert errands.opened(CIPHER, value.decode("latin-1"), real_now()) is None


def test_an_errand_comes_back_as_it_went() -> None:
    now = real_now()
    errand = Errand(
        Wish.CODE, now + errands.LONGEST, "/desk", identity=Identity("https://a", "7", "王")
    )
    value = errands.sealed(CIPHER, errand)
    assert errands.opened(CIPHER, value, now) == errand
    assert errands.opened(CIPHER, value, now + errands.LONGEST) is None
    assert errands.opened(CIPHER, value[:-4] + "AAAA", now) is None
