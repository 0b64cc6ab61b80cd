"""Makes requests for any operation of the OpenAPI document, out of its schema and real rows.

Nothing here names an endpoint. Where a schema cannot be fed, `CannotFeed` says so: a new endpoint
is walked from its first day or the walk fails.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID, uuid4

from PIL import Image
from tests.integration.walk.asking import Answer, Request

BOUNDARY = "walk-boundary"
# One request in so many is not what the schema says, and one asks for foreign rows.
ODD = 0.25
FOREIGN = 0.5
ODD_VALUE = 0.2
FOREIGN_ID = 0.6
LEFT_OUT = 0.4
WORDS = (
    "巡查核实",
    "YG1234567",
    "A1",
    "abc",
    "3号楼",
    "1",
    "0",
    "13800001111",
    "2026-11-22",
    "a-b_c.d",
)
ODDITIES: tuple[Any, ...] = (
    "",
    "\x00",
    "\ud800",
    "' OR ''='",
    "<script>alert(1)</script>",
    "长" * 3_000,
    "../../etc/passwd",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-12:00",
    "2026-02-30T00:00:00",
    "{}",
    -1,
    0,
    2**31,
    2**63,
    10**400,
    1e308,
    True,
    None,
    [],
    {},
    ["\x00"],
)
MOMENTS = (
    "2026-11-22T08:00:00Z",
    "2026-11-22T16:00:00+08:00",
    "2020-01-01T00:00:00Z",
    "2035-01-01T00:00:00Z",
)


class CannotFeed(AssertionError):
    """The document asks for something of which no example can be made."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint of the document, its references written out."""

    method: str
    path: str
    parameters: Sequence[Mapping[str, Any]]
    bodies: Mapping[str, Mapping[str, Any]]
    streams: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation of the document."""
    return list(_operations(document))


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            content: Mapping[str, Any] = told.get("requestBody", {}).get("content", {})
            yield Operation(
                method=method.upper(),
                path=path,
                parameters=[_resolved(p, document) for p in told.get("parameters", [])],
                bodies={kind: _resolved(c["schema"], document) for kind, c in content.items()},
                streams=any(
                    "text/event-stream" in r.get("content", {}) for r in told["responses"].values()
                ),
            )


def _resolved(node: Any, document: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        known = cast("dict[str, Any]", node)
        if "$ref" in known:
            target: Any = document
            for step in str(known["$ref"]).removeprefix("#/").split("/"):
                target = target[step]
            return _resolved(target, document)
        return {key: _resolved(value, document) for key, value in known.items()}
    if isinstance(node, list):
        return [_resolved(one, document) for one in cast("list[Any]", node)]
    return node


@dataclass(frozen=True, slots=True)
class Larder:
    """What is in the database: ids by table, for two counties, and words by column.

    `points` says which table a column of that name refers to.
    """

    own: Mapping[str, Sequence[str]]
    foreign: Mapping[str, Sequence[str]]
    words: Mapping[str, Sequence[str]]
    points: Mapping[str, str]

    def turned(self) -> "Larder":
        """The same for somebody of the other county."""
        return Larder(self.foreign, self.own, self.words, self.points)

    def tables(self, name: str, near: str) -> list[str]:
        """The tables whose ids may be meant; `near` is the step of the path before the id."""
        noun = name.removesuffix("_id")
        found = [self.points[name]] if name in self.points else []
        found += [table for table in self.own if table.endswith("_" + noun.rpartition("_")[2])]
        stem = near.rstrip("s").replace("-", "_")
        found += [table for table in self.own if stem and table.rpartition("_")[2].startswith(stem)]
        found += [table for table in self.own if stem and table.endswith("_" + stem)]
        return sorted(set(found)) or sorted(self.own)


@dataclass(slots=True)
class Feeder:
    """Draws requests for one walker. What it sent is kept: an echo is no leak."""

    dice: random.Random
    larder: Larder
    sent: set[str] = field(default_factory=set[str])
    seen: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    foreign: float = 0.0
    odd: float = 0.0

    def request(
        self, operation: Operation, headers: Mapping[str, str], address: str, *, plain: bool = False
    ) -> Request:
        """A request for this operation; a plain one narrows nothing down and names own rows."""
        self.odd = ODD_VALUE if not plain and self.dice.random() < ODD else 0.0
        self.foreign = FOREIGN_ID if not plain and self.dice.random() < FOREIGN else 0.0
        path, query, extra = operation.path, list[tuple[str, str]](), dict[str, str]()
        for parameter in operation.parameters:
            name, schema = str(parameter["name"]), parameter.get("schema", {})
            near = _step_before(operation.path, name)
            if parameter["in"] == "path":
                path = path.replace(f"{{{name}}}", self._in_address(name, schema, near))
            elif parameter["in"] == "query":
                if parameter.get("required") or (not plain and self.dice.random() > LEFT_OUT):
                    value = self.value(name, schema, near)
                    query.append((name, _plain(value)))
            elif parameter["in"] == "header":
                if name not in headers and self.dice.random() > LEFT_OUT:
                    extra[name] = self._in_address(name, schema, near)
            else:
                raise CannotFeed(f"{operation}: a parameter in {parameter['in']}")
        body, kind = self._body(operation)
        if kind:
            extra["Content-Type"] = kind
        if operation.streams:
            extra["Last-Event-ID"] = self.dice.choice(("0", "0", "7", "x"))
        return Request(
            method=operation.method,
            path=path,
            query=urlencode(query, errors="replace"),
            headers={**extra, **headers},
            body=body,
            address=address,
        )

    def learn(self, answer: Answer) -> None:
        """Keep what an answer gave for later: places to go on from."""
        if answer.body and answer.headers.get("content-type", "").startswith("application/json"):
            found = json.loads(answer.body)
            if isinstance(found, dict):
                for key, value in cast("dict[str, Any]", found).items():
                    if isinstance(value, str | int) and ("cursor" in key or key == "version"):
                        self.seen.setdefault(key.removeprefix("next_"), []).append(str(value))

    def value(self, name: str, schema: Mapping[str, Any], near: str = "") -> Any:
        """Something that fits the schema; now and then something that does not."""
        if self.dice.random() < self.odd:
            return self.dice.choice(ODDITIES)
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            real = [one for one in choices if one.get("type") != "null"]
            if len(real) < len(choices) and self.dice.random() < LEFT_OUT:
                return None
            return self.value(name, self.dice.choice(real), near)
        if "allOf" in schema:
            merged: dict[str, Any] = {}
            for part in schema["allOf"]:
                merged.update(part)
            return self.value(name, merged, near)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.dice.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                return self._object(name, schema, near)
            case "array" if "prefixItems" in schema:
                return [self.value(name, one, near) for one in schema["prefixItems"]]
            case "array":
                few = max(int(schema.get("minItems", 0)), 1)
                most = min(int(schema.get("maxItems", few + 1)), few + 1)
                return [
                    self.value(name, schema.get("items", {}), near)
                    for _ in range(self.dice.randint(few, max(few, most)))
                ]
            case "boolean":
                return self.dice.random() < 0.5
            case "integer" | "number" as kind:
                return self._number(name, schema, whole=kind == "integer")
            case "string":
                return self._string(name, schema, near)
            case "null":
                return None
            case None if not {"type", "properties", "items"} & set(schema):
                return self.dice.choice((1, "a", {"a": 1}, [1], True))
            case kind:
                raise CannotFeed(f"{name}: a value of type {kind}: {schema}")

    def _object(self, _name: str, schema: Mapping[str, Any], near: str) -> Any:
        properties: dict[str, Any] = schema.get("properties", {})
        required = set(schema.get("required", ()))
        made = {
            key: self.value(key, told, near)
            for key, told in properties.items()
            if key in required or self.dice.random() > LEFT_OUT
        }
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            key = self._word("property")
            made.setdefault(key, self.value(key, cast("dict[str, Any]", more), near))
        return made

    def _number(self, name: str, schema: Mapping[str, Any], *, whole: bool) -> int | float:
        if name in self.seen and self.dice.random() < 0.5:
            known = self.dice.choice(self.seen[name])
            return int(known) if known.isdecimal() else 1
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        high = schema.get("maximum", schema.get("exclusiveMaximum", low + 5))
        step = 0 if "minimum" in schema or "exclusiveMinimum" not in schema else 1
        value = self.dice.choice((low + step, low + step, min(low + 1, high), high))
        return int(value) if whole else float(value)

    def _string(self, name: str, schema: Mapping[str, Any], near: str) -> str:
        if schema.get("format") == "uuid":
            return self._id(name, near)
        if schema.get("format") == "date-time":
            return self.dice.choice(MOMENTS)
        if schema.get("format") == "date":
            return self.dice.choice(MOMENTS)[:10]
        if "contentMediaType" in schema or schema.get("format") in {"binary", "byte"}:
            return "file"
        if name.endswith("ids"):
            return ",".join(self._id(name, near) for _ in range(self.dice.randint(1, 3)))
        for _ in range(40):
            word = self._word(name)
            word = word[: int(schema.get("maxLength", 10_000))]
            word = word.ljust(int(schema.get("minLength", 0)), "好")
            if "pattern" not in schema or re.search(str(schema["pattern"]), word):
                return word
        fits = [word for word in WORDS if re.search(str(schema["pattern"]), word)]
        if not fits:
            raise CannotFeed(f"{name}: no known word fits {schema['pattern']}")
        return self.dice.choice(fits)

    def _id(self, name: str, near: str) -> str:
        drawn = self.dice.random()
        if drawn < self.odd:
            return str(uuid4() if drawn < self.odd / 2 else UUID(int=0))
        shelf = self.larder.foreign if self.dice.random() < self.foreign else self.larder.own
        table = self.dice.choice(self.larder.tables(name, near))
        ids = shelf.get(table) or self.larder.own.get(table) or [str(UUID(int=0))]
        found = self.dice.choice(ids)
        self.sent.add(found)
        return found

    def _word(self, name: str) -> str:
        known = [*self.larder.words.get(name, ()), *self.seen.get(name, ())]
        return self.dice.choice(known if known and self.dice.random() < 0.7 else WORDS)

    def _in_address(self, name: str, schema: Mapping[str, Any], near: str) -> str:
        """A value for a path or header: those have no room for what is not text."""
        value = _plain(self.value(name, schema, near))
        value = value.encode("ascii", "replace").decode().replace("\x00", "%00")[:200]
        return value.replace("/", "").replace("\r", "").replace("\n", "") or "-"

    def _body(self, operation: Operation) -> tuple[bytes, str | None]:
        if not operation.bodies:
            return b"", None
        kind = self.dice.choice(sorted(operation.bodies))
        schema = operation.bodies[kind]
        if self.dice.random() < self.odd / 2:
            return self.dice.choice((b"{", b"", b"null", b"[]", b'"\xff"', b"[" * 5_000)), kind
        if kind == "application/json":
            return json.dumps(self.value("body", schema)).encode(), kind
        if kind == "multipart/form-data":
            return self._form(schema), f"{kind}; boundary={BOUNDARY}"
        if "contentMediaType" in schema or schema.get("format") == "binary":
            return picture(self.dice), kind
        raise CannotFeed(f"{operation}: a body of {kind}")

    def _form(self, schema: Mapping[str, Any]) -> bytes:
        made: dict[str, Any] = self._object("form", schema, "")
        body = b""
        for name, value in made.items():
            told: Mapping[str, Any] = schema["properties"][name]
            is_file = "contentMediaType" in told or told.get("format") == "binary"
            extra = '; filename="a.jpg"\r\nContent-Type: image/jpeg' if is_file else ""
            content = picture(self.dice) if is_file else _plain(value).encode("utf-8", "replace")
            head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
            body += head.encode() + content + b"\r\n"
        return body + f"--{BOUNDARY}--\r\n".encode()


def picture(dice: random.Random) -> bytes:
    """A small photo, or something that only begins like one."""
    content = BytesIO()
    Image.new("RGB", (16, 12), (dice.randrange(256), 90, 90)).save(content, "JPEG")
    whole = content.getvalue()
    return whole if dice.random() < 0.8 else whole[:40]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value)
    return "" if value is None else str(value)


def _step_before(path: str, name: str) -> str:
    steps = path.strip("/").split("/")
    wanted = f"{{{name}}}"
    place = steps.index(wanted) if wanted in steps else len(steps)
    plain = [step for step in steps[:place] if not step.startswith("{")]
    return plain[-1] if plain else ""
