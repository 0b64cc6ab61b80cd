"""What scenes tell of findings before they become incidents."""

from typing import Protocol

from linli.kernel.work import Work
from linli.responding.alerts.contracts import Finding
from linli.responding.incidents.contracts import Incident
from linli.responding.rules.contracts import SensedEvent


class FindingReader(Protocol):
    """Knows more of the findings of one rule than the rule does; a scene fills it.

    All verbs run in the transaction of the message.
    """

    @property
    def rule(self) -> str:
        """The code of the rule."""
        ...

    @property
    def follows(self) -> frozenset[str]:
        """Events that no rule judges and that bring more to what was read before."""
        ...

    async def followed(self, work: Work, event: SensedEvent) -> None:
        """One of the events it follows came."""
        ...

    async def read(self, work: Work, finding: Finding, event: SensedEvent) -> Finding:
        """The finding, said better: place, words, severity, evidence, the incident it joins."""
        ...

    async def settled(self, work: Work, event: SensedEvent, incident: Incident) -> None:
        """The finding opened this incident, or was added to it."""
        ...
