"""The table of looks: written once, never changed, forgotten when its purpose is over."""

from sqlalchemy import Column, Index, String, Table

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, any_of, by_account, by_estate, guarded

look_table = Table(
    "support_look",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("account_id", Id),
    Column("actor_name", String(80), nullable=False),
    Column("what", String(20), nullable=False),
    # No reference: who looked stays known when the person is erased or merged.
    Column("person_id", Id),
    Column("subject_kind", String(40), nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("subject_title", String(200), nullable=False),
    Column("reason", String(500)),
    Column("address", String(64)),
    Column("estate_id", Id),
    info=guarded(
        any_of(by_account(), by_estate("see_looks")),
        app=Use.APPEND,
    ),
)
Index("ix_support_look_at", look_table.c.at, look_table.c.id)
Index("ix_support_look_account", look_table.c.account_id, look_table.c.at)
Index("ix_support_look_person", look_table.c.person_id, look_table.c.at)
Index("ix_support_look_estate", look_table.c.estate_id, look_table.c.at)
