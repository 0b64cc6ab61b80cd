"""Scope: what a session may reach, resolved from its grants. Deny by default.

The database holds the same line: `settings_of` turns a scope into session settings that the row
policies read (`row_security`), so a query that forgot its filter still returns no foreign row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

Reach = Mapping[str, frozenset[UUID]]

NOWHERE: Reach = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person's account, or linli itself (a rule, the clock, a device).

    `terminal` is what the shared computer is called at which they sit, if they sit at one.
    """

    kind: str
    name: str
    account_id: UUID | None = None
    address: str | None = None
    terminal: str | None = None


MACHINE = Actor(kind="machine", name="系统")


@dataclass(frozen=True, slots=True)
class Scope:
    """A resolved, versioned set of rights.

    `estates`, `organisations` and `incidents` map a permission code to the ids it holds for.
    `covers` are the organisations at and below the grants' targets; `organisations` also names
    those one merely knows of, because they stand above or serve the same estates.
    """

    account_id: UUID | None = None
    version: int = 0
    estates: Reach = field(default_factory=lambda: NOWHERE)
    organisations: Reach = field(default_factory=lambda: NOWHERE)
    incidents: Reach = field(default_factory=lambda: NOWHERE)
    covers: frozenset[UUID] = frozenset()

    def estates_for(self, permission: str) -> frozenset[UUID]:
        return self.estates.get(permission, frozenset())

    def organisations_for(self, permission: str) -> frozenset[UUID]:
        return self.organisations.get(permission, frozenset())

    def may(self, permission: str, estate_id: UUID) -> bool:
        return estate_id in self.estates_for(permission)

    def may_anywhere(self, permission: str) -> bool:
        return any(
            reach.get(permission) for reach in (self.estates, self.organisations, self.incidents)
        )

    def permissions(self) -> frozenset[str]:
        held = [
            name
            for reach in (self.estates, self.organisations)
            for name, ids in reach.items()
            if ids
        ]
        return frozenset(held)


NOBODY = Scope()


def settings_of(scope: Scope) -> dict[str, str]:
    """The session settings that row policies read: `linli.estates.<permission>` and so on."""
    settings = {"linli.account": str(scope.account_id or "")}
    for prefix, reach in (
        ("estates", scope.estates),
        ("organisations", scope.organisations),
        ("incidents", scope.incidents),
    ):
        for permission, ids in reach.items():
            settings[f"linli.{prefix}.{permission}"] = "{" + ",".join(map(str, sorted(ids))) + "}"
    return settings
