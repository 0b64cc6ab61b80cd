"""The table of partners, and what the asking house may do about accounts that are not its own.

An account of another house is out of its sight. Two functions run as the owner, each for one
purpose: find an active account by its exact login, and take back the grant of one's own asking.
"""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import any_of, by_account, by_estate, guarded

partner_table = Table(
    "responding_partner",
    metadata,
    Column("id", Id, primary_key=True),
    Column("incident_id", Id, ForeignKey("responding_incident.id"), nullable=False),
    Column("estate_id", Id, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("name", String(100), nullable=False),
    Column("house", String(80), nullable=False),
    Column("basis", String(200), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("asked_by", String(100), nullable=False),
    Column("valid_to", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("ended_by", String(100), nullable=False, server_default=""),
    info=guarded(any_of(by_estate("dispatch_orders"), by_account())),
)
Index("ix_responding_partner_incident", partner_table.c.incident_id, partner_table.c.asked_at)

_FIND = """
CREATE FUNCTION linli_partner_named(wanted text)
RETURNS TABLE (account_id uuid, display_name text, house text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.display_name::text, o.title::text
    FROM directory_account AS a JOIN directory_organisation AS o ON o.id = a.organisation_id
    WHERE a.login = wanted AND a.state = 'active'
        AND cardinality(linli_estates('dispatch_orders')) > 0
$$
"""

_END = """
CREATE FUNCTION linli_end_help(help uuid, at_moment timestamptz, ender uuid) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE directory_grant AS g SET revoked_at = at_moment, revoked_by = ender
    FROM responding_partner AS h
    WHERE h.id = help AND g.id = h.id AND g.account_id = h.account_id
        AND g.target_kind = 'incident' AND g.target_id = h.incident_id AND g.revoked_at IS NULL
        AND h.estate_id = ANY (linli_estates('dispatch_orders'))
    RETURNING true
$$
"""
_OPEN = ("linli_partner_named(text)", "linli_end_help(uuid, timestamptz, uuid)")

EXTRA_SQL: tuple[str, ...] = (
    _FIND,
    _END,
    *(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC" for name in _OPEN),
    *(f"GRANT EXECUTE ON FUNCTION {name} TO linli_app, linli_gateway" for name in _OPEN),
)
