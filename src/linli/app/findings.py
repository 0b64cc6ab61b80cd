"""What `linli doctor` finds: one check, its verdict, and what to do."""

from dataclasses import dataclass
from enum import StrEnum

from linli.app.problems import Problem


class Verdict(StrEnum):
    """How a check came out."""

    GOOD = "✓"
    WARNING = "!"
    BAD = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, the verdict, and what to do when it is not good."""

    subject: str
    verdict: Verdict
    problem: Problem | None = None

    def __str__(self) -> str:
        head = f"{self.verdict} {self.subject}"
        if self.problem is None:
            return head
        said = str(self.problem).replace("\n", "\n  ")
        return f"{head}\n    {said}"


def good(subject: str) -> Finding:
    """Nothing to do."""
    return Finding(subject, Verdict.GOOD)
