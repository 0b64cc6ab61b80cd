"""Tables of the cockpit: numbers that change slowly, and the daily safety index."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, any_of, by_estate, guarded

NEEDS = ("see_places", "see_people", "see_key_people", "see_devices", "see_incidents")
"""Rights by which numbers may be told; a figure that needs another is not kept."""

count_table = Table(
    "screens_cockpit_count",
    metadata,
    Column("estate_id", Id, ForeignKey("directory_estate.id"), primary_key=True),
    Column("figure", String(60), primary_key=True),
    Column("needs", String(40), nullable=False),
    Column("total", Integer, nullable=False),
    Column("counted_at", Moment, nullable=False),
    CheckConstraint("total >= 0", name="total"),
    info=guarded(
        any_of(*(f"needs = '{need}' AND {by_estate(need)}" for need in NEEDS)), app=Use.READ
    ),
)

index_table = Table(
    "screens_cockpit_index",
    metadata,
    Column("estate_id", Id, ForeignKey("directory_estate.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("formula", String(20), nullable=False),
    # The numbers it was made of: another formula can be tried on days long past.
    Column("counts", JSONB, nullable=False),
    # Thousandths of a point, so that days compare exactly.
    Column("score", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    CheckConstraint("score BETWEEN 0 AND 100000", name="score"),
    info=guarded(by_estate("see_incidents"), app=Use.READ),
)

EXTRA_SQL: tuple[str, ...] = ()
