"""An import contract: code of another context may import only a context's door modules."""

from typing import ClassVar, cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

CONTEXT_DEPTH = 3  # linli.<room>.<context>


class FrontDoor(Contract):
    """A context is a package two levels below the root; its doors are named modules in it.

    Options:
        root: the root package.
        doors: names of the modules that others may import.
        hosts: packages that may import anything (the assembly).
    """

    type_name: ClassVar[str] = "front_door"

    root = fields.StringField()
    doors = fields.SetField(subfield=fields.StringField())
    hosts = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find every import that enters a context past its doors."""
        del verbose
        trespasses = sorted(
            (importer, imported)
            for imported in graph.modules
            if self._is_inside(imported, graph)
            for importer in graph.find_modules_that_directly_import(imported)
            if not self._may_import(importer, imported)
        )
        return ContractCheck(kept=not trespasses, metadata={"trespasses": trespasses})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line per trespass."""
        for importer, imported in check.metadata["trespasses"]:
            output.print_error(f"{importer} enters {imported} past its doors")

    def _is_inside(self, module: str, graph: ImportGraph) -> bool:
        parts = module.split(".")
        if parts[0] != str(self.root) or len(parts) <= CONTEXT_DEPTH:
            return False
        # A plain module two levels down (kernel.time) is not a context.
        context = ".".join(parts[:CONTEXT_DEPTH])
        return bool(graph.find_children(context)) and parts[CONTEXT_DEPTH] not in _names(self.doors)

    def _may_import(self, importer: str, imported: str) -> bool:
        context = ".".join(imported.split(".")[:CONTEXT_DEPTH])
        hosts = _names(self.hosts)
        return (
            importer == context
            or importer.startswith(f"{context}.")
            or any(importer == host or importer.startswith(f"{host}.") for host in hosts)
        )


def _names(field: object) -> set[str]:
    """An option's value: at run time a set, though its declaration says a field."""
    return set(cast("set[str] | None", field) or ())
