"""Tables of cameras, the signs beside them, and the nodes that run them."""

from sqlalchemy import (
    Boolean,
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
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import by_estate, guarded
from linli.sensing.vision.cameras import LONGEST_URL

LONGEST_WORDS = 300

camera_table = Table(
    "sensing_camera",
    metadata,
    Column("device_id", Id, ForeignKey("sensing_device.id"), primary_key=True),
    Column("estate_id", Id, nullable=False, index=True),
    Column("source_kind", String(10), nullable=False),
    # Holds the camera's password: sealed. What people read is the address without it.
    Column("source_sealed", LargeBinary, nullable=False),
    Column("source_shown", String(LONGEST_URL), nullable=False),
    Column("source_loop", Boolean, nullable=False, server_default="false"),
    Column("work", ARRAY(Text), nullable=False),
    Column("masks", JSONB, nullable=False, server_default="[]"),
    Column("blind", JSONB, nullable=False, server_default="[]"),
    Column("blind_judged", Boolean, nullable=False, server_default="false"),
    Column("record_enabled", Boolean, nullable=False, server_default="true"),
    Column("keep_days", Integer, nullable=False),
    Column("segment_s", Integer, nullable=False),
    Column("before_s", Float, nullable=False),
    Column("after_s", Float, nullable=False),
    Column("sensitivity", Integer, nullable=False),
    Column("confidence", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("changed_at", Moment, nullable=False),
    info=guarded(by_estate("see_cameras")),
)

sign_table = Table(
    "sensing_camera_sign",
    metadata,
    Column("id", Id, primary_key=True),
    Column("camera_id", Id, ForeignKey("sensing_camera.device_id"), nullable=False),
    Column("estate_id", Id, nullable=False),
    Column("sign_text", String(LONGEST_WORDS), nullable=False),
    Column("place", String(LONGEST_WORDS), nullable=False),
    Column("purpose", String(LONGEST_WORDS), nullable=False),
    Column("legal_basis", String(LONGEST_WORDS), nullable=False),
    Column("answers", String(LONGEST_WORDS), nullable=False),
    Column("phone", String(40), nullable=False),
    Column("photo_id", Id),
    Column("put_up_on", Date, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("recorded_by", String(80), nullable=False),
    Column("ended_at", Moment),
    info=guarded(by_estate("see_cameras")),
)
Index("ix_sensing_camera_sign_camera", sign_table.c.camera_id, sign_table.c.recorded_at)

node_table = Table(
    "sensing_vision_node",
    metadata,
    Column("connection_id", Id, ForeignKey("sensing_connection.id"), primary_key=True),
    Column("estate_id", Id, nullable=False, index=True),
    Column("address", String(LONGEST_URL)),
    Column("plan_version", String(80)),
    Column("asked_at", Moment, nullable=False),
    info=guarded(by_estate("see_cameras")),
)

EXTRA_SQL: tuple[str, ...] = ()
