"""The audit as a file and onto paper."""

from linli.kernel.web import router
from linli.support.audit.contracts import OUTCOME_TITLES
from linli.support.audit.http import list_entries
from linli.support.sheets.public import Column, as_file

api = router("/api/audit", tag="audit")

as_file(
    api,
    list_entries,
    "操作记录",
    (
        Column("时间", lambda row: row.at),
        Column("谁", lambda row: row.actor_name),
        Column("做了什么", lambda row: row.action_title),
        Column("对象", lambda row: row.subject_title),
        Column("事由", lambda row: row.reason),
        Column("结果", lambda row: OUTCOME_TITLES[row.outcome]),
        Column("来自", lambda row: row.address),
    ),
    name="audit",
    personal=True,
)
