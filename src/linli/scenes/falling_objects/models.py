"""Tables of façades, falls and evidence packs."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, by_estate, guarded

facade_table = Table(
    "scenes_facade",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, nullable=False, index=True),
    Column("building_id", Id, ForeignKey("directory_place.id"), nullable=False, index=True),
    Column("camera_id", Id, ForeignKey("sensing_device.id"), nullable=False, index=True),
    Column("title", String(40), nullable=False),
    Column("corners", JSONB, nullable=False),
    Column("storeys", Integer, nullable=False),
    Column("ground_storey", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("storey_height_m", Float, nullable=False),
    Column("width_m", Float, nullable=False),
    Column("error_px", Float, nullable=False),
    Column("mirrored", Boolean, nullable=False, server_default="false"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", String(80), nullable=False),
    Column("removed_at", Moment),
    info=guarded(by_estate("see_cameras")),
)

window_table = Table(
    "scenes_facade_window",
    metadata,
    Column("facade_id", Id, ForeignKey("scenes_facade.id"), primary_key=True),
    Column("storey", Integer, primary_key=True),
    Column("column", Integer, primary_key=True),
    Column("estate_id", Id, nullable=False),
    Column("home_id", Id, ForeignKey("directory_place.id")),
    Column("label", String(40), nullable=False, server_default=""),
    Column("corrected", Boolean, nullable=False, server_default="false"),
    info=guarded(by_estate("see_cameras"), app=Use.FULL),
)

fall_table = Table(
    "scenes_fall",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, nullable=False),
    Column("building_id", Id),
    Column("incident_id", Id, index=True),
    Column("grade", String(10), nullable=False),
    Column("released_at", Moment, nullable=False),
    Column("impact_at", Moment, nullable=False),
    Column("verdict", JSONB, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    info=guarded(by_estate("see_incidents")),
)
Index("ix_scenes_fall_estate_impact", fall_table.c.estate_id, fall_table.c.impact_at)
Index("ix_scenes_fall_building_impact", fall_table.c.building_id, fall_table.c.impact_at)

sighting_table = Table(
    "scenes_fall_sighting",
    metadata,
    Column("id", Id, primary_key=True),
    Column("fall_id", Id, ForeignKey("scenes_fall.id"), nullable=False, index=True),
    Column("estate_id", Id, nullable=False),
    Column("camera_id", Id, nullable=False),
    Column("event_id", String(64), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("seen", JSONB, nullable=False),
    UniqueConstraint("camera_id", "event_id"),
    info=guarded(by_estate("see_incidents")),
)

pack_table = Table(
    "scenes_fall_pack",
    metadata,
    Column("id", Id, primary_key=True),
    Column("fall_id", Id, ForeignKey("scenes_fall.id"), nullable=False, index=True),
    Column("estate_id", Id, nullable=False),
    Column("file_id", Id, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", String(80), nullable=False),
    Column("reason", String(500), nullable=False),
    info=guarded(by_estate("see_recordings")),
)

EXTRA_SQL: tuple[str, ...] = ()
