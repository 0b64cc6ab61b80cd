"""Tables of grids."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, any_of, by_estate, by_organisation, guarded
from linli.kernel.uniqueness import taken

grid_table = Table(
    "directory_grid",
    metadata,
    Column("id", Id, primary_key=True),
    Column("community_id", Id, ForeignKey("directory_organisation.id"), nullable=False),
    Column("title", String(40), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("ended_at", Moment),
    info=guarded(by_organisation("see_places", "community_id"))
    | taken("uq_directory_grid_title", "title", "已有同名网格"),
)
Index(
    "uq_directory_grid_title",
    grid_table.c.community_id,
    grid_table.c.title,
    unique=True,
    postgresql_where=grid_table.c.ended_at.is_(None),
)

worker_table = Table(
    "directory_grid_worker",
    metadata,
    Column("grid_id", Id, ForeignKey("directory_grid.id"), primary_key=True),
    Column("account_id", Id, primary_key=True),
    Column("community_id", Id, nullable=False),
    Column("name", String(100), nullable=False),
    Column("place", Integer, nullable=False),
    info=guarded(by_organisation("see_places", "community_id"), app=Use.FULL),
)

building_table = Table(
    "directory_grid_building",
    metadata,
    # A building lies in one grid only.
    Column("place_id", Id, ForeignKey("directory_place.id"), primary_key=True),
    Column("grid_id", Id, ForeignKey("directory_grid.id"), nullable=False, index=True),
    Column("estate_id", Id, nullable=False),
    Column("community_id", Id, nullable=False),
    info=guarded(
        any_of(by_estate("see_places"), by_organisation("see_places", "community_id")),
        app=Use.FULL,
    )
    | taken("pk_directory_grid_building", "buildings", "这栋楼刚刚划给了别的网格"),
)
