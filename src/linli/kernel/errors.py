"""Refusals: what linli declines to do, said so that a person knows what to do next.

A refusal is expected and carries its own status and Chinese text. Anything else that is raised is
a bug and is treated as one.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field of the input that is wrong: its path and what is wrong, in Chinese."""

    field: str
    message: str


class Refusal(Exception):
    """Base of all expected refusals. Subclasses set `status`, `code` and `text`."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    text: ClassVar[str] = "这个操作没有被接受"

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        remedy: str | None = None,
        faults: tuple[FieldFault, ...] = (),
    ) -> None:
        self.message = message or self.text
        self.field = field
        self.remedy = remedy
        self.faults = faults
        super().__init__(self.message)


class BadInput(Refusal):
    """The input breaks a rule; `field` names the place."""

    status = 422
    code = "bad_input"
    text = "填写的内容有误"


class NotSignedIn(Refusal):
    status = 401
    code = "not_signed_in"
    text = "请先登录"


class Forbidden(Refusal):
    """The actor lacks the right, and may know that the thing exists."""

    status = 403
    code = "forbidden"
    text = "您没有这项权限"


class NotAtTerminal(Forbidden):
    """Not at a computer that several people share: they stand beside each other there."""

    code = "not_at_terminal"
    text = "公用终端上不能做这件事"

    def __init__(self) -> None:
        super().__init__(remedy="请在自己的电脑或手机上登录后办理")


class NotFound(Refusal):
    """The thing is absent, or outside what the actor may see: both look the same."""

    status = 404
    code = "not_found"
    text = "没有找到，或不在您的管辖范围内"


class IllegalMove(Refusal):
    """The lifecycle does not allow this move from the present state."""

    status = 409
    code = "illegal_move"
    text = "当前状态下不能这样操作"


class StaleVersion(Refusal):
    """Somebody changed the thing since the actor read it."""

    status = 409
    code = "stale_version"
    text = "内容刚刚被别人更新，请看最新情况后再操作"


class TooMany(Refusal):
    """Too many tries; `retry_after_s` says how long to wait."""

    status = 429
    code = "too_many"
    text = "操作太频繁，请稍后再试"

    def __init__(self, message: str | None = None, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
