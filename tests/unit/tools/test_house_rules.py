"""Every rule of the house catches its trespass, and lets the decent neighbour pass."""

import pytest
from tools.house_rules import breaches_in

HTTP = "src/linli/responding/alerts/http.py"
SERVICE = "src/linli/responding/alerts/service.py"
CONTRACTS = "src/linli/responding/alerts/contracts.py"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("src/linli/scenes/__init__.py", "", "in one paragraph"),
        ("src/linli/scenes/__init__.py", '"""Scenes."""\nimport os\n', "only a docstring"),
        (CONTRACTS, '"""Words."""\nclass Alert: ...\n', "Alert is a door"),
        (CONTRACTS, "X = 1\n", "begins with a docstring"),
        (SERVICE, "async def ring(work):\n    await work.connection.commit()\n", "transaction"),
        (HTTP, '"""R."""\nif a:\n    if b:\n        pass\n', "decision"),
        (SERVICE, "from drivers import zigbee2mqtt\n", "vendor"),
        (SERVICE, "KIND = 'ChirpStack uplink'\n", "vendor"),
        ("src/linli/responding/utils.py", "", "says nothing"),
        (SERVICE, "class AlertManager: ...\n", "says nothing"),
    ],
)
def test_a_trespass_is_caught(path: str, text: str, said: str) -> None:
    assert [breach for breach in breaches_in(path, text) if said in breach.rule]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/linli/scenes/__init__.py", '"""What residents and staff come for."""\n'),
        (CONTRACTS, '"""Words."""\nclass Alert:\n    """It rings."""\nclass _Inner: ...\n'),
        ("src/linli/kernel/work.py", "await connection.commit()\n"),
        (HTTP, '"""R."""\nif a:\n    pass\nelif b:\n    pass\nelse:\n    pass\n'),
        ("src/linli/sensing/drivers/zigbee2mqtt/driver.py", "NAME = 'zigbee2mqtt'\n"),
    ],
)
def test_decent_code_passes(path: str, text: str) -> None:
    assert breaches_in(path, text) == []
