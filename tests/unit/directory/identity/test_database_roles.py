"""The web's role can bypass nothing, and what looks across scopes is shut to everybody else."""

import pytest
from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError
from tests.unit.directory.town import Offices, Town

from linli.app.engine.roles import DatabaseUrls, connected
from linli.app.tables import load, metadata
from linli.kernel.row_security import rule_of

load()
GUARDED: list[Table] = [table for table in metadata.sorted_tables if rule_of(table).seen]

ACROSS_SCOPES = (
    "linli_find_login",
    "linli_sign_in_tries",
    "linli_set_sign_in_tries",
    "linli_open_session",
    "linli_end_session",
    "linli_scope_version",
    "linli_standing",
    "linli_next_change",
    "linli_staff",
    "linli_account_names",
    "linli_administrators",
    "linli_invite",
)


async def test_the_web_runs_as_a_role_that_row_security_binds(
    desks: Offices, directory_database: DatabaseUrls
) -> None:
    async with desks.app.work() as work:
        user = await work.connection.scalar(text("SELECT current_user"))
    assert user == "linli_app"
    async with connected(directory_database.admin) as admin:
        role = (
            await admin.execute(
                text(
                    "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
                    " FROM pg_roles WHERE rolname = 'linli_app'"
                )
            )
        ).one()
        memberships = await admin.scalar(
            text("SELECT count(*) FROM pg_auth_members WHERE member = 'linli_app'::regrole")
        )
        owned = await admin.scalar(
            text("SELECT count(*) FROM pg_class WHERE relowner = 'linli_app'::regrole")
        )
    assert not any(role)
    assert (memberships, owned) == (0, 0)


async def test_every_guarded_table_has_row_security_in_force(
    directory_database: DatabaseUrls,
) -> None:
    async with connected(directory_database.admin) as admin:
        rows = await admin.execute(
            text("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relrowsecurity")
        )
        secured = {row.relname for row in rows}
    assert {table.name for table in GUARDED} <= secured


async def test_functions_across_scopes_are_shut_to_the_public_and_pinned(
    directory_database: DatabaseUrls,
) -> None:
    async with connected(directory_database.admin) as admin:
        rows = await admin.execute(
            text(
                "SELECT p.proname, p.prosecdef, p.proconfig, r.rolname AS owner,"
                " has_function_privilege('linli_app', p.oid, 'EXECUTE') AS app,"
                " EXISTS (SELECT FROM aclexplode(p.proacl) AS a WHERE a.grantee = 0) AS everybody"
                " FROM pg_proc AS p JOIN pg_roles AS r ON r.oid = p.proowner"
                " WHERE p.proname = ANY (:names)"
            ),
            {"names": list(ACROSS_SCOPES)},
        )
        found = {row.proname: row for row in rows}
    assert set(found) == set(ACROSS_SCOPES)
    for name, row in found.items():
        assert row.prosecdef, name
        assert row.owner == "linli_owner", name
        assert row.app, name
        assert not row.everybody, name
        assert row.proconfig == ["search_path=public, pg_temp"], name


async def test_wrong_tries_are_nobodys_to_read(desks: Offices, town: Town) -> None:
    del town
    with pytest.raises(DBAPIError, match="permission denied"):
        async with desks.app.work() as work:
            await work.connection.execute(text("SELECT * FROM directory_sign_in_try"))


async def test_a_foreign_row_can_neither_be_written_nor_moved(desks: Offices, town: Town) -> None:
    """The database refuses what the services would never try."""
    street = town.accounts["jiedao"]
    async with desks.as_account(street) as work:
        moved = await work.connection.execute(
            text("UPDATE directory_estate SET title = 'x' WHERE id = :id"),
            {"id": town.estates[2].id},
        )
        assert moved.rowcount == 0
    with pytest.raises(DBAPIError, match="row-level security"):
        async with desks.as_account(street) as work:
            await work.connection.execute(
                text(
                    "INSERT INTO directory_account"
                    " (id, login, display_name, organisation_id, state, created_at)"
                    " VALUES (:id, 'smuggled', 'x', :organisation, 'active', now())"
                ),
                {"id": work.new_id(), "organisation": town.communities[2].id},
            )
