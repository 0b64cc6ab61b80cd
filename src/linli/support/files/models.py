"""Tables of files."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import any_of, by_account, guarded, through

use_table = Table(
    "support_file_use",
    metadata,
    Column("file_id", Id, ForeignKey("support_file.id", ondelete="CASCADE"), primary_key=True),
    Column("estate_id", Id, primary_key=True),
    Column("permission", String(40), primary_key=True),
    Column("incident_id", Id),
    info=guarded(
        any_of(
            "estate_id = ANY (linli_estates(permission))",
            "incident_id = ANY (linli_incidents(permission))",
        ),
    ),
)

file_table = Table(
    "support_file",
    metadata,
    Column("id", Id, primary_key=True),
    Column("sha256", LargeBinary, nullable=False, index=True),
    Column("purpose", String(40), nullable=False),
    Column("lawful_basis", String(80), nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("retain_until", Moment, nullable=False),
    Column("hold", Boolean, nullable=False, server_default="false"),
    Column("uploaded_by", Id),
    Column("estate_id", Id),
    Column("created_at", Moment, nullable=False),
    info=guarded(
        any_of(by_account("uploaded_by"), through("support_file_use", "id", "file_id")),
    ),
)
Index(
    "ix_support_file_expiring",
    file_table.c.retain_until,
    postgresql_where=file_table.c.hold.is_(False),
)

EXTRA_SQL: tuple[str, ...] = (
    # Whoever sees a file may attach it to what he works on, also for readers other than himself.
    (
        "CREATE POLICY attaching ON support_file_use FOR INSERT TO linli_app"
        " WITH CHECK (file_id IN (SELECT f.id FROM support_file AS f))"
    ),
)
