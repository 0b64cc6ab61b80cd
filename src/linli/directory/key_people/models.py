"""Tables of key people."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY

from linli.directory.sources.public import source_columns
from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, by_estate, guarded

SEEN = by_estate("see_key_people")

key_person_table = Table(
    "directory_key_person",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("person_id", Id, ForeignKey("directory_person.id"), nullable=False, unique=True),
    Column("home_id", Id, ForeignKey("directory_place.id"), index=True),
    # The categories in force; empty: the person has left the lists.
    Column("categories", ARRAY(Text), nullable=False, server_default="{}"),
    Column("risk", String(10), nullable=False),
    Column("risk_by_hand", Boolean, nullable=False, server_default="false"),
    Column("risk_reasons", ARRAY(Text), nullable=False, server_default="{}"),
    Column("every_days", Integer),
    Column("visitor_id", Id),
    Column("visitor_name", String(100), nullable=False, server_default=""),
    Column("door_sealed", LargeBinary),
    Column("carers_sealed", LargeBinary),
    Column("last_visit_at", Moment),
    Column("next_visit_on", Date),
    Column("away_until", Date),
    # The earliest review of the categories in force, and the last one a clerk was told of.
    Column("review_on", Date),
    Column("review_told", Date),
    Column("created_at", Moment, nullable=False),
    *source_columns(),
    CheckConstraint("every_days IS NULL OR every_days BETWEEN 1 AND 366", name="every_days"),
    info=guarded(SEEN),
)
Index(
    "ix_directory_key_person_due",
    key_person_table.c.estate_id,
    key_person_table.c.next_visit_on,
    key_person_table.c.id,
)
Index("ix_directory_key_person_next", key_person_table.c.next_visit_on, key_person_table.c.id)
Index(
    "ix_directory_key_person_visitor",
    key_person_table.c.visitor_id,
    key_person_table.c.next_visit_on,
)

entry_table = Table(
    "directory_key_entry",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key_person_id", Id, ForeignKey("directory_key_person.id"), nullable=False, index=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("category", String(40), nullable=False),
    Column("basis", String(40), nullable=False),
    Column("basis_words", String(200), nullable=False, server_default=""),
    Column("since", Date, nullable=False),
    Column("review_on", Date, nullable=False),
    Column("expires_on", Date),
    Column("state", String(20), nullable=False, server_default="active"),
    Column("ended_at", Moment),
    Column("end_reason", String(200), nullable=False, server_default=""),
    *source_columns(),
    UniqueConstraint("key_person_id", "category"),
    CheckConstraint("expires_on IS NULL OR expires_on > since", name="period"),
    info=guarded(SEEN),
)
Index(
    "ix_directory_key_entry_expiry",
    entry_table.c.expires_on,
    postgresql_where=entry_table.c.state == "active",
)

medical_table = Table(
    "directory_key_medical",
    metadata,
    Column("key_person_id", Id, ForeignKey("directory_key_person.id"), primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False, index=True),
    Column("words_sealed", LargeBinary, nullable=False),
    Column("consent_words", String(200), nullable=False),
    Column("noted_by", String(100), nullable=False),
    Column("noted_at", Moment, nullable=False),
    info=guarded(by_estate("see_medical_notes")),
)

visit_table = Table(
    "directory_key_visit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key_person_id", Id, ForeignKey("directory_key_person.id"), nullable=False),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("visitor_id", Id),
    Column("visitor_name", String(100), nullable=False),
    Column("visited_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("findings", ARRAY(Text), nullable=False),
    Column("words_sealed", LargeBinary),
    Column("file_ids", ARRAY(Id), nullable=False, server_default="{}"),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("accuracy", Float),
    Column("problem", Boolean, nullable=False),
    # What the incident is to say, and when it was taken for one.
    Column("problem_words", String(1000), nullable=False, server_default=""),
    Column("problem_taken_at", Moment),
    info=guarded(SEEN, app=Use.APPEND),
)
Index("ix_directory_key_visit_person", visit_table.c.key_person_id, visit_table.c.visited_at)
Index("ix_directory_key_visit_estate", visit_table.c.estate_id, visit_table.c.visited_at)

absence_table = Table(
    "directory_key_absence",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key_person_id", Id, ForeignKey("directory_key_person.id"), nullable=False, index=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("home_id", Id, index=True),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("whereto", String(200), nullable=False),
    Column("told_by", String(20), nullable=False),
    Column("noted_by", String(100), nullable=False),
    Column("noted_at", Moment, nullable=False),
    Column("ended_at", Moment),
    CheckConstraint("until >= since", name="days"),
    info=guarded(SEEN),
)

story_table = Table(
    "directory_key_story",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key_person_id", Id, ForeignKey("directory_key_person.id"), nullable=False, index=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(100), nullable=False),
    Column("change", String(40), nullable=False),
    Column("words", String(400), nullable=False),
    info=guarded(SEEN, app=Use.APPEND),
)
