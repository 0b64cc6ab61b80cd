"""Tables of imports."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, by_account, guarded, through

import_table = Table(
    "support_sheets_import",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("account_id", Id, nullable=False),
    Column("entered_by", String(100), nullable=False),
    Column("title", String(200), nullable=False),
    Column("size", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("tables", JSONB, nullable=False),
    Column("mapping", JSONB, nullable=False),
    Column("reports", JSONB, nullable=False, server_default="[]"),
    Column("fault_list", JSONB, nullable=False, server_default="[]"),
    Column("faults", Integer, nullable=False, server_default="0"),
    Column("done_rows", Integer, nullable=False, server_default="0"),
    Column("total_rows", Integer, nullable=False, server_default="0"),
    Column("failure", Text),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    # A file may hold lines of several estates: only who uploaded it sees it whole.
    info=guarded(by_account()),
)
Index("ix_support_sheets_import_account", import_table.c.account_id, import_table.c.created_at)
Index("ix_support_sheets_import_state", import_table.c.state)

content_table = Table(
    "support_sheets_content",
    metadata,
    Column("import_id", Id, ForeignKey("support_sheets_import.id"), primary_key=True),
    # Sealed: it names people.
    Column("sealed", LargeBinary, nullable=False),
    Column("keep_until", Moment, nullable=False),
    info=guarded(through("support_sheets_import", "import_id"), app=Use.FULL),
)

made_table = Table(
    "support_sheets_made",
    metadata,
    Column("import_id", Id, ForeignKey("support_sheets_import.id"), primary_key=True),
    Column("sheet", String(40), primary_key=True),
    Column("row_id", Id, primary_key=True),
    Column("number", Integer, nullable=False),
    # What a row was that the import changed; null for one that it made.
    Column("former", JSONB),
    info=guarded(through("support_sheets_import", "import_id")),
)

header_table = Table(
    "support_sheets_header",
    metadata,
    Column("account_id", Id, primary_key=True),
    Column("header_hash", LargeBinary, primary_key=True),
    Column("sheet", String(40)),
    Column("columns", JSONB, nullable=False),
    Column("changed_at", Moment, nullable=False),
    info=guarded(by_account()),
)

EXTRA_SQL: tuple[str, ...] = ()
