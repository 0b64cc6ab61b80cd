"""Which terms hold. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from linli.kernel.retention import Purpose
from linli.support.retention.contracts import Term, TermTooShort


def terms_of(purposes: Iterable[Purpose], chosen: Mapping[str, int]) -> tuple[Term, ...]:
    """Every purpose with the days chosen for it, else its own.

    Raises:
        TermTooShort: a chosen term is under the law's, or names no purpose.
    """
    known = {purpose.code: purpose for purpose in purposes}
    for code, days in chosen.items():
        if code not in known:
            raise TermTooShort(f"unknown purpose {code}; there are {', '.join(sorted(known))}")
        if days < known[code].least:
            raise TermTooShort(f"{code}: at least {known[code].least} days ({known[code].law})")
    return tuple(Term(purpose, chosen.get(code, purpose.days)) for code, purpose in known.items())


def over_before(term: Term, now: datetime) -> datetime:
    """What is older than this has served its purpose."""
    return now - timedelta(days=term.days)
