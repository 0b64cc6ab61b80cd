"""The wire form of the live stream: server-sent events (WHATWG HTML, §9.2)."""

from typing import Any

import msgspec

from linli.kernel.events import RecordedEvent
from linli.kernel.scope import Reach, Scope

BEAT = b": beat\n\n"
ANYWHERE = "anywhere"
# An event may carry more for its handlers; browsers get what tells them what to fetch.
SHOWN = frozenset(
    {
        "estate_id",
        "incident_id",
        "order_id",
        "alert_id",
        "device_id",
        "command_id",
        "connection_id",
        "rule_id",
        "message_id",
        "version",
        "severity",
        "state",
    }
)


def topics_of(scope: Scope) -> frozenset[str]:
    """The topic keys a session hears.

    `<permission>:<estate id>`, `<permission>:anywhere` when it holds the permission anywhere,
    `account:<id>`, `incident:<id>`, and `organisation:<id>` for those its grants cover (not for
    those it merely knows of).
    """
    topics = {f"{permission}:{estate}" for permission, estate in _pairs(scope.estates)}
    topics |= {f"{permission}:{ANYWHERE}" for permission in scope.permissions()}
    topics |= {f"organisation:{organisation}" for organisation in scope.covers}
    topics |= {f"incident:{incident}" for _, incident in _pairs(scope.incidents)}
    if scope.account_id is not None:
        topics.add(f"account:{scope.account_id}")
    return frozenset(topics)


def frame(event: RecordedEvent) -> bytes:
    """The event as the browser reads it: ids, version, severity, state, and when it happened."""
    body: dict[str, Any] = {"offset": event.offset, "name": event.name}
    body |= {key: value for key, value in event.payload.items() if key in SHOWN}
    body["at"] = event.payload.get("happened_at")
    return _frame(event.name, event.offset, body)


def joined(position: int) -> bytes:
    """The first frame of a stream: the offset from which a cut stream goes on."""
    return _frame("joined", position, {"offset": position, "name": "joined"})


def reset(position: int) -> bytes:
    """Tells the page to read everything again: events up to `position` are not repeated."""
    return _frame("reset", position, {"offset": position, "name": "reset"})


def signed_out() -> bytes:
    """The last frame of a stream whose session ended or lost its last right."""
    return b'event: signed_out\ndata: {"name":"signed_out"}\n\n'


def _frame(name: str, offset: int, body: dict[str, Any]) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (offset, name.encode(), msgspec.json.encode(body))


def _pairs(reach: Reach) -> list[tuple[str, str]]:
    return [(permission, str(each)) for permission, ids in reach.items() for each in ids]
