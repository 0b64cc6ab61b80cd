"""Tables of opening balances."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, String, Table

from linli.directory.sources.public import source_columns
from linli.kernel.database import Id, metadata
from linli.kernel.row_security import Use, by_estate, guarded

balance_table = Table(
    "directory_opening_balance",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("home_id", Id, ForeignKey("directory_place.id"), nullable=False, index=True),
    Column("item", String(40), nullable=False),
    Column("since", Date),
    Column("until", Date),
    Column("fen", BigInteger, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("note", String(200), nullable=False),
    Column("corrects", Id, ForeignKey("directory_opening_balance.id"), index=True),
    *source_columns(),
    CheckConstraint("fen <> 0", name="amount"),
    CheckConstraint("until IS NULL OR since IS NULL OR until >= since", name="period"),
    info=guarded(by_estate("see_arrears"), app=Use.APPEND),
)
b = balance_table.c
Index("ix_directory_opening_balance_estate", b.estate_id, b.id)
Index(
    "uq_directory_opening_balance_line",
    b.home_id,
    b.item,
    b.since,
    b.until,
    b.as_of,
    unique=True,
    postgresql_where=b.corrects.is_(None),
    postgresql_nulls_not_distinct=True,
)
