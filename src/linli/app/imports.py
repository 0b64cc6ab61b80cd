"""What imports ask of the contexts above them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter

from linli.app.assemble import sheets
from linli.app.listening import is_away
from linli.app.worker.supervised import Step
from linli.directory.identity.public import resolve_scope
from linli.directory.places.public import all_estates
from linli.kernel.scope import Scope
from linli.kernel.work import Work, Workshop
from linli.support.sealing.ports import Cipher
from linli.support.sheets.public import Imports, folded


@dataclass(frozen=True, slots=True)
class NamedEstates:
    """Estates by title and code."""

    async def named(self, work: Work) -> Mapping[str, UUID]:
        estates = await all_estates(work)
        return {
            folded(name): estate.id for estate in estates for name in (estate.title, estate.code)
        }


@dataclass(frozen=True, slots=True)
class GrantedScopes:
    """An account's scope by its grants at this moment."""

    async def scope_of(self, work: Work, account_id: UUID) -> Scope:
        return await resolve_scope(work, account_id)


def imports_of(
    people: Workshop, machine: Workshop, cipher: Cipher, registry: CollectorRegistry
) -> Imports:
    """What does the work of imports in this installation."""
    return Imports(
        people=people,
        machine=machine,
        cipher=cipher,
        sheets=sheets(),
        estates=NamedEstates(),
        scopes=GrantedScopes(),
        failed=Counter(
            "linli_imports_failed", "Imports that broke unexpectedly", registry=registry
        ),
        away=is_away,
    )


def loop_of(imports: Imports) -> Mapping[str, Callable[[object], Step]]:
    """One more loop of the worker."""
    return {"imports": lambda _look: imports.step}
