"""The audit and the requests for a second person as files and onto paper."""

from linli.kernel.web import router
from linli.support.approvals.http import list_approvals
from linli.support.audit.contracts import ACTION_TITLES, OUTCOME_TITLES
from linli.support.audit.http import SEE_AUDIT, list_entries
from linli.support.sheets.public import Agreed, Column, Filter, as_file

api = router("/api/audit", tag="audit")
approvals_api = router("/api/approvals", tag="approvals")

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
    agreed=Agreed(
        SEE_AUDIT,
        {
            "actor_id": Filter("谁"),
            "subject_id": Filter("对象"),
            "action": Filter("做了什么", ACTION_TITLES.__getitem__),
            "from_": Filter("从"),
            "to": Filter("到"),
        },
    ),
)

as_file(
    approvals_api,
    list_approvals,
    "审批",
    (
        Column("申请时间", lambda row: row.asked_at),
        Column("申请人", lambda row: row.asker_name),
        Column("种类", lambda row: row.purpose_title),
        Column("事项", lambda row: row.title),
        Column("行数", lambda row: row.total),
        Column("理由", lambda row: row.reason),
        Column("内容", lambda row: tuple(f"{one.label}：{one.words}" for one in row.said)),
        Column("状态", lambda row: row.state_title),
        Column("审批人", lambda row: row.decided_name),
        Column("审批时间", lambda row: row.decided_at),
        Column("答复", lambda row: row.answer),
    ),
    personal=True,
)
