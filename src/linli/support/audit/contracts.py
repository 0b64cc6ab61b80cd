"""What is recorded: actions with their Chinese titles, and the entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Action(StrEnum):
    """What was done. Codes never change; titles may."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_BLOCKED = "sign_in_blocked"
    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an act
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of an act
    SECOND_FACTOR_ENABLED = "second_factor_enabled"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    SECOND_FACTOR_RESET = "second_factor_reset"
    TERMINAL_REGISTERED = "terminal_registered"
    TERMINAL_ENDED = "terminal_ended"
    PIN_SET = "pin_set"
    PIN_REMOVED = "pin_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_LOCKED = "account_locked"
    ACCOUNT_UNLOCKED = "account_unlocked"
    KEY_MADE = "key_made"
    KEY_REVOKED = "key_revoked"
    HOOK_MADE = "hook_made"
    HOOK_CHANGED = "hook_changed"
    LEAVING_NOTED = "leaving_noted"
    LEAVING_TAKEN_BACK = "leaving_taken_back"
    ACCOUNT_LEFT = "account_left"
    GRANT_GIVEN = "grant_given"
    GRANT_REVOKED = "grant_revoked"
    ORGANISATION_ADDED = "organisation_added"
    CONTRACT_SIGNED = "contract_signed"
    CONTRACT_ENDED = "contract_ended"
    ESTATE_ADDED = "estate_added"
    PERSON_REGISTERED = "person_registered"
    PERSON_REVEALED = "person_revealed"
    PERSON_ERASED = "person_erased"
    PERSON_EXPORTED = "person_exported"
    PEOPLE_ENTERED = "people_entered"
    PERSON_CHANGED = "person_changed"
    PERSON_MOVED = "person_moved"
    PEOPLE_MERGED = "people_merged"
    MERGE_UNDONE = "merge_undone"
    TWINS_DIFFER = "twins_differ"
    CORRECTION_ASKED = "correction_asked"
    CORRECTION_DECIDED = "correction_decided"
    KEY_PERSON_ENTERED = "key_person_entered"
    KEY_PERSON_CHANGED = "key_person_changed"
    KEY_PERSON_SEEN = "key_person_seen"
    VISIT_RECORDED = "visit_recorded"
    ABSENCE_NOTED = "absence_noted"
    BASE_ENTERED = "base_entered"
    BASE_CHANGED = "base_changed"
    QUESTION_SAVED = "question_saved"
    FILE_SEEN = "file_seen"
    DEVICE_REGISTERED = "device_registered"
    DEVICE_CHANGED = "device_changed"
    COMMAND_SENT = "command_sent"
    CAMERA_CHANGED = "camera_changed"
    CAMERA_SEEN = "camera_seen"
    RECORDING_SEEN = "recording_seen"
    FACADE_CHANGED = "facade_changed"
    EVIDENCE_SEEN = "evidence_seen"
    EVIDENCE_EXPORTED = "evidence_exported"
    CREDENTIAL_ROTATED = "credential_rotated"
    CREDENTIAL_REVOKED = "credential_revoked"
    RULE_CHANGED = "rule_changed"
    DRILL_STARTED = "drill_started"
    DRILL_ENDED = "drill_ended"
    MODULE_OFF = "module_off"
    MODULE_ON = "module_on"
    QUARANTINE_REPLAYED = "quarantine_replayed"
    QUARANTINE_DROPPED = "quarantine_dropped"
    INCIDENT_MOVED = "incident_moved"
    ORDER_MOVED = "order_moved"
    ROSTER_PLANNED = "roster_planned"
    GRID_CHANGED = "grid_changed"
    TASK_GIVEN = "task_given"
    TASK_MOVED = "task_moved"
    GUEST_LINK_MADE = "guest_link_made"
    GUEST_LINK_REVOKED = "guest_link_revoked"
    IMPORTED = "imported"
    IMPORT_UNDONE = "import_undone"
    # Written until the list of people went out as every other list.
    PEOPLE_EXPORTED = "people_exported"
    LIST_EXPORTED = "list_exported"
    APPROVAL_ASKED = "approval_asked"
    APPROVAL_GIVEN = "approval_given"
    APPROVAL_REFUSED = "approval_refused"
    APPROVAL_WITHDRAWN = "approval_withdrawn"
    APPROVAL_USED = "approval_used"
    DEMO_PLAYED = "demo_played"


