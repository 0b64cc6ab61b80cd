"""Scope: deny by default, and the database holds the same line."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from tests.support.stage import NOON, Stage

from linli.kernel.database import transaction
from linli.kernel.errors import Forbidden, NotSignedIn
from linli.kernel.scope import NOBODY, Actor, Scope, settings_of
from linli.kernel.web import require
from linli.kernel.work import Work, Workshop

SUNNY, MOONLIT = UUID(int=1), UUID(int=2)
LI = UUID(int=11)
UUIDS = st.frozensets(st.uuids(), max_size=4)
REACH = st.dictionaries(st.sampled_from(["see_incidents", "do_orders", "see_people"]), UUIDS)


def test_nobody_may_do_anything() -> None:
    assert not NOBODY.permissions()
    assert not NOBODY.may("see_incidents", SUNNY)
    assert not NOBODY.may_anywhere("see_incidents")


def test_a_permission_holds_where_it_was_given_and_nowhere_else() -> None:
    scope = Scope(account_id=LI, estates={"see_incidents": frozenset({SUNNY})})
    assert scope.may("see_incidents", SUNNY)
    assert not scope.may("see_incidents", MOONLIT)
    assert not scope.may("do_orders", SUNNY)
    assert scope.permissions() == {"see_incidents"}


def test_a_permission_over_nothing_is_none() -> None:
    assert not Scope(account_id=LI, estates={"see_incidents": frozenset()}).permissions()


@given(REACH, REACH)
def test_every_permission_that_is_held_is_held_somewhere(
    estates: dict[str, frozenset[UUID]], organisations: dict[str, frozenset[UUID]]
) -> None:
    scope = Scope(account_id=LI, estates=estates, organisations=organisations)
    assert scope.permissions() == {
        name for name in (*estates, *organisations) if scope.may_anywhere(name)
    }


async def test_the_database_reads_the_same_reach(stage: Stage) -> None:
    scope = Scope(
        account_id=LI,
        estates={"see_incidents": frozenset({SUNNY, MOONLIT})},
        organisations={"see_audit": frozenset({UUID(int=5)})},
        incidents={"see_orders": frozenset({UUID(int=6)})},
    )
    work = await stage.person(scope)
    row = (
        await work.connection.execute(
            text(
                "SELECT linli_account(), linli_estates('see_incidents'),"
                " linli_organisations('see_audit'), linli_incidents('see_orders'),"
                " linli_estates('see_people')"
            )
        )
    ).one()
    assert row[0] == LI
    assert set(row[1]) == {SUNNY, MOONLIT}
    assert (row[2], row[3], row[4]) == ([UUID(int=5)], [UUID(int=6)], [])


async def test_a_scope_ends_with_its_transaction(workshops: tuple[Workshop, Workshop]) -> None:
    people, _ = workshops
    async with people.work(scope=Scope(account_id=LI)) as work:
        assert await work.connection.scalar(text("SELECT linli_account()")) == LI
    for _ in range(8):
        async with transaction(people.engine) as connection:
            assert await connection.scalar(text("SELECT linli_account()")) is None


def test_settings_carry_ids_only() -> None:
    scope = Scope(account_id=None, estates={"see_incidents": frozenset({SUNNY})})
    assert settings_of(scope) == {
        "linli.account": "",
        "linli.estates.see_incidents": f"{{{SUNNY}}}",
    }


async def test_require_refuses_who_is_not_signed_in_and_who_lacks_the_right(stage: Stage) -> None:
    stranger = await stage.person(NOBODY)
    with pytest.raises(NotSignedIn):
        require(stranger, "see_incidents")
    scope = Scope(account_id=LI, estates={"see_incidents": frozenset({SUNNY})})
    actor = Actor(kind="person", name="李强", account_id=LI)
    li = Work(connection=stranger.connection, now=NOON, actor=actor, scope=scope)
    require(li, "see_incidents")
    require(li, "see_incidents", SUNNY)
    with pytest.raises(Forbidden):
        require(li, "see_incidents", MOONLIT)
    with pytest.raises(Forbidden):
        require(li, "do_orders")


async def test_the_web_cannot_leave_row_security(stage: Stage) -> None:
    work = await stage.person(NOBODY)
    flags = (
        await work.connection.execute(
            text(
                "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles "
                "WHERE rolname = current_user"
            )
        )
    ).one()
    assert tuple(flags) == (False, False, False, False)
    with pytest.raises(ProgrammingError, match="must be owner"):
        await work.connection.execute(
            text("ALTER TABLE support_message DISABLE ROW LEVEL SECURITY")
        )
