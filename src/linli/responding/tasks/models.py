"""Tables of tasks."""

from sqlalchemy import Column, Index, Integer, String, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import any_of, by_account, by_organisation, guarded

task_table = Table(
    "responding_task",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("estate_id", Id),
    Column("place_id", Id),
    Column("place_path", String(200), nullable=False, server_default=""),
    Column("title", String(80), nullable=False),
    Column("words", Text, nullable=False, server_default=""),
    Column("giver_id", Id),
    Column("giver_name", String(100), nullable=False),
    Column("assignee_id", Id, nullable=False),
    Column("assignee_name", String(100), nullable=False),
    Column("given_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("done_at", Moment),
    Column("result", Text, nullable=False, server_default=""),
    Column("evidence", ARRAY(Id), nullable=False, server_default="{}"),
    Column("ended_at", Moment),
    Column("remark", String(500), nullable=False, server_default=""),
    info=guarded(
        any_of(by_organisation("manage_rosters"), by_account("assignee_id"), by_account("giver_id"))
    ),
)
Index(
    "ix_responding_task_assignee",
    task_table.c.assignee_id,
    task_table.c.due_at,
    postgresql_where=task_table.c.ended_at.is_(None),
)
Index("ix_responding_task_organisation", task_table.c.organisation_id, task_table.c.due_at)
