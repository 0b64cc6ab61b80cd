"""Tables of places."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import any_of, by_estate, by_organisation, guarded
from linli.kernel.uniqueness import taken

estate_table = Table(
    "directory_estate",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(20), nullable=False, unique=True),
    Column("title", String(80), nullable=False),
    Column("community_id", Id, ForeignKey("directory_organisation.id"), nullable=False, index=True),
    Column("width_m", Float, nullable=False),
    Column("height_m", Float, nullable=False),
    Column("created_at", Moment, nullable=False),
    info=guarded(
        any_of(
            by_estate("see_places", "id"),
            by_organisation("manage_organisations", "community_id"),
        )
    )
    | taken("uq_directory_estate_code", "code", "这个编号已经被使用"),
)

place_table = Table(
    "directory_place",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("parent_id", Id, ForeignKey("directory_place.id"), index=True),
    Column("kind", String(20), nullable=False),
    Column("code", String(80), nullable=False),
    Column("title", String(80), nullable=False),
    Column("path", String(200), nullable=False),
    Column("path_ids", ARRAY(Id), nullable=False),
    Column("x", Float),
    Column("y", Float),
    Column("w", Float),
    Column("h", Float),
    # Of a building: how many floors stand above the ground, and its corners x1, y1, x2, y2, … in
    # metres on the plan, where it is no rectangle.
    Column("storeys", Integer),
    Column("outline", ARRAY(Float)),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("estate_id", "code"),
    CheckConstraint("storeys BETWEEN 1 AND 200", name="storeys"),
    CheckConstraint(
        "cardinality(outline) >= 6 AND cardinality(outline) % 2 = 0",
        name="outline",
    ),
    info=guarded(by_estate("see_places"))
    | taken("uq_directory_place_estate_id_code", "code", "这个小区里已有这个名称或编号的场所"),
)
Index("ix_directory_place_estate_kind", place_table.c.estate_id, place_table.c.kind)
Index("ix_directory_place_path_ids", place_table.c.path_ids, postgresql_using="gin")

EXTRA_SQL: tuple[str, ...] = ()
