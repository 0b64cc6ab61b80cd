"""What earlier releases left behind is brought to today's, and goes on as if nothing had been.

`tests/releases/` holds a backup of each release (tools/release_sample.py) and what was seen in it.
"""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.system import running_system

RELEASES = sorted((Path(__file__).parents[1] / "releases").iterdir())


@pytest.mark.timeout(300)  # a whole installation is restored, upgraded and run
@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_an_installation_of_an_earlier_release_goes_on(release: Path, data_folder: Path) -> None:
    seen: dict[str, Any] = json.loads((release / "seen.json").read_text(encoding="utf-8"))
    restored = subprocess.run(
        [sys.executable, "-m", "linli.app.cli", "restore", str(release / "backup")],
        env={**os.environ, "LINLI_DATA": str(data_folder / "data"), "LINLI_DEMO": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert restored.returncode == 0, restored.stderr
    with running_system(folder=data_folder) as system:
        desk = system.signed_in("shequ")
        incident = desk.get(f"/api/incidents/{seen['incident']}").json()
        assert (incident["code"], incident["state"]) == (seen["code"], seen["state"])
        assert [[step["seq"], step["kind"]] for step in incident["story"]] == seen["story"]
        [photo] = [one for step in incident["story"] for one in step["evidence"]]
        picture = desk.get(photo["url"])
        assert picture.content.startswith(b"\xff\xd8")
        assert desk.get("/api/people", params={"q": "王"}).json()["total"] == seen["people"]
        # Its devices speak with the credentials they have, and alarms ring.
        device = seen["device"]
        answer = httpx.post(
            f"{system.url}/device/v1/event",
            json={"id": secrets.token_hex(8), "event": "sos_pressed"},
            headers={"Authorization": f"Bearer {device['username']}:{device['token']}"},
        )
        assert answer.is_success, answer.text
        [rings] = desk.get("/api/incidents", params={"category": "rescue"}).json()["items"]
        assert rings["id"] != seen["incident"]
