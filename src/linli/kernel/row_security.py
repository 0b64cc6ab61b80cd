"""Row security: each table says who sees its rows, and this module writes the policies.

A table states its rule in `Table(info=guarded(...))`. Three roles exist: `linli_app` serves people
and sees only rows its session's scope reaches; `linli_gateway` is linli itself (gateway and
worker); `linli_owner` owns the tables and only migrates. A table must state a rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import MetaData, Table

RULE = "row_rule"


class Use(StrEnum):
    """What a role may do with a table, once its rows are in reach."""

    NONE = ""
    READ = "SELECT"
    APPEND = "SELECT, INSERT"
    CHANGE = "SELECT, INSERT, UPDATE"
    FULL = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True, slots=True)
class RowRule:
    """Who sees a table's rows.

    `seen` is an SQL condition on the table's columns for `linli_app` (None: no row security, the
    table is guarded by grants alone); `app` and `machine` are the privileges of the two roles.
    """

    seen: str | None
    app: Use
    machine: Use


def guarded(
    seen: str | None, *, app: Use = Use.CHANGE, machine: Use = Use.FULL
) -> dict[str, RowRule]:
    """`info` for a table whose rows `linli_app` sees where the condition `seen` holds."""
    return {RULE: RowRule(seen=seen, app=app, machine=machine)}


def by_estate(permission: str, column: str = "estate_id") -> str:
    """Rows whose estate the session may reach with this permission."""
    return f"{column} = ANY ((SELECT linli_estates('{permission}'))::uuid[])"


def by_organisation(permission: str, column: str = "organisation_id") -> str:
    """Rows whose organisation the session may reach with this permission."""
    return f"{column} = ANY ((SELECT linli_organisations('{permission}'))::uuid[])"


def by_incident(permission: str, column: str = "id") -> str:
    """Rows of an incident on which the session holds a grant of its own."""
    return f"{column} = ANY ((SELECT linli_incidents('{permission}'))::uuid[])"


def by_account(column: str = "account_id") -> str:
    """Rows of the signed-in account."""
    return f"{column} = (SELECT linli_account())"


def through(table: str, column: str, key: str = "id") -> str:
    """Rows whose parent row the session sees; the parent's own policy decides."""
    return f"{column} IN (SELECT parent.{key} FROM {table} AS parent)"  # noqa: S608 - names of our own tables


def any_of(*conditions: str) -> str:
    return " OR ".join(f"({condition})" for condition in conditions)


EVERYBODY = "(SELECT linli_account()) IS NOT NULL"

FUNCTIONS = (
    """
    CREATE FUNCTION linli_account() RETURNS uuid LANGUAGE sql STABLE AS
    $$ SELECT nullif(current_setting('linli.account', true), '')::uuid $$
    """,
    """
    CREATE FUNCTION linli_estates(permission text) RETURNS uuid[] LANGUAGE sql STABLE AS
    $$ SELECT coalesce(
        nullif(current_setting('linli.estates.' || permission, true), ''), '{}')::uuid[] $$
    """,
    """
    CREATE FUNCTION linli_organisations(permission text) RETURNS uuid[] LANGUAGE sql STABLE AS
    $$ SELECT coalesce(
        nullif(current_setting('linli.organisations.' || permission, true), ''), '{}')::uuid[] $$
    """,
    """
    CREATE FUNCTION linli_incidents(permission text) RETURNS uuid[] LANGUAGE sql STABLE AS
    $$ SELECT coalesce(
        nullif(current_setting('linli.incidents.' || permission, true), ''), '{}')::uuid[] $$
    """,
)


def rule_of(table: Table) -> RowRule:
    """The table's rule. Raises LookupError when it states none: every table must."""
    rule = table.info.get(RULE)
    if isinstance(rule, RowRule):
        return rule
    raise LookupError(f"table {table.name} states no row rule")


def statements_for(table: Table) -> Iterable[str]:
    """The SQL that puts the table's rule into force."""
    rule = rule_of(table)
    name = table.name
    yield f"REVOKE ALL ON {name} FROM PUBLIC"
    if rule.app:
        yield f"GRANT {rule.app.value} ON {name} TO linli_app"
    if rule.machine:
        yield f"GRANT {rule.machine.value} ON {name} TO linli_gateway"
    if rule.seen is None:
        return
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    seen = rule.seen
    yield f"CREATE POLICY people ON {name} TO linli_app USING ({seen}) WITH CHECK ({seen})"
    yield f"CREATE POLICY machine ON {name} TO linli_gateway USING (true) WITH CHECK (true)"


def all_statements(metadata: MetaData) -> Iterable[str]:
    for table in metadata.sorted_tables:
        yield from statements_for(table)
