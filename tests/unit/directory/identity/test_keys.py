"""A program's key reaches what it was given of what its account reaches, and nothing else."""

from datetime import timedelta
from uuid import UUID

from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.directory.browser import Browser, application, browser, signed_in
from tests.unit.directory.town import Offices, Town

from linli.directory.identity.contracts import Permission
from linli.directory.identity.keys import Pace
from linli.directory.identity.policy import NOT_FOR_PROGRAMS, for_programs, narrowed
from linli.kernel.scope import Scope

CODES = st.sampled_from([one.value for one in Permission])
REACH = st.dictionaries(CODES, st.frozensets(st.integers(0, 9).map(lambda n: UUID(int=n))))
SCOPES = st.builds(
    Scope,
    account_id=st.just(UUID(int=1)),
    version=st.integers(0, 9),
    estates=REACH,
    organisations=REACH,
    incidents=REACH,
)


@given(scope=SCOPES, given_to_key=st.frozensets(CODES))
def test_a_key_never_reaches_more_than_its_account_and_its_own_list(
    scope: Scope, given_to_key: frozenset[str]
) -> None:
    kept = narrowed(scope, given_to_key)
    for before, after in (
        (scope.estates, kept.estates),
        (scope.organisations, kept.organisations),
        (scope.incidents, kept.incidents),
    ):
        assert set(after) == set(before) & given_to_key
        assert all(after[code] == before[code] for code in after)
    assert kept.account_id == scope.account_id


@given(st.frozensets(st.sampled_from(list(Permission))))
def test_what_takes_a_person_is_never_given_to_a_program(held: frozenset[Permission]) -> None:
    assert not for_programs(held) & NOT_FOR_PROGRAMS


@given(
    per_minute=st.integers(1, 600),
    gaps=st.lists(st.floats(0, 5, allow_nan=False), max_size=200),
)
def test_a_pace_lets_no_more_through_than_it_says(per_minute: int, gaps: list[float]) -> None:
    now = 0.0
    pace = Pace(lambda: now)
    let_in = 0
    for gap in gaps:
        now += gap
        wait = pace.wait(UUID(int=1), per_minute)
        let_in += wait == 0
        if wait:
            now += wait + 1e-6
            assert pace.wait(UUID(int=1), per_minute) == 0
            let_in += 1
    assert let_in <= per_minute + now * per_minute / 60 + 1


async def make(
    desks: Offices, town: Town, admin: Browser, *permissions: str, of: str = "wuye"
) -> tuple[str, str]:
    """The id and the secret of a new key."""
    body = {
        "title": "巡检系统",
        "permissions": list(permissions),
        "expires_at": (desks.clock.now() + timedelta(days=30)).isoformat(),
        "per_minute": 3,
    }
    made = await admin.post(f"/api/accounts/{town.accounts[of]}/keys", body)
    assert made.status_code == 201, made.text
    return made.json()["key"]["id"], made.json()["secret"]


async def ask(app: FastAPI, secret: str, path: str) -> int:
    async with browser(app, "10.1.2.3") as program:
        answer = await program.client.get(path, headers={"Authorization": f"Bearer {secret}"})
        return answer.status_code


async def test_a_key_opens_what_it_may_until_it_is_taken_back(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "admin") as admin:
        app = admin.app
        key_id, secret = await make(desks, town, admin, "see_places")
        assert await ask(app, secret, "/api/estates") == 200
        assert await ask(app, secret, "/api/people") == 403  # the account may, the key may not
        assert await ask(app, secret + "x", "/api/estates") == 401
        assert await ask(app, secret, "/api/session") == 401  # no session comes of it
        (listed,) = [k for k in (await admin.get("/api/keys")).json() if k["id"] == key_id]
        assert secret not in str(listed)
        assert secret.startswith(listed["head"])
        assert listed["last_address"] == "10.1.2.3"
        desks.clock.move(timedelta(minutes=2))
        assert (await admin.delete(f"/api/keys/{key_id}")).status_code == 200
        assert await ask(app, secret, "/api/estates") == 401
        assert (await admin.delete(f"/api/keys/{key_id}")).status_code == 404


async def test_a_key_asks_no_oftener_than_agreed(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "admin") as admin:
        _, secret = await make(desks, town, admin, "see_places")
        answers = [await ask(admin.app, secret, "/api/estates") for _ in range(4)]
        assert answers == [200, 200, 200, 429]
        desks.clock.move(timedelta(seconds=21))
        assert await ask(admin.app, secret, "/api/estates") == 200


async def test_a_key_ends_by_its_date_and_with_its_account(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "admin") as admin:
        _, first = await make(desks, town, admin, "see_places")
        _, second = await make(desks, town, admin, "see_places", of="dianti")
        assert await ask(admin.app, second, "/api/estates") == 200
        lock = await admin.post(f"/api/accounts/{town.accounts['dianti']}/lock")
        assert lock.status_code == 200
        assert await ask(admin.app, second, "/api/estates") == 401
    desks.clock.move(timedelta(days=31))
    assert await ask(application(desks), first, "/api/estates") == 401


async def test_nobody_makes_a_key_beyond_the_account_or_their_own_reach(
    desks: Offices, town: Town
) -> None:
    until = (desks.clock.now() + timedelta(days=30)).isoformat()
    async with signed_in(desks, town, "admin") as admin:
        path = f"/api/accounts/{town.accounts['weixiu']}/keys"
        rights = await admin.get(f"/api/accounts/{town.accounts['weixiu']}/key-rights")
        assert "see_orders" in rights.json()
        for wish in ("see_incidents", "manage_accounts"):
            body = {"title": "多要一点", "permissions": [wish], "expires_at": until}
            refused = await admin.post(path, body)
            assert (refused.status_code, refused.json()["code"]) == (422, "wrong_key_rights")
        body = {"title": "自己", "permissions": ["see_places"], "expires_at": until}
        own = await admin.post(f"/api/accounts/{town.accounts['admin']}/keys", body)
        assert own.status_code == 403
        late = (desks.clock.now() + timedelta(days=800)).isoformat()
        long = await admin.post(path, {**body, "expires_at": late})
        assert (long.status_code, long.json()["code"]) == (422, "wrong_period")
    async with signed_in(desks, town, "wuye") as manager:
        body = {"title": "越权", "permissions": ["see_places"], "expires_at": until}
        assert (await manager.post(path, body)).status_code == 403
