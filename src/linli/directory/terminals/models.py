"""Tables of shared terminals, and what a browser may ask before anybody is signed in.

Before a session is known nothing is in scope: the functions here run as the owner, and each takes
the terminal's own token, which only its browser has.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, by_organisation, guarded, through

terminal_table = Table(
    "directory_terminal",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("directory_organisation.id"), nullable=False),
    Column("title", String(40), nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("registered_by", String(80), nullable=False),
    Column("registered_at", Moment, nullable=False),
    Column("last_used_at", Moment, nullable=False),
    Column("ended_at", Moment),
    info=guarded(by_organisation("manage_accounts")),
)
Index("ix_directory_terminal_organisation", terminal_table.c.organisation_id)

pin_table = Table(
    "directory_terminal_pin",
    metadata,
    Column("account_id", Id, ForeignKey("directory_account.id"), primary_key=True),
    Column("pin_hash", Text, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("set_at", Moment, nullable=False),
    CheckConstraint("failures >= 0", name="failures"),
    info=guarded(through("directory_account", "account_id"), app=Use.FULL),
)

# The terminal of a browser; being used is written when somebody signs in.
_OPEN_TERMINAL = """
CREATE FUNCTION linli_terminal_open(token bytea, at timestamptz, unused interval, used boolean)
RETURNS TABLE (terminal_id uuid, title text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE directory_terminal AS t SET last_used_at = at
    WHERE used AND t.token_hash = token AND t.ended_at IS NULL AND t.last_used_at > at - unused;
    RETURN QUERY
        SELECT t.id, t.title::text FROM directory_terminal AS t
        WHERE t.token_hash = token AND t.ended_at IS NULL AND t.last_used_at > at - unused;
END $$
"""

# Who used the terminal lately, with their roles in force.
_PEOPLE = """
CREATE FUNCTION linli_terminal_people(token bytea, at timestamptz, lately interval)
RETURNS TABLE (account_id uuid, display_name text, roles text[], has_pin boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT a.id, a.display_name::text,
            coalesce((SELECT array_agg(DISTINCT g.role::text ORDER BY g.role::text)
                FROM directory_grant AS g
                WHERE g.account_id = a.id AND g.revoked_at IS NULL
                    AND g.valid_from <= at AND (g.valid_to IS NULL OR g.valid_to > at)), '{}'),
            EXISTS (SELECT FROM directory_terminal_pin AS p WHERE p.account_id = a.id)
        FROM directory_terminal AS t
        JOIN directory_session AS s ON s.terminal_id = t.id AND s.created_at > at - lately
        JOIN directory_account AS a ON a.id = s.account_id AND a.state = 'active'
        WHERE t.token_hash = token AND t.ended_at IS NULL
        GROUP BY a.id, a.display_name
        ORDER BY max(s.created_at) DESC, a.id;
END $$
"""

# A try counts as wrong before it is known to be, so that tries side by side count too.
_TRY_PIN = """
CREATE FUNCTION linli_terminal_try(
    token bytea, wanted uuid, at timestamptz, lately interval, most integer
)
RETURNS TABLE (
    account_id uuid, login text, display_name text, state text, password_hash text,
    pin_hash text, failures integer
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before integer;
BEGIN
    SELECT p.failures INTO before FROM directory_terminal_pin AS p
    WHERE p.account_id = wanted AND EXISTS (
        SELECT FROM directory_terminal AS t
        JOIN directory_session AS s ON s.terminal_id = t.id AND s.created_at > at - lately
        WHERE t.token_hash = token AND t.ended_at IS NULL AND s.account_id = wanted)
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE directory_terminal_pin AS p SET failures = least(before + 1, most)
    WHERE p.account_id = wanted;
    RETURN QUERY
        SELECT a.id, a.login::text, a.display_name::text, a.state::text, w.password_hash,
            p.pin_hash, before
        FROM directory_account AS a
        JOIN directory_account_password AS w ON w.account_id = a.id
        JOIN directory_terminal_pin AS p ON p.account_id = a.id
        WHERE a.id = wanted;
END $$
"""

_OPEN_TO_SERVERS = (
    "linli_terminal_open(bytea, timestamptz, interval, boolean)",
    "linli_terminal_people(bytea, timestamptz, interval)",
    "linli_terminal_try(bytea, uuid, timestamptz, interval, integer)",
)

EXTRA_SQL: tuple[str, ...] = (
    _OPEN_TERMINAL,
    _PEOPLE,
    _TRY_PIN,
    *(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC" for name in _OPEN_TO_SERVERS),
    *(f"GRANT EXECUTE ON FUNCTION {name} TO linli_app, linli_gateway" for name in _OPEN_TO_SERVERS),
)
