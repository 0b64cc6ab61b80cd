"""Facts about rules that others may react to."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class RuleChanged(Event):
    """A rule was declared, switched or turned; gateways reload their rule book."""

    rule_id: UUID
    version: int

    def topics(self) -> tuple[str, ...]:
        return ("see_rules:anywhere",)
