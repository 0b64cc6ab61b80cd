"""The table of held messages, and how many each connection has sent."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import any_of, by_estate, guarded

LONGEST_WORDS = 500

UNOWNED = (
    "estate_id IS NULL AND cardinality((SELECT linli_organisations('see_quarantine'))::uuid[]) > 0"
)

quarantine_table = Table(
    "sensing_quarantine",
    metadata,
    Column("id", Id, primary_key=True),
    Column("first_received_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("connection_id", Id),
    Column("estate_id", Id, index=True),
    Column("topic", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("reason_title", String(60), nullable=False),
    Column("words", String(LONGEST_WORDS), nullable=False),
    Column("digest", LargeBinary(16), nullable=False),
    Column("times_seen", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    info=guarded(any_of(by_estate("see_quarantine"), UNOWNED)),
)
Index(
    "uq_sensing_quarantine_once",
    quarantine_table.c.connection_id,
    quarantine_table.c.reason,
    quarantine_table.c.digest,
    unique=True,
    postgresql_nulls_not_distinct=True,
)
Index(
    "ix_sensing_quarantine_connection",
    quarantine_table.c.connection_id,
    quarantine_table.c.received_at,
)
Index(
    "ix_sensing_quarantine_asked",
    quarantine_table.c.id,
    postgresql_where=quarantine_table.c.state == "asked",
)

count_table = Table(
    "sensing_quarantine_count",
    metadata,
    Column("id", Id, primary_key=True),
    Column("connection_id", Id),
    Column("estate_id", Id),
    Column("reason", String(40), nullable=False),
    Column("times_seen", BigInteger, nullable=False),
    Column("last_at", Moment, nullable=False),
    info=guarded(any_of(by_estate("see_quarantine"), UNOWNED)),
)
Index(
    "uq_sensing_quarantine_count_once",
    count_table.c.connection_id,
    count_table.c.reason,
    unique=True,
    postgresql_nulls_not_distinct=True,
)
