"""Table of door cards."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from linli.directory.sources.public import source_columns
from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import by_estate, guarded

card_table = Table(
    "directory_door_card",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("number_hash", LargeBinary, nullable=False),
    Column("number_sealed", LargeBinary, nullable=False),
    Column("tail", String(4), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("home_id", Id, ForeignKey("directory_place.id"), index=True),
    Column("person_id", Id, ForeignKey("directory_person.id"), index=True),
    Column("holder", String(60), nullable=False, server_default=""),
    Column("state", String(20), nullable=False),
    Column("state_reason", String(200), nullable=False, server_default=""),
    Column("state_at", Moment, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("note", String(200), nullable=False, server_default=""),
    *source_columns(),
    CheckConstraint("valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from", "period"),
    UniqueConstraint("estate_id", "number_hash"),
    info=guarded(by_estate("see_cards")),
)
c = card_table.c
Index("ix_directory_door_card_estate", c.estate_id, c.state_at)
