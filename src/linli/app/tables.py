"""Every table there is, and the SQL that contexts add to theirs."""

import importlib
import pkgutil

import linli
from linli.kernel import deadlines, events, reactions, web  # their tables join the metadata
from linli.kernel.database import metadata
from linli.kernel.row_security import FUNCTIONS, all_statements

# Readiness compares the schema with the release.
READ_VERSION = "GRANT SELECT ON alembic_version TO linli_app, linli_gateway"

KERNEL = (deadlines, events, reactions, web)


def model_modules() -> tuple[str, ...]:
    """The `models` module of every context, in the order of their names."""
    found = [
        module.name
        for module in pkgutil.walk_packages(linli.__path__, "linli.")
        if module.name.endswith(".models")
    ]
    return tuple(sorted(found))


def load() -> tuple[str, ...]:
    """Import every table; returns the extra SQL of all contexts, in a stable order."""
    extra: list[str] = []
    for name in model_modules():
        module = importlib.import_module(name)
        extra.extend(getattr(module, "EXTRA_SQL", ()))
    return tuple(extra)


def ddl_after_tables() -> tuple[str, ...]:
    """What follows the tables: the functions of row security, the policies, the extra SQL."""
    extra = load()
    return (*FUNCTIONS, *all_statements(metadata), *extra, READ_VERSION)


__all__ = ["KERNEL", "ddl_after_tables", "load", "metadata", "model_modules"]
