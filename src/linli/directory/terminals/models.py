"""Tables of shared terminals.

Before a session is known nothing is in scope: what a terminal's browser may ask is answered by
`linli_terminal_open`, `linli_terminal_people` and `linli_terminal_try`, which run as the owner and
each take the terminal's own token.
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
