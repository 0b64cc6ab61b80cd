"""The table of counted figures."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, Table

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import by_estate, guarded

figure_table = Table(
    "screens_completeness",
    metadata,
    Column("estate_id", Id, ForeignKey("directory_estate.id"), primary_key=True),
    Column("measure", String(60), primary_key=True),
    Column("total", Integer, nullable=False),
    Column("have", Integer, nullable=False),
    Column("counted_at", Moment, nullable=False),
    CheckConstraint("have >= 0 AND have <= total", name="figures"),
    info=guarded(by_estate("see_places")),
)

EXTRA_SQL: tuple[str, ...] = ()
