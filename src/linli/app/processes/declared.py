"""The rules that come with linli: what every scene declares, and the upkeep of devices."""

import importlib
import pkgutil

import linli.scenes
from linli.responding.rules.contracts import RuleDraft
from linli.responding.rules.public import UPKEEP


def declared_rules() -> tuple[RuleDraft, ...]:
    """Every declared rule; scenes are found by their `declared` module."""
    drafts = list(UPKEEP)
    for module in pkgutil.walk_packages(linli.scenes.__path__, "linli.scenes."):
        if module.name.endswith(".declared"):
            drafts.extend(importlib.import_module(module.name).RULES)
    return tuple(drafts)
