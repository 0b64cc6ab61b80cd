"""The door of falling objects: the façades cameras see, and what falls from them."""

from linli.kernel.work import Work
from linli.responding.alerts.contracts import Finding
from linli.responding.incidents.contracts import Incident
from linli.responding.rules.contracts import SensedEvent
from linli.scenes.falling_objects.service import (
    CLIP_EVENT,
    RULE,
    CalibratedFacades,
    add_evidence,
    calibrate,
    correct_windows,
    facades,
    read_finding,
    settle,
)


class FallReader:
    """Fills the intake's `FindingReader` for the rule `falling_object`."""

    rule = RULE
    follows = frozenset({CLIP_EVENT})

    async def followed(self, work: Work, event: SensedEvent) -> None:
        """The film of a fall, or other late evidence, came after the alarm."""
        await add_evidence(work, event)

    async def read(self, work: Work, finding: Finding, event: SensedEvent) -> Finding:
        """The finding with where it came from, and the incident it joins."""
        return await read_finding(work, finding, event)

    async def settled(self, work: Work, event: SensedEvent, incident: Incident) -> None:
        """The finding opened this incident, or joined it."""
        await settle(work, event, incident)


__all__ = ["RULE", "CalibratedFacades", "FallReader", "calibrate", "correct_windows", "facades"]
