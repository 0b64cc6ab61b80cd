"""Tables of connections, devices, their commands and faults, and MQTT sessions."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, by_estate, guarded, through
from linli.kernel.uniqueness import taken

LONGEST_CODE = 64
LONGEST_TITLE = 100
LONGEST_WORDS = 500

register_version = Sequence("sensing_register_version", metadata=metadata)
device_number = Sequence("sensing_device_number", metadata=metadata)

connection_table = Table(
    "sensing_connection",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, nullable=False, index=True),
    Column("code", String(LONGEST_CODE), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("driver", String(40), nullable=False),
    Column("settings", JSONB, nullable=False, server_default="{}"),
    Column("token_hash", LargeBinary(32), nullable=False, index=True),
    Column("token_previous_hash", LargeBinary(32)),
    Column("previous_valid_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("rotated_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("connected_since", Moment),
    Column("last_disconnected_at", Moment),
    Column("last_reason", String(40)),
    Column("address", String(80)),
    # Changes with the connection and with any of its devices, so that doors know when to reload.
    Column("version", BigInteger, register_version, nullable=False),
    info=guarded(by_estate("see_devices"))
    | taken("uq_sensing_connection_code", "code", "这个编号已经被使用"),
)

device_table = Table(
    "sensing_device",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, nullable=False),
    Column("place_id", Id, index=True),
    Column("code", String(LONGEST_CODE), nullable=False),
    Column("title", String(LONGEST_TITLE), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("driver", String(40), nullable=False),
    Column("connection_id", Id, ForeignKey("sensing_connection.id")),
    Column("external_code", String(LONGEST_CODE)),
    Column("state", String(10), nullable=False),
    Column("state_since", Moment, nullable=False),
    Column("last_seen_at", Moment),
    Column("firmware", String(60)),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("estate_id", "code"),
    info=guarded(by_estate("see_devices"))
    | taken("uq_sensing_device_estate_id_code", "code", "这个编号已经被使用")
    | taken("uq_sensing_device_on_connection", "external_code", "这个网关下已有这个编号的设备"),
    # Last seen is written once a minute: room on the page keeps that cheap.
    postgresql_with={"fillfactor": "80"},
)
Index(
    "uq_sensing_device_on_connection",
    device_table.c.connection_id,
    device_table.c.external_code,
    unique=True,
    postgresql_nulls_not_distinct=True,
    postgresql_where=device_table.c.connection_id.is_not(None),
)

command_table = Table(
    "sensing_command",
    metadata,
    Column("id", Id, primary_key=True),
    Column("device_id", Id, ForeignKey("sensing_device.id"), nullable=False),
    Column("estate_id", Id, nullable=False),
    Column("connection_id", Id, nullable=False),
    Column("name", String(40), nullable=False),
    Column("params", JSONB, nullable=False, server_default="{}"),
    Column("state", String(10), nullable=False),
    Column("asked_by", Id),
    Column("asked_by_name", String(80), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("sent_client", Text),
    Column("sent_packet", Integer),
    Column("delivered_at", Moment),
    Column("finished_at", Moment),
    Column("reference", String(100)),
    Column("words", String(LONGEST_WORDS)),
    Column("version", Integer, nullable=False, server_default="1"),
    info=guarded(by_estate("see_devices")),
)
Index("ix_sensing_command_device", command_table.c.device_id, command_table.c.asked_at)
Index(
    "ix_sensing_command_open",
    command_table.c.connection_id,
    postgresql_where=command_table.c.state.in_(("waiting", "sent")),
)

fault_table = Table(
    "sensing_device_fault",
    metadata,
    Column("device_id", Id, ForeignKey("sensing_device.id"), primary_key=True),
    Column("code", String(60), primary_key=True),
    Column("estate_id", Id, nullable=False),
    Column("since", Moment, nullable=False),
    Column("sentence", String(LONGEST_WORDS), nullable=False),
    info=guarded(by_estate("see_devices"), app=Use.READ),
)

# A session belongs to one client of one connection; people never read it.
session_table = Table(
    "sensing_mqtt_session",
    metadata,
    Column("connection_id", Id, ForeignKey("sensing_connection.id"), primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("expiry_seconds", BigInteger, nullable=False),
    Column("subscriptions", JSONB, nullable=False),
    Column("received", ARRAY(Integer), nullable=False),
    Column("will_topic", Text),
    Column("will_payload", LargeBinary),
    Column("will_qos", Integer),
    Column("will_retained", Boolean),
    Column("will_delay_seconds", BigInteger),
    Column("gateway", Text),
    Column("ends_at", Moment),
    Column("will_due_at", Moment),
    Column("claimed_until", Moment),
    info=guarded(through("sensing_connection", "connection_id"), app=Use.NONE),
)
Index(
    "ix_sensing_mqtt_session_due",
    func.least(session_table.c.ends_at, session_table.c.will_due_at),
    postgresql_where=session_table.c.gateway.is_(None),
)

# Which clients of a connection are there now, and through which gateway.
presence_table = Table(
    "sensing_presence",
    metadata,
    Column("connection_id", Id, ForeignKey("sensing_connection.id"), primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("gateway", Text, nullable=False, index=True),
    Column("address", String(80), nullable=False),
    Column("since", Moment, nullable=False),
    info=guarded(through("sensing_connection", "connection_id"), app=Use.READ),
)

EXTRA_SQL = (
    "GRANT USAGE ON SEQUENCE sensing_register_version TO linli_app, linli_gateway",
    "GRANT USAGE ON SEQUENCE sensing_device_number TO linli_app, linli_gateway",
)
