"""The table of the demo's clock. A real installation never has a row in it."""

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
