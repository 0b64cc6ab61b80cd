"""Facts about approvals that others may react to."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ApprovalAsked(Event):
    """Somebody needs a second pair of eyes; `needs` and `estate_ids` say whose."""

    approval_id: UUID
    asker_id: UUID
    needs: tuple[str, ...]
    estate_ids: tuple[UUID, ...]

    def topics(self) -> tuple[str, ...]:
        return (f"account:{self.asker_id}",)


@dataclass(frozen=True, kw_only=True)
class ApprovalMoved(Event):
    """A request was decided, taken back, used, or lapsed."""

    approval_id: UUID
    asker_id: UUID
    state: str

    def topics(self) -> tuple[str, ...]:
        return (f"account:{self.asker_id}",)
