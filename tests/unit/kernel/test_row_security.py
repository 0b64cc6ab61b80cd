"""Every table says who sees its rows, and the database has heard it."""

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, text
from tests.support.stage import Stage

from linli.app.tables import load, metadata
from linli.kernel.row_security import (
    Use,
    any_of,
    by_account,
    by_estate,
    by_incident,
    by_organisation,
    guarded,
    rule_of,
    statements_for,
    through,
)

load()
TABLES = sorted(metadata.tables)


@pytest.mark.parametrize("name", TABLES)
async def test_the_rule_of_each_table_is_in_force(stage: Stage, name: str) -> None:
    rule = rule_of(metadata.tables[name])
    work = await stage.auditor()
    secured = await work.connection.scalar(
        text("SELECT relrowsecurity FROM pg_class WHERE oid = CAST(:name AS regclass)"),
        {"name": name},
    )
    assert secured == (rule.seen is not None)
    for role, use in (("linli_app", rule.app), ("linli_gateway", rule.machine)):
        held = await work.connection.execute(
            text(
                "SELECT privilege_type FROM information_schema.role_table_grants "
                "WHERE table_name = :name AND grantee = :role"
            ),
            {"name": name, "role": role},
        )
        stated = {word.strip() for word in use.value.split(",") if word}
        assert set(held.scalars().all()) == stated


async def test_nobody_but_linlis_roles_holds_anything(stage: Stage) -> None:
    work = await stage.auditor()
    others = await work.connection.execute(
        text(
            "SELECT table_name, grantee FROM information_schema.role_table_grants "
            "WHERE table_schema = 'public' "
            "AND grantee NOT IN ('linli_owner', 'linli_app', 'linli_gateway')"
        )
    )
    assert others.all() == []


def test_a_table_that_states_no_rule_is_refused() -> None:
    silent = Table("silent", MetaData(), Column("id", Integer, primary_key=True))
    with pytest.raises(LookupError, match="silent"):
        list(statements_for(silent))


def test_a_table_without_a_condition_is_guarded_by_grants_alone() -> None:
    rule = guarded(None, app=Use.NONE, machine=Use.READ)
    table = Table("quiet", MetaData(), Column("id", Integer, primary_key=True), info=rule)
    assert list(statements_for(table)) == [
        "REVOKE ALL ON quiet FROM PUBLIC",
        "GRANT SELECT ON quiet TO linli_gateway",
    ]


def test_conditions_read_as_they_are_said() -> None:
    assert by_estate("see_x") == "estate_id = ANY ((SELECT linli_estates('see_x'))::uuid[])"
    assert by_organisation("see_x", "owner_id").startswith("owner_id = ANY ((SELECT linli_org")
    assert by_incident("see_x") == "id = ANY ((SELECT linli_incidents('see_x'))::uuid[])"
    assert by_account("reader") == "reader = (SELECT linli_account())"
    assert through("a", "a_id") == "a_id IN (SELECT parent.id FROM a AS parent)"
    assert any_of("x", "y") == "(x) OR (y)"
