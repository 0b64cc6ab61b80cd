"""The door of approvals: `use` before acting, `ask` when it refuses with SecondPairNeeded."""

from linli.support.approvals.policy import GrewMeanwhile, SecondPairNeeded
from linli.support.approvals.service import approval_of, ask, tell_decider, use

__all__ = ["GrewMeanwhile", "SecondPairNeeded", "approval_of", "ask", "tell_decider", "use"]
