"""Tables of facilities."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from linli.directory.sources.public import source_columns
from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, by_estate, guarded

SEEN = by_estate("see_places")

facility_table = Table(
    "directory_facility",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("place_id", Id, ForeignKey("directory_place.id"), index=True),
    Column("code", String(60), nullable=False),
    Column("title", String(120), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("maker", String(120), nullable=False, server_default=""),
    Column("model", String(120), nullable=False, server_default=""),
    Column("serial", String(120), nullable=False, server_default=""),
    Column("installed_on", Date),
    Column("check_months", Integer),
    Column("checked_on", Date),
    Column("next_check_on", Date),
    Column("state", String(20), nullable=False),
    Column("state_words", String(200), nullable=False, server_default=""),
    *source_columns(),
    CheckConstraint("check_months > 0", name="check_months"),
    UniqueConstraint("estate_id", "code"),
    info=guarded(SEEN),
)
_f = facility_table.c
Index("ix_directory_facility_kind", _f.estate_id, _f.kind, _f.state)
Index("ix_directory_facility_due", _f.estate_id, _f.next_check_on)

facility_device_table = Table(
    "directory_facility_device",
    metadata,
    Column("facility_id", Id, ForeignKey("directory_facility.id"), primary_key=True),
    # A device of the room above: no reference, the service asks whether it is there.
    Column("device_id", Id, primary_key=True, index=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False, index=True),
    info=guarded(SEEN, app=Use.FULL),
)

facility_check_table = Table(
    "directory_facility_check",
    metadata,
    Column("id", Id, primary_key=True),
    Column("facility_id", Id, ForeignKey("directory_facility.id"), nullable=False),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("by", String(100), nullable=False),
    Column("words", String(300), nullable=False, server_default=""),
    Column("entered_at", Moment, nullable=False),
    info=guarded(SEEN, app=Use.APPEND),
)
Index(
    "ix_directory_facility_check_facility",
    facility_check_table.c.facility_id,
    facility_check_table.c.day,
)

EXTRA_SQL: tuple[str, ...] = ()
