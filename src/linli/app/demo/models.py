"""The tables of the demo's clock and county. A real installation never has a row in them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    Interval,
    SmallInteger,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from linli.kernel.database import Moment, metadata
from linli.kernel.row_security import Use, guarded

# Times called "machine" are of the machine's clock; all others are demo time.
clock_table = Table(
    "app_demo_clock",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("serial", BigInteger, nullable=False),
    Column("ahead", Interval, nullable=False),
    Column("next_ahead", Interval),
    Column("next_at_machine", Moment),
    Column("held_at", Moment),
    Column("from_at", Moment),
    Column("goal_at", Moment),
    Column("from_event", BigInteger),
    Column("asked_by_name", String(80)),
    Column("cancelled", Boolean, nullable=False, server_default="false"),
    Column("outcome", String(20)),
    Column("words", Text),
    Column("ended_at", Moment),
    Column("rang", Integer),
    CheckConstraint("id = 1", name="single"),
    CheckConstraint("ahead >= interval '0'", name="ahead"),
    CheckConstraint("next_ahead >= ahead", name="forward"),
    CheckConstraint("(next_ahead IS NULL) = (next_at_machine IS NULL)", name="next"),
    info=guarded(None, app=Use.CHANGE),
)

follower_table = Table(
    "app_demo_clock_follower",
    metadata,
    Column("process", String(200), primary_key=True),
    Column("serial", BigInteger, nullable=False),
    Column("seen_at_machine", Moment, nullable=False),
    info=guarded(None, app=Use.NONE),
)

county_table = Table(
    "app_demo_county",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("state", String(20), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("asked_by_name", String(100), nullable=False),
    Column("at", Integer, nullable=False),
    Column("of", Integer, nullable=False),
    Column("title", String(80), nullable=False),
    Column("words", Text, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("began_at", Moment),
    Column("ended_at", Moment),
    CheckConstraint("id = 1", name="single"),
    CheckConstraint('at BETWEEN 0 AND "of"', name="at"),
    info=guarded(None, app=Use.CHANGE),
)

# Only who owns a table may look at what lies in it for the planner.
EXTRA_SQL: tuple[str, ...] = (
    """
    CREATE FUNCTION linli_county_analyse(of_people boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF of_people THEN
            ANALYZE directory_person, directory_residence, directory_person_search,
                directory_household, directory_household_member, directory_ownership,
                directory_lease, directory_key_person, directory_key_entry,
                directory_key_visit, directory_key_story;
        ELSE
            ANALYZE directory_estate, directory_place, directory_home, directory_facility,
                sensing_device, sensing_series, sensing_last_value, responding_incident,
                responding_incident_step, responding_incident_place, responding_order;
        END IF;
    END $$
    """,
    "REVOKE ALL ON FUNCTION linli_county_analyse(boolean) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION linli_county_analyse(boolean) TO linli_gateway",
)
