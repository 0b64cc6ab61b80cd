"""The import contract of the front door, on small pictures of who imports whom."""

import pytest
from grimp import ImportGraph
from tools.front_door import FrontDoor


def trespasses(importer: str, imported: str) -> bool:
    graph = ImportGraph()
    for module in (importer, imported):
        parts = module.split(".")
        for depth in range(1, len(parts) + 1):
            graph.add_module(".".join(parts[:depth]))
    graph.add_import(importer=importer, imported=imported)
    contract = FrontDoor(
        name="doors",
        session_options={},
        contract_options={
            "root": "linli",
            "doors": ["public", "contracts", "events", "ports"],
            "hosts": ["linli.app"],
        },
    )
    return not contract.check(graph, verbose=False).kept


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("linli.sensing.gateway.service", "linli.sensing.devices.store"),
        ("linli.responding.rules.policy", "linli.sensing.devices.models"),
        ("linli.application.x", "linli.sensing.devices.service"),
        ("linli.sensing.devices_of_others.x", "linli.sensing.devices.service"),
    ],
)
def test_entering_past_the_door(importer: str, imported: str) -> None:
    assert trespasses(importer, imported)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("linli.sensing.gateway.service", "linli.sensing.devices.public"),
        ("linli.responding.rules.policy", "linli.sensing.devices.contracts"),
        ("linli.sensing.devices.service", "linli.sensing.devices.store"),
        ("linli.app.assemble", "linli.sensing.devices.models"),
        ("linli.sensing.devices.service", "linli.kernel.time"),
    ],
)
def test_entering_by_the_door(importer: str, imported: str) -> None:
    assert not trespasses(importer, imported)
