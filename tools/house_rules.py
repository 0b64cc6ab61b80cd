"""House rules that a syntax tree can check: `python tools/house_rules.py` (exit code 1 = broken).

The rules: `__init__.py` holds a docstring and nothing else; a context's door modules (`public`,
`contracts`, `ports`, `http`) carry docstrings; nobody outside the kernel and the assembly commits;
`http.py` decides nothing (no `if` inside an `if`); no maker's or product's name in the core; no
file named after nothing.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ("src", "simulator")
DOORS = {"public", "contracts", "ports", "http"}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "data", "info", "misc"}
VENDORS = re.compile(
    r"zigbee2mqtt|thingsboard|chirpstack|hikvision|dahua|tuya|aqara|emqx|milesight|dragino",
    re.IGNORECASE,
)
MAY_NAME_VENDORS = ("src/linli/sensing/drivers/", "src/linli/app/", "simulator/")
MAY_COMMIT = ("src/linli/kernel/", "src/linli/app/", "src/linli/migrations/")


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file of the product."""

    path: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return Path(self.path).stem


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule broken at a line."""

    path: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}"


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def only_a_docstring(source: Source) -> Iterator[Breach]:
    if source.name != "__init__":
        return
    if ast.get_docstring(source.tree) is None:
        yield Breach(source.path, 1, "__init__ says in one paragraph what the package is")
    if len(source.tree.body) > 1:
        yield Breach(source.path, source.tree.body[1].lineno, "__init__ holds only a docstring")


def doors_are_described(source: Source) -> Iterator[Breach]:
    if source.name not in DOORS or not source.path.startswith("src/linli/"):
        return
    if ast.get_docstring(source.tree) is None:
        yield Breach(source.path, 1, "a door module begins with a docstring")
    for node in source.tree.body:
        if not isinstance(node, Definition) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield Breach(source.path, node.lineno, f"{node.name} is a door and needs a docstring")


def nobody_commits(source: Source) -> Iterator[Breach]:
    if source.path.startswith(MAY_COMMIT) or not source.path.startswith("src/linli/"):
        return
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"commit", "rollback"}
        ):
            yield Breach(source.path, node.lineno, "services run in the caller's transaction")


def routes_decide_nothing(source: Source) -> Iterator[Breach]:
    if source.name != "http":
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.If):
            for inner in ast.walk(node):
                is_elif = inner in node.orelse
                if inner is not node and isinstance(inner, ast.If) and not is_elif:
                    yield Breach(source.path, inner.lineno, "an if inside an if is a decision")


def no_vendor_in_the_core(source: Source) -> Iterator[Breach]:
    if source.path.startswith(MAY_NAME_VENDORS):
        return
    for node in ast.walk(source.tree):
        named = _text_of(node)
        if named is not None and VENDORS.search(named):
            line = getattr(node, "lineno", 1)
            yield Breach(source.path, line, f"a vendor's name outside its driver: {named[:60]!r}")


def no_empty_names(source: Source) -> Iterator[Breach]:
    for part in (*Path(source.path).parent.parts, source.name):
        if part in EMPTY_NAMES:
            yield Breach(source.path, 1, f"{part!r} says nothing; use the word for what is in it")
    for node in ast.walk(source.tree):
        if isinstance(node, Definition) and re.search(r"(Manager|Helper|Utils?)$", node.name):
            yield Breach(source.path, node.lineno, f"{node.name!r} says nothing")


RULES: tuple[Callable[[Source], Iterator[Breach]], ...] = (
    only_a_docstring,
    doors_are_described,
    nobody_commits,
    routes_decide_nothing,
    no_vendor_in_the_core,
    no_empty_names,
)


def breaches_in(path: str, text: str) -> list[Breach]:
    """Check one file's text, as if it lay at `path` (relative to the repository)."""
    source = Source(path, ast.parse(text))
    return [breach for rule in RULES for breach in rule(source)]


def _text_of(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Constant(value=str(text)):
            return text
        case ast.alias(name=name):
            return name
        case ast.ImportFrom(module=str(name)):
            return name
        case _:
            return None


def main() -> int:
    found: list[Breach] = []
    for folder in SOURCES:
        for file in sorted((ROOT / folder).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            found += breaches_in(path, file.read_text(encoding="utf-8"))
    for breach in found:
        print(breach)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
