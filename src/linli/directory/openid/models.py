"""The table of identities with which accounts sign in.

Before a session is known nothing is in scope: whose identity it is, is told by
`linli_find_identity`, which runs as the owner.
"""

from sqlalchemy import Column, ForeignKey, String, Table, UniqueConstraint

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, guarded, through
from linli.kernel.uniqueness import taken

link_table = Table(
    "directory_identity",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("directory_account.id"), nullable=False, index=True),
    Column("issuer", String(300), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("title", String(120), nullable=False),
    Column("linked_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    UniqueConstraint("issuer", "subject"),
    info=guarded(through("directory_account", "account_id"), app=Use.FULL)
    | taken(
        "uq_directory_identity_issuer_subject",
        "identity",
        "这个统一身份已经绑定了账号",
    ),
)
