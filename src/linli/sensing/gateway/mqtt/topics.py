"""Topic names and filters (chapter 4.7). Pure; nothing is normalised."""

from collections.abc import Iterable

from linli.sensing.gateway.mqtt.reasons import MalformedPacket

SHARED_PREFIX = "$share/"
SHARED_PARTS = 3


def check_filter(topic_filter: str) -> None:
    """Raise MalformedPacket unless this is a well-formed topic filter."""
    if not topic_filter:
        raise MalformedPacket("empty topic filter [MQTT-4.7.3-1]")
    levels = topic_filter.split("/")
    last = len(levels) - 1
    for at, level in enumerate(levels):
        if "#" in level and (level != "#" or at != last):
            raise MalformedPacket("misplaced '#' [MQTT-4.7.1-1]")
        if "+" in level and level != "+":
            raise MalformedPacket("misplaced '+' [MQTT-4.7.1-2]")


def check_shared(topic_filter: str) -> None:
    """Raise MalformedPacket unless a filter starting with $share/ has a name and a filter."""
    parts = topic_filter.split("/", SHARED_PARTS - 1)
    if len(parts) < SHARED_PARTS or not parts[1] or "+" in parts[1] or "#" in parts[1]:
        raise MalformedPacket("share name or filter missing [MQTT-4.8.2-1] [MQTT-4.8.2-2]")
    check_filter(parts[2])


def is_shared(topic_filter: str) -> bool:
    """Tell whether this is a shared subscription of MQTT 5."""
    return topic_filter.startswith(SHARED_PREFIX)


def matches(topic_filter: str, topic: str) -> bool:
    """Tell whether a topic name falls under a topic filter."""
    if topic_filter == topic:
        return True
    if topic.startswith("$") and topic_filter[:1] in {"#", "+"}:
        return False
    wanted = topic_filter.split("/")
    given = topic.split("/")
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at >= len(given) or level not in {"+", given[at]}:
            return False
    return len(wanted) == len(given)


def covers(wide: str, narrow: str) -> bool:
    """Tell whether every topic under the filter `narrow` also falls under the filter `wide`."""
    if wide == narrow:
        return True
    if narrow.startswith("$") and wide[:1] in {"#", "+"}:
        return False
    wider = wide.split("/")
    narrower = narrow.split("/")
    for at, level in enumerate(wider):
        if level == "#":
            return True
        if at >= len(narrower) or narrower[at] == "#":
            return False
        if level not in {"+", narrower[at]}:
            return False
    return len(wider) == len(narrower)


def covered_by_any(wide: Iterable[str], narrow: str) -> bool:
    """Tell whether one of the filters covers `narrow`."""
    return any(covers(one, narrow) for one in wide)
