"""Decisions about sources. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from linli.directory.sources.contracts import Source, SourceKind, Version
from linli.kernel.errors import BadInput

TOLD = frozenset(
    {"source_kind", "source_title", "source_id", "entered_by", "entered_at", "version"}
)
NOT_TOLD = frozenset({"id", "search_version"})


class TwiceInList(BadInput):
    code = "twice_in_list"
    text = "这一批里有重复的行"


def once_each(keys: Iterable[str], what: str) -> None:
    """Refuse a list in which a natural key stands twice.

    Raises:
        TwiceInList: names the first such key.
    """
    twice = [key for key, many in Counter(keys).items() if many > 1]
    if twice:
        raise TwiceInList(f"这一批里“{twice[0]}”出现了不止一次", field=what)


def code_for(estate_code: str, letter: str, number: int) -> str:
    """A stable code that people can say: `YG-R000123`."""
    return f"{estate_code}-{letter}{number:06d}"


def versions(rows: Sequence[Mapping[str, Any]]) -> tuple[Version, ...]:
    """The versions of a fact from its rows, oldest first in, newest first out."""
    told: list[Version] = []
    before: Mapping[str, Any] | None = None
    for row in rows:
        changed = (
            ()
            if before is None
            else tuple(
                name
                for name in row
                if name not in TOLD and name not in NOT_TOLD and row[name] != before.get(name)
            )
        )
        source_id = row["source_id"]
        told.append(
            Version(
                version=int(row["version"]),
                entered_at=datetime.fromisoformat(row["entered_at"]),
                entered_by=row["entered_by"],
                source=Source(
                    SourceKind(row["source_kind"]),
                    row["source_title"],
                    UUID(source_id) if source_id else None,
                ),
                changed=changed,
            )
        )
        before = row
    return tuple(reversed(told))
