"""Back-off, passwords, logins and roles, decided without a database."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.directory.town import START

from linli.app.live.wire import topics_of
from linli.directory.identity.contracts import Home, Permission, Role, TargetKind
from linli.directory.identity.policy import (
    FIRST_WAIT,
    LOGIN_LIMIT,
    LONGEST_WAIT,
    OTHER_DUTIES_CARRY,
    ROLES,
    BadLogin,
    Held,
    Tries,
    WeakPassword,
    acceptable,
    address_subject,
    admit,
    carried,
    failed_again,
    first_password,
    home_of,
    login_given,
    login_subject,
    plain_login,
    scope_of,
    taken_back,
    wait_after,
)
from linli.directory.organisation.contracts import Duty

MOMENTS = st.lists(st.integers(0, 4_000), max_size=60)


def test_five_tries_are_free_then_each_waits_twice_as_long() -> None:
    waits = [wait_after(failures, LOGIN_LIMIT) for failures in range(14)]
    assert waits[:5] == [timedelta()] * 5
    assert [wait.total_seconds() for wait in waits[5:]] == [
        10, 20, 40, 80, 160, 320, 640, 900, 900,
    ]  # fmt: skip


@given(st.integers(0, 10_000))
def test_no_wait_is_longer_than_a_quarter_hour_or_shorter_than_the_one_before(
    failures: int,
) -> None:
    wait = wait_after(failures, LOGIN_LIMIT)
    assert wait <= wait_after(failures + 1, LOGIN_LIMIT) <= LONGEST_WAIT


@given(MOMENTS)
def test_whoever_tries_without_pause_gets_few_tries_an_hour(gaps: list[int]) -> None:
    """However the tries are spread, the free ones and one per wait is all that is admitted."""
    tries, at, admitted = Tries("login:x"), START, 0
    for gap in gaps:
        at += timedelta(seconds=gap % 60)
        admission = admit([(tries, LOGIN_LIMIT)], at)
        if admission.admitted:
            admitted += 1
            (tries,) = admission.tries
        else:
            assert tries.blocked_until is not None
            assert at + admission.wait == tries.blocked_until
    elapsed = (at - START) / FIRST_WAIT
    assert admitted <= LOGIN_LIMIT.free + elapsed


def test_being_refused_does_not_lengthen_the_wait() -> None:
    tries = Tries("login:x", failures=5, last_failed_at=START, blocked_until=START + FIRST_WAIT)
    refused = admit([(tries, LOGIN_LIMIT)], START + FIRST_WAIT / 2)
    assert (refused.admitted, refused.tries, refused.wait) == (False, (), FIRST_WAIT / 2)
    assert admit([(tries, LOGIN_LIMIT)], START + FIRST_WAIT).admitted


def test_the_longer_of_two_waits_counts() -> None:
    own = Tries("login:x", 5, START, START + timedelta(seconds=10))
    address = Tries("address:y", 30, START, START + timedelta(seconds=600))
    admission = admit([(own, LOGIN_LIMIT), (address, LOGIN_LIMIT)], START)
    assert admission.wait == timedelta(seconds=600)


def test_a_quiet_day_forgives() -> None:
    tries = Tries("login:x", 9, START, START + LONGEST_WAIT)
    almost = failed_again(tries, LOGIN_LIMIT, START + timedelta(hours=23))
    later = failed_again(tries, LOGIN_LIMIT, START + timedelta(hours=24))
    assert (almost.failures, later.failures) == (10, 1)
    assert later.blocked_until is None


@given(st.integers(0, 40))
def test_a_right_password_takes_back_exactly_its_own_try(failures: int) -> None:
    before = Tries("address:y", failures, START if failures else None)
    after = taken_back(failed_again(before, LOGIN_LIMIT, START), LOGIN_LIMIT)
    assert after.failures == failures


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("10.1.2.3", "address:10.1.2.3"),
        ("::ffff:10.1.2.3", "address:10.1.2.3"),
        ("2001:db8:1:2:aaaa::1", "address:2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::9", "address:2001:db8:1:2::"),
        ("fe80::1%eth0", "address:fe80::"),
        ("testclient", "address:testclient"),
        (None, "address:unknown"),
    ],
)
def test_an_ipv6_host_owns_its_whole_network(address: str | None, subject: str) -> None:
    assert address_subject(address) == subject


@given(st.text(max_size=300))
def test_what_was_typed_as_a_login_is_never_part_of_what_is_kept(typed: str) -> None:
    subject = login_subject(plain_login(typed))
    assert len(subject) == len("login:") + 64
    assert subject.isascii()


@pytest.mark.parametrize(
    ("typed", "login"),
    [(" Zhang.San ", "zhang.san"), ("ＷＡＮＧ１", "wang1"), ("a-b_c.d9", "a-b_c.d9")],
)
def test_a_login_has_one_spelling(typed: str, login: str) -> None:
    assert login_given(typed) == login


@pytest.mark.parametrize("typed", ["", "x", "张三", "a b", "-ab", "a" * 61, "a\n1", "a'--"])
def test_a_login_is_plain(typed: str) -> None:
    with pytest.raises(BadLogin):
        login_given(typed)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "1234567890",
        "aaaaaaaaaaaa",
        "wangge-2026!",
        "WANGGE-2026!",
        "x" * 129,
        "abababab12",
    ],
)
def test_a_password_that_is_guessed_early_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        acceptable(password, "wangge")


@pytest.mark.parametrize("password", ["tang-cu-pai-gu", "糖醋排骨和黄鱼面条真好", "correct horse"])
def test_a_good_password_passes(password: str) -> None:
    acceptable(password, "wangge")


@given(st.lists(st.integers(0, 29), min_size=32, max_size=32))
def test_first_passwords_are_readable_and_follow_the_dice(dice: list[int]) -> None:
    thrown = iter(dice)
    first, second = (first_password(lambda _: next(thrown)) for _ in range(2))
    assert (first == second) == (dice[:16] == dice[16:])
    assert not set(first) & set("01OIlo")
    assert [len(group) for group in first.split("-")] == [4, 4, 4, 4]


# ── roles ──


def test_every_role_is_written_down() -> None:
    assert set(ROLES) == set(Role)
    for role, rule in ROLES.items():
        assert rule.permissions, role
        assert rule.targets, role
        in_tree = rule.targets & {TargetKind.ORGANISATION, TargetKind.COMPANY}
        assert bool(rule.organisation_kinds) == bool(in_tree), role


def test_only_those_who_manage_accounts_hand_out_roles() -> None:
    for role, rule in ROLES.items():
        assert bool(rule.hands_out) == (Permission.MANAGE_ACCOUNTS in rule.permissions), role


def test_only_an_administrator_makes_an_administrator() -> None:
    makers = {role for role, rule in ROLES.items() if Role.ADMINISTRATOR in rule.hands_out}
    assert makers == {Role.ADMINISTRATOR}


def test_who_runs_the_system_does_not_look_at_people_or_incidents() -> None:
    assert not ROLES[Role.ADMINISTRATOR].permissions & {
        Permission.SEE_PEOPLE,
        Permission.SEE_PEOPLE_FULL,
        Permission.SEE_INCIDENTS,
        Permission.HANDLE_INCIDENTS,
    }


def test_only_the_duty_officer_sees_people_in_full() -> None:
    full = {r for r, rule in ROLES.items() if Permission.SEE_PEOPLE_FULL in rule.permissions}
    assert full == {Role.DUTY_OFFICER}


@given(st.sampled_from(list(Role)), st.sets(st.sampled_from(list(Duty)), min_size=1))
def test_duties_never_add_a_right(role: Role, duties: set[Duty]) -> None:
    held = ROLES[role].permissions
    left = carried(held, frozenset(duties))
    assert left <= held
    assert left == (held if Duty.PROPERTY in duties else held & OTHER_DUTIES_CARRY)


def test_who_has_a_workplace_starts_there() -> None:
    assert home_of([Role.PROPERTY_STAFF, Role.DUTY_OFFICER]) is Home.WORKPLACE
    assert home_of([Role.GRID_WORKER]) is Home.WORKPLACE
    assert home_of([Role.ADMINISTRATOR, Role.PROPERTY_STAFF]) is Home.ADMIN
    assert home_of([]) is Home.MY_ORDERS


def test_one_hears_of_organisations_one_covers_not_of_those_one_merely_knows() -> None:
    company, community, sunny = UUID(int=1), UUID(int=2), UUID(int=3)
    manager = Held(
        grant_id=UUID(int=9),
        role=Role.PROPERTY_MANAGER,
        target_kind=TargetKind.COMPANY,
        target_id=company,
        estates={sunny: frozenset({Duty.PROPERTY})},
        organisations=frozenset({company}),
        around=frozenset({company, community}),
    )
    scope = scope_of(UUID(int=8), 1, [manager])
    assert community in scope.organisations_for(Permission.SEE_PLACES)
    heard = {topic for topic in topics_of(scope) if topic.startswith("organisation:")}
    assert heard == {f"organisation:{company}"}
