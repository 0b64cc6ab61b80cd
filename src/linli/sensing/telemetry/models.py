"""Tables of readings, last values, events and receipts.

Readings lie in daily partitions by time of receipt, made ahead by `linli_readings_prepare` and
dropped whole by `linli_readings_forget`; days nobody prepared fall into the default partition.
COPY does not work under row security, so readings are guarded by grants and people read them
through the view `sensing_reading_seen`. Making and dropping a partition needs the table to itself
for a moment: when a long query holds it, they give up rather than make everybody wait.
"""

from sqlalchemy import (
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, by_estate, guarded, through

series_table = Table(
    "sensing_series",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("device_id", Id, ForeignKey("sensing_device.id"), nullable=False),
    Column("estate_id", Id, nullable=False),
    Column("property", String(40), nullable=False),
    UniqueConstraint("device_id", "property"),
    info=guarded(by_estate("see_devices"), app=Use.READ),
)

reading_table = Table(
    "sensing_telemetry_reading",
    metadata,
    Column("series_id", Integer, nullable=False),
    Column("observed_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False, server_default=func.now()),
    Column("value", Double, nullable=False),
    Column("clock", SmallInteger, nullable=False),
    postgresql_partition_by="RANGE (received_at)",
    info=guarded(None, app=Use.NONE, machine=Use.APPEND),
)
Index("ix_sensing_telemetry_reading_series", reading_table.c.series_id, reading_table.c.observed_at)

last_value_table = Table(
    "sensing_last_value",
    metadata,
    Column("series_id", Integer, ForeignKey("sensing_series.id"), primary_key=True),
    Column("observed_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("since", Moment, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("value", Double, nullable=False),
    info=guarded(through("sensing_series", "series_id"), app=Use.READ),
    # Written with every reading: half-empty pages let a new version stay on its page.
    postgresql_with={"fillfactor": "50"},
)

event_table = Table(
    "sensing_device_event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("device_id", Id, ForeignKey("sensing_device.id"), nullable=False),
    Column("estate_id", Id, nullable=False),
    Column("event", String(40), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("observed_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("clock", SmallInteger, nullable=False),
    Column("fields", JSONB, nullable=False),
    Column("evidence", ARRAY(Uuid(as_uuid=True)), nullable=False),
    UniqueConstraint("device_id", "event", "external_id"),
    info=guarded(by_estate("see_devices"), app=Use.READ),
)
Index("ix_sensing_device_event_recent", event_table.c.device_id, event_table.c.observed_at)

receipt_table = Table(
    "sensing_receipt",
    metadata,
    Column("connection_id", Id, primary_key=True),
    Column("packet_id", Integer, primary_key=True),
    Column("digest", LargeBinary(16), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("copies", Integer, nullable=False),
    info=guarded(None, app=Use.NONE),
    postgresql_with={"fillfactor": "70"},
)

clock_table = Table(
    "sensing_device_clock",
    metadata,
    Column("device_id", Id, ForeignKey("sensing_device.id"), primary_key=True),
    Column("estate_id", Id, nullable=False),
    Column("clock", SmallInteger, nullable=False),
    Column("offset_s", Double),
    Column("received_at", Moment, nullable=False),
    info=guarded(by_estate("see_devices"), app=Use.READ),
)

PREPARE = """
CREATE FUNCTION linli_readings_prepare(first date, days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET lock_timeout = '3s' AS $$
DECLARE
    day date;
    part text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('linli_readings'));
    FOR offset_days IN 0 .. days - 1 LOOP
        day := first + offset_days;
        part := 'sensing_telemetry_reading_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE %I (LIKE sensing_telemetry_reading INCLUDING DEFAULTS)', part);
        EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', part);
        EXECUTE format(
            'WITH moved AS (DELETE FROM sensing_telemetry_reading_stray'
            ' WHERE received_at >= %1$L AND received_at < %2$L RETURNING *)'
            ' INSERT INTO %3$I SELECT * FROM moved',
            day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC', part);
        EXECUTE format(
            'ALTER TABLE sensing_telemetry_reading ATTACH PARTITION %I'
            ' FOR VALUES FROM (%L) TO (%L)',
            part, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
        made := made + 1;
    END LOOP;
    RETURN made;
END $$
"""

FORGET = """
CREATE FUNCTION linli_readings_forget(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET lock_timeout = '3s' AS $$
DECLARE
    part text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('linli_readings'));
    FOR part IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'sensing_telemetry_reading'::regclass
          AND c.relname ~ '^sensing_telemetry_reading_[0-9]{8}$'
          AND to_date(right(c.relname, 8), 'YYYYMMDD') < before
    LOOP
        EXECUTE format('DROP TABLE %I', part);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM sensing_telemetry_reading_stray
    WHERE received_at < before::timestamp AT TIME ZONE 'UTC';
    RETURN dropped;
END $$
"""

SEEN = """
CREATE VIEW sensing_reading_seen WITH (security_barrier) AS
SELECT r.series_id, r.observed_at, r.received_at, r.recorded_at, r.value, r.clock
FROM sensing_telemetry_reading AS r
JOIN sensing_series AS s ON s.id = r.series_id
WHERE s.estate_id = ANY ((SELECT linli_estates('see_devices'))::uuid[])
   OR (SELECT current_user) = 'linli_gateway'
"""

EXTRA_SQL = (
    "CREATE TABLE sensing_telemetry_reading_stray PARTITION OF sensing_telemetry_reading DEFAULT",
    "REVOKE ALL ON sensing_telemetry_reading_stray FROM PUBLIC",
    PREPARE,
    FORGET,
    "REVOKE ALL ON FUNCTION linli_readings_prepare(date, integer) FROM PUBLIC",
    "REVOKE ALL ON FUNCTION linli_readings_forget(date) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION linli_readings_prepare(date, integer) TO linli_gateway",
    "GRANT EXECUTE ON FUNCTION linli_readings_forget(date) TO linli_gateway",
    SEEN,
    "REVOKE ALL ON sensing_reading_seen FROM PUBLIC",
    "GRANT SELECT ON sensing_reading_seen TO linli_app, linli_gateway",
    "SELECT linli_readings_prepare((now() AT TIME ZONE 'UTC')::date - 1, 9)",
)
