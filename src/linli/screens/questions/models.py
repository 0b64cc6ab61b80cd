"""The table of saved questions."""

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, by_organisation, guarded

question_table = Table(
    "screens_question",
    metadata,
    Column("id", Id, primary_key=True),
    Column(
        "organisation_id", Id, ForeignKey("directory_organisation.id"), nullable=False, index=True
    ),
    Column("title", String(80), nullable=False),
    Column("clauses", JSONB, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("created_at", Moment, nullable=False),
    info=guarded(by_organisation("see_people"), app=Use.FULL),
)

EXTRA_SQL: tuple[str, ...] = ()
