"""The page about device kinds: `python tools/device_kinds.py` compares, `--write` makes it anew."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from linli.sensing.devices.kinds import DeviceKind, Field, Property, all_kinds

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "protocols" / "kinds.md"
HEAD = """# Device kinds

Made from the sheets in `src/linli/sensing/devices/kinds/` by `tools/device_kinds.py`; do not edit.
Values are sent in the unit given (or in one that can be converted, named in `units`); a switch is
true or false. The range is what is physically possible: a value outside it is refused.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for kind in all_kinds().values() for line in _section(kind))])


def _section(kind: DeviceKind) -> Iterator[str]:
    minutes = round(kind.offline_after.total_seconds() / 60)
    yield f"## {kind.code} {kind.title}"
    yield ""
    yield f"{kind.notes} 静默 {minutes} 分钟视为离线。"
    yield ""
    if kind.properties:
        yield "| property | 名称 | form | unit | range |"
        yield "| --- | --- | --- | --- | --- |"
        yield from (_property_row(held) for held in kind.properties.values())
        yield ""
    for event in kind.events.values():
        yield f"- event `{event.code}` {event.title}{_fields(event.fields)}"
    for command in kind.commands.values():
        confirmed = "，需人确认" if command.risky else ""
        yield f"- command `{command.code}` {command.title}{confirmed}{_fields(command.params)}"
    if kind.events or kind.commands:
        yield ""


def _property_row(held: Property) -> str:
    span = (
        "，".join(f"{number} {words}" for number, words in held.labels.items())
        or f"{held.low:g} – {held.high:.0f}{'，整数' if held.whole else ''}"
    )
    return f"| `{held.code}` | {held.title} | {held.form} | {held.unit or ''} | {span} |"


def _fields(fields: Mapping[str, Field]) -> str:
    if not fields:
        return ""
    return "：" + "；".join(_field(field) for field in fields.values())


def _field(field: Field) -> str:
    span = ""
    if field.choices:
        span = " " + " / ".join(field.choices)
    elif field.low is not None and field.high is not None:
        span = f" {field.low:g} – {field.high:.0f}"
    unit = f" {field.unit}" if field.unit else ""
    needed = "，必填" if field.required else ""
    return f"`{field.code}` {field.title}（{field.form}{span}{unit}{needed}）"


def main() -> int:
    """Compare (or write); returns 1 when the page is out of step."""
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        print("protocols/kinds.md is out of step; run: python tools/device_kinds.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
