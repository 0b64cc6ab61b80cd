"""Tables of messaging."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, any_of, by_account, by_estate, guarded, through

message_table = Table(
    "support_message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("account_id", Id),
    Column("estate_id", Id),
    # Blanked as soon as the message needs it no more; the masked one stays.
    Column("address", String(120), nullable=False),
    Column("address_masked", String(120), nullable=False),
    Column("template", String(60), nullable=False),
    Column("title", String(120), nullable=False),
    Column("words", Text, nullable=False),
    Column("incident_id", Id),
    Column("order_id", Id),
    Column("urgency", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("delivered_at", Moment),
    Column("read_at", Moment),
    Column("failed_at", Moment),
    Column("once", LargeBinary, nullable=False, unique=True),
    info=guarded(
        any_of(by_account(), f"channel <> 'in_app' AND {by_estate('see_incidents')}"),
    ),
)
Index("ix_support_message_mine", message_table.c.account_id, message_table.c.created_at)
Index(
    "ix_support_message_outgoing",
    message_table.c.estate_id,
    message_table.c.created_at,
    postgresql_where=message_table.c.channel != "in_app",
)
Index(
    "ix_support_message_due",
    message_table.c.next_attempt_at,
    postgresql_where=message_table.c.state == "queued",
)

attempt_table = Table(
    "support_message_attempt",
    metadata,
    Column("message_id", Id, ForeignKey("support_message.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reference", String(120)),
    Column("error", String(300)),
    info=guarded(through("support_message", "message_id"), app=Use.READ),
)

EXTRA_SQL: tuple[str, ...] = (
    # One tells others, so the receiver's row is not one's own.
    (
        "CREATE POLICY telling ON support_message FOR INSERT TO linli_app"
        " WITH CHECK ((SELECT linli_account()) IS NOT NULL)"
    ),
)