ACTION_TITLES: Mapping[Action, str] = {
    Action.SIGNED_IN: "登录",
    Action.SIGN_IN_FAILED: "登录失败",
    Action.SIGN_IN_BLOCKED: "登录被暂停",
    Action.SIGNED_OUT: "退出登录",
    Action.SIGNED_OUT_EVERYWHERE: "在所有设备上退出",
    Action.PASSWORD_CHANGED: "修改密码",
    Action.PASSWORD_RESET: "重置密码",
    Action.SECOND_FACTOR_ENABLED: "启用动态验证码",
    Action.SECOND_FACTOR_REMOVED: "关闭动态验证码",
    Action.IDENTITY_LINKED: "绑定统一身份",
    Action.IDENTITY_UNLINKED: "解除统一身份",
    Action.SECOND_FACTOR_RESET: "重置动态验证码",
    Action.TERMINAL_REGISTERED: "登记公用终端",
    Action.TERMINAL_ENDED: "停用公用终端",
    Action.PIN_SET: "设置六位口令",
    Action.PIN_REMOVED: "删除六位口令",
    Action.RECOVERY_CODE_USED: "使用备用验证码登录",
    Action.RECOVERY_CODES_RENEWED: "更换备用验证码",
    Action.ACCOUNT_CREATED: "新建账号",
    Action.ACCOUNT_LOCKED: "停用账号",
    Action.ACCOUNT_UNLOCKED: "恢复账号",
    Action.KEY_MADE: "新建接口密钥",
    Action.KEY_REVOKED: "收回接口密钥",
    Action.HOOK_MADE: "新建事件推送",
    Action.HOOK_CHANGED: "更改事件推送",
    Action.LEAVING_NOTED: "登记离职",
    Action.LEAVING_TAKEN_BACK: "取消离职",
    Action.ACCOUNT_LEFT: "离职",
    Action.GRANT_GIVEN: "授权",
    Action.GRANT_REVOKED: "收回授权",
    Action.ORGANISATION_ADDED: "新建组织",
    Action.CONTRACT_SIGNED: "登记服务合同",
    Action.CONTRACT_ENDED: "终止服务合同",
    Action.ESTATE_ADDED: "新建小区",
    Action.PERSON_REGISTERED: "登记人员",
    Action.PERSON_REVEALED: "查看人员完整信息",
    Action.PERSON_ERASED: "删除人员资料",
    Action.PERSON_EXPORTED: "导出本人资料",
    Action.PEOPLE_ENTERED: "批量登记人员",
    Action.PERSON_CHANGED: "修改人员资料",
    Action.PERSON_MOVED: "登记搬迁",
    Action.PEOPLE_MERGED: "合并重复人员",
    Action.MERGE_UNDONE: "撤销合并",
    Action.TWINS_DIFFER: "判定不是同一人",
    Action.CORRECTION_ASKED: "申请更正",
    Action.CORRECTION_DECIDED: "处理更正申请",
    Action.KEY_PERSON_ENTERED: "登记重点人员",
    Action.KEY_PERSON_CHANGED: "修改重点人员档案",
    Action.KEY_PERSON_SEEN: "查看重点人员完整档案",
    Action.VISIT_RECORDED: "登记走访",
    Action.ABSENCE_NOTED: "登记外出报备",
    Action.BASE_ENTERED: "登记底座资料",
    Action.BASE_CHANGED: "修改底座资料",
    Action.QUESTION_SAVED: "保存常用查询",
    Action.FILE_SEEN: "查看照片或文件",
    Action.DEVICE_REGISTERED: "登记设备",
    Action.DEVICE_CHANGED: "修改设备",
    Action.COMMAND_SENT: "下发设备指令",
    Action.CAMERA_CHANGED: "修改摄像机设置",
    Action.CAMERA_SEEN: "查看摄像机画面",
    Action.RECORDING_SEEN: "查看录像",
    Action.FACADE_CHANGED: "修改楼面标定",
    Action.EVIDENCE_SEEN: "查看抛物证据",
    Action.EVIDENCE_EXPORTED: "导出证据包",
    Action.CREDENTIAL_ROTATED: "更换设备凭证",
    Action.CREDENTIAL_REVOKED: "吊销设备凭证",
    Action.RULE_CHANGED: "修改规则",
    Action.DRILL_STARTED: "开始演练",
    Action.DRILL_ENDED: "结束演练",
    Action.MODULE_OFF: "关闭小区模块",
    Action.MODULE_ON: "开启小区模块",
    Action.QUARANTINE_REPLAYED: "重新处理隔离消息",
    Action.QUARANTINE_DROPPED: "丢弃隔离消息",
    Action.INCIDENT_MOVED: "处置事件",
    Action.ORDER_MOVED: "处置工单",
    Action.GRID_CHANGED: "调整网格",
    Action.TASK_GIVEN: "布置任务",
    Action.TASK_MOVED: "办理任务",
    Action.GUEST_LINK_MADE: "发出访客链接",
    Action.GUEST_LINK_REVOKED: "收回访客链接",
    Action.ROSTER_PLANNED: "排班",
    Action.IMPORTED: "导入表格",
    Action.IMPORT_UNDONE: "撤销导入",
    Action.PEOPLE_EXPORTED: "导出人员名单",
    Action.LIST_EXPORTED: "导出或打印清单",
    Action.APPROVAL_ASKED: "申请审批",
    Action.APPROVAL_GIVEN: "同意申请",
    Action.APPROVAL_REFUSED: "不同意申请",
    Action.APPROVAL_WITHDRAWN: "撤回申请",
    Action.APPROVAL_USED: "按审批执行",
    Action.DEMO_PLAYED: "触发演示场景",
}


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"


OUTCOME_TITLES: Mapping[Outcome, str] = {Outcome.DONE: "成功", Outcome.REFUSED: "被拒绝"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit."""

    id: UUID
    at: datetime
    actor_id: UUID | None
    actor_name: str
    action: Action
    subject_kind: str
    subject_id: UUID | None
    subject_title: str
    reason: str | None
    address: str | None
    outcome: Outcome
    terminal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSearch:
    """What to look for; `from_` ≤ time < `to`. `oldest`: those first."""

    actor_id: UUID | None = None
    subject_id: UUID | None = None
    action: Action | None = None
    from_: datetime | None = None
    to: datetime | None = None
    oldest: bool = False
