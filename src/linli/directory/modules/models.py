"""Tables of modules."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import by_estate, guarded
from linli.kernel.uniqueness import taken

switch_table = Table(
    "directory_module_switch",
    metadata,
    Column("id", Id, primary_key=True),
    Column("estate_id", Id, ForeignKey("directory_estate.id"), nullable=False),
    Column("module", String(40), nullable=False),
    Column("off_at", Moment, nullable=False),
    Column("off_by", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("approved_by", String(100), nullable=False),
    Column("on_at", Moment),
    Column("on_by", String(100), nullable=False),
    Column("on_reason", Text, nullable=False),
    info=guarded(by_estate("see_places"))
    | taken("uq_directory_module_switch_off", "module", "这个模块刚刚已被别人关闭"),
)
Index(
    "uq_directory_module_switch_off",
    switch_table.c.estate_id,
    switch_table.c.module,
    unique=True,
    postgresql_where=switch_table.c.on_at.is_(None),
)
