"""Tables of people."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
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

WITHIN = "estate_id IN (SELECT unnest(linli_estates('see_people')))"
"""As `by_estate`, but looked up in a hash: a search passes thousands of rows by it."""


def of_person(column: str) -> str:
    """Rows of a person the session sees, looked up one by one: never all persons at once."""
    return f"EXISTS (SELECT FROM directory_person AS seen WHERE seen.id = {column})"


person_table = Table(
    "directory_person",
    metadata,
    Column("id", Id, primary_key=True),
    # The estate that registered the person.
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    # All estates the person ever belonged to: who works in one of them sees the person.
    Column("estate_ids", ARRAY(Id), nullable=False),
    Column("code", String(60), nullable=False),
    Column("name", String(80), nullable=False),
    Column("pinyin", String(200), nullable=False, server_default=""),
    Column("birth_date", Date),
    Column("phone_sealed", LargeBinary),
    Column("phone_hash", LargeBinary, index=True),
    Column("phone_tail_hash", LargeBinary),
    Column("id_number_sealed", LargeBinary),
    Column("id_number_hash", LargeBinary),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("merged_into", Id, ForeignKey("directory_person.id")),
    # Which form of search keys the person has; a chore brings older ones up to date.
    Column("search_version", Integer, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    *source_columns(),
    UniqueConstraint("estate_id", "code"),
    info=guarded("estate_ids && (SELECT linli_estates('see_people'))::uuid[]"),
)
Index(
    "ix_directory_person_id_number_hash",
    person_table.c.id_number_hash,
    postgresql_where=person_table.c.id_number_hash.is_not(None),
)
Index("ix_directory_person_search_version", person_table.c.search_version, person_table.c.id)

residence_table = Table(
    "directory_residence",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("directory_person.id"), nullable=False),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("home_id", Id, ForeignKey("directory_place.id"), nullable=False, index=True),
    # What the home is called and where it lies, kept here for searching by address.
    Column("home_title", String(200), nullable=False),
    Column("home_path", ARRAY(Id), nullable=False),
    Column("relation", String(20), nullable=False),
    Column("valid_from", Moment, nullable=False),
    Column("valid_to", Moment),
    *source_columns(),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    UniqueConstraint("person_id", "home_id", "valid_from"),
    info=guarded(by_estate("see_people")),
)
Index("ix_directory_residence_estate", residence_table.c.estate_id, residence_table.c.person_id)

contact_table = Table(
    "directory_person_contact",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("directory_person.id"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("relation", String(40), nullable=False),
    Column("phone_sealed", LargeBinary, nullable=False),
    info=guarded(of_person("person_id")),
)

# Every way a person can be asked for, one row each; equal and greater-than may use its index under
# row security, where LIKE and arrays may not. No foreign key: each person has some 25 of them, made
# and removed with the person only, and looking each up is a quarter of what entering a list costs.
search_table = Table(
    "directory_person_search",
    metadata,
    Column("estate_id", Id, primary_key=True),
    Column("key", Text(collation="C"), primary_key=True),
    Column("person_id", Id, primary_key=True, index=True),
    info=guarded(WITHIN, app=Use.FULL),
)
# Who works in very many estates asks all of them at once.
Index(
    "ix_directory_person_search_key",
    search_table.c.key,
    search_table.c.person_id,
    postgresql_include=["estate_id"],
)

twin_table = Table(
    "directory_person_twin",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False, index=True),
    Column("left_id", Id, ForeignKey("directory_person.id"), nullable=False),
    Column("right_id", Id, ForeignKey("directory_person.id"), nullable=False, index=True),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("state", String(20), nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", String(100)),
    UniqueConstraint("left_id", "right_id"),
    CheckConstraint("left_id < right_id", name="order"),
    info=guarded(f"{of_person('left_id')} AND {of_person('right_id')}"),
)

merge_table = Table(
    "directory_person_merge",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False, index=True),
    # Not references: merging moves every reference from the one to the other.
    Column("kept_id", Id, nullable=False, index=True),
    Column("gone_id", Id, nullable=False, index=True),
    Column("reason", String(200), nullable=False),
    Column("merged_at", Moment, nullable=False),
    Column("merged_by", String(100), nullable=False),
    # What was moved and filled in, sealed: it names people.
    Column("undo_sealed", LargeBinary, nullable=False),
    Column("undone_at", Moment),
    Column("undone_by", String(100)),
    info=guarded(f"{of_person('kept_id')} AND {of_person('gone_id')}"),
)

correction_table = Table(
    "directory_person_correction",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("person_id", Id, ForeignKey("directory_person.id"), nullable=False, index=True),
    Column("field", String(20), nullable=False),
    Column("value_sealed", LargeBinary),
    Column("words", String(300), nullable=False),
    Column("asked_by_kind", String(20), nullable=False),
    Column("asked_by", String(100), nullable=False),
    Column("asked_by_id", Id),
    Column("asked_at", Moment, nullable=False),
    Column("state", String(20), nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", String(100)),
    Column("decision", String(300)),
    Column("version", Integer, nullable=False, server_default="1"),
    info=guarded(by_estate("see_people")),
)
Index(
    "ix_directory_person_correction_estate",
    correction_table.c.estate_id,
    correction_table.c.state,
    correction_table.c.asked_at,
)

# Written by `linli_erase_person` alone, never changed; `body` holds no data of who was erased.
erasure_table = Table(
    "directory_erasure",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("person_id", Id, nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("hash_before", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("estate_id", "number"),
    info=guarded(by_estate("see_people"), app=Use.READ, machine=Use.READ),
)

EXTRA_SQL: tuple[str, ...] = ()
