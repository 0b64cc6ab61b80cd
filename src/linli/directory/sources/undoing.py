"""Taking back what one import entered: what it added goes, what it changed is what it was.

Former versions stay: a row that goes leaves its last version among them, and what is restored is
one more version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import Table, text
from sqlalchemy.exc import IntegrityError

from linli.kernel.errors import IllegalMove
from linli.kernel.work import Work

# Who may still hold on to a row, in words.
USED_BY: Mapping[str, str] = {
    "directory_key_person": "重点人员档案",
    "directory_residence": "人员的居住登记",
    "directory_ownership": "产权登记",
    "directory_lease": "租约",
    "directory_household": "家庭户",
    "directory_household_member": "家庭户",
    "directory_vehicle": "车辆登记",
    "directory_door_card": "门卡登记",
    "directory_enterprise": "企业商铺",
    "directory_facility": "设施",
    "directory_facility_check": "设施检查记录",
    "directory_person_correction": "更正申请",
    "directory_home": "房屋资料",
    "directory_place": "下级场所",
    "directory_opening_balance": "期初欠费",
    "sensing_device": "设备",
    "sensing_command": "下发过的指令",
    "sensing_device_fault": "设备故障",
    "sensing_camera": "摄像机设置",
    "sensing_mqtt_session": "正在接入的设备",
    "sensing_presence": "正在接入的设备",
}


class LaterWork(IllegalMove):
    """Something that came later depends on what the import entered."""

    code = "later_work"
    text = "后来的登记用到了这次导入的内容，不能整批撤销"


@dataclass(frozen=True, slots=True)
class Back:
    """What was taken back of one table: ids that went, ids that are again what they were."""

    removed: tuple[UUID, ...]
    restored: tuple[UUID, ...]


async def changed_since(work: Work, table: Table, source_id: UUID) -> int:
    """How many rows that an import entered or changed somebody changed afterwards."""
    name = table.name
    statement = text(
        f"SELECT count(DISTINCT t.id) FROM {name} AS t"  # noqa: S608 - our own table
        " JOIN directory_revision AS r ON r.table_name = :name AND r.row_id = t.id"
        " WHERE r.row->>'source_id' = CAST(:source AS text)"
        " AND t.source_id IS DISTINCT FROM CAST(:source AS uuid)"
    )
    values = {"name": name, "source": str(source_id)}
    return int(await work.connection.scalar(statement, values) or 0)


async def find_entered(work: Work, table: Table, source_id: UUID) -> Back:
    """The rows an import added, and those it changed."""
    statement = text(
        "SELECT t.id, EXISTS (SELECT FROM directory_revision AS r WHERE r.table_name = :name"  # noqa: S608 - our own table
        " AND r.row_id = t.id AND (r.row->>'source_id') IS DISTINCT FROM CAST(:source AS text))"
        f" AS older FROM {table.name} AS t WHERE t.source_id = CAST(:source AS uuid)"
    )
    rows = await work.connection.execute(statement, {"name": table.name, "source": str(source_id)})
    found = rows.all()
    return Back(
        tuple(row.id for row in found if not row.older),
        tuple(row.id for row in found if row.older),
    )


async def take_back(work: Work, table: Table, what: str, source_id: UUID) -> Back:
    """Take back what an import did to a table. `what` is what people call its rows.

    Raises:
        LaterWork: rows were changed since, or others refer to rows that would go.
    """
    later = await changed_since(work, table, source_id)
    if later:
        raise LaterWork(f"有 {later} 条{what}在导入以后又被修改过，不能整批撤销")
    back = await find_entered(work, table, source_id)
    await _restore(work, table, source_id, back)
    if back.removed:
        await _remove(work, table, what, back)
    return back


async def _restore(work: Work, table: Table, source_id: UUID, back: Back) -> None:
    kept = {"id", "version", "entered_by", "entered_at", "search_version"}
    columns = [column.name for column in table.columns if column.name not in kept]
    names = ", ".join(f'"{name}"' for name in columns)
    olds = ", ".join(f'old."{name}"' for name in columns)
    statement = text(
        f"UPDATE {table.name} AS t SET ({names}) = (SELECT {olds} FROM"  # noqa: S608 - our own table
        f" jsonb_populate_record(NULL::{table.name}, last.row) AS old),"
        " version = t.version + 1, entered_by = :by, entered_at = :now"
        " FROM (SELECT DISTINCT ON (r.row_id) r.row_id, r.row FROM directory_revision AS r"
        " WHERE r.table_name = :name AND r.row_id = ANY(CAST(:ids AS uuid[]))"
        " AND (r.row->>'source_id') IS DISTINCT FROM CAST(:source AS text)"
        " ORDER BY r.row_id, r.version DESC) AS last WHERE t.id = last.row_id"
    )
    if back.restored:
        await work.connection.execute(
            statement,
            {
                "by": work.actor.name,
                "now": work.now,
                "name": table.name,
                "ids": list(back.restored),
                "source": str(source_id),
            },
        )


async def _remove(work: Work, table: Table, what: str, back: Back) -> None:
    ids = {"ids": list(back.removed), "now": work.now, "by": work.actor.name}
    # One more version before it goes: so its last words stay among the former ones.
    last = text(
        f"UPDATE {table.name} SET version = version + 1, entered_at = :now, entered_by = :by"  # noqa: S608 - our own table
        " WHERE id = ANY(CAST(:ids AS uuid[]))"
    )
    gone = text(f"DELETE FROM {table.name} WHERE id = ANY(CAST(:ids AS uuid[]))")  # noqa: S608 - our own table
    await work.connection.execute(last, ids)
    try:
        async with work.connection.begin_nested():
            await work.connection.execute(gone, {"ids": ids["ids"]})
    except IntegrityError as error:
        raise used_by(error, what) from error


def used_by(error: IntegrityError, what: str) -> LaterWork:
    """The refusal in words: who refers to what would go."""
    cause = error.orig.__cause__ if error.orig else None
    table = cast("str | None", getattr(cause, "table_name", None))
    who = USED_BY.get(table or "", "其他登记")
    return LaterWork(f"这次导入的{what}已被“{who}”用到，请先处理那里，再撤销导入")
