"""Tables of guest links, and the function by which a token finds its link."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, String, Table

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, any_of, by_account, by_estate, guarded

link_table = Table(
    "responding_guest_link",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("responding_order.id"), nullable=False, index=True),
    Column("estate_id", Id, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("guest_name", String(40), nullable=False),
    Column("firm", String(60), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", String(100), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("before_id", Id),
    Column("before_name", String(100), nullable=False, server_default=""),
    Column("ended_at", Moment),
    Column("ended_by", String(100), nullable=False, server_default=""),
    Column("revoked", Boolean, nullable=False, server_default="false"),
    info=guarded(by_estate("dispatch_orders")),
)
Index(
    "uq_responding_guest_link_open",
    link_table.c.order_id,
    unique=True,
    postgresql_where=link_table.c.ended_at.is_(None),
)

use_table = Table(
    "responding_guest_use",
    metadata,
    Column("id", Id, primary_key=True),
    Column("link_id", Id, ForeignKey("responding_guest_link.id"), nullable=False),
    Column("estate_id", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("act", String(20), nullable=False),
    Column("address", String(64), nullable=False, server_default=""),
    info=guarded(
        any_of(by_estate("dispatch_orders"), by_account("link_id")),
        app=Use.APPEND,
        machine=Use.APPEND,
    ),
)
Index("ix_responding_guest_use_link", use_table.c.link_id, use_table.c.at)

# Who shows the token is the guest: before that nothing is in scope. What comes after the end is
# written down too.
_OPEN_LINK = """
CREATE FUNCTION linli_guest_link(token bytea, at_moment timestamptz, use_id uuid, said text)
RETURNS TABLE (
    link_id uuid, order_id uuid, estate_id uuid, guest_name text, state text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO responding_guest_use (id, link_id, estate_id, at, act, address)
    SELECT use_id, l.id, l.estate_id, at_moment, 'refused', left(said, 64)
    FROM responding_guest_link AS l
    WHERE l.token_hash = token AND (l.ended_at IS NOT NULL OR l.expires_at <= at_moment);
    RETURN QUERY
        SELECT l.id, l.order_id, l.estate_id, l.guest_name::text,
            CASE WHEN l.revoked THEN 'revoked'
                 WHEN l.ended_at IS NOT NULL OR l.expires_at <= at_moment THEN 'expired'
                 ELSE 'open' END
        FROM responding_guest_link AS l WHERE l.token_hash = token;
END $$
"""
_SIGNATURE = "linli_guest_link(bytea, timestamptz, uuid, text)"

EXTRA_SQL: tuple[str, ...] = (
    _OPEN_LINK,
    f"REVOKE ALL ON FUNCTION {_SIGNATURE} FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION {_SIGNATURE} TO linli_app, linli_gateway",
)
