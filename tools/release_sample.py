"""What a release leaves behind: a backup of an installation in which something has happened.

`python tools/release_sample.py tests/releases/<version>` runs the demo of the linli that is
installed, closes one incident with a photo, and keeps a backup and what was seen at that time
(`seen.json`). `tests/integration/test_upgrade.py` brings each to today's version.
"""

import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

STARTS_WITHIN_S = 240
DEVICE = "yg-1-1-201-sos"
LINLI = (sys.executable, "-m", "linli.app.cli")


def make(folder: Path) -> None:
    """Fill `folder` with the backup and `seen.json`."""
    with tempfile.TemporaryDirectory(prefix="linli-release-") as name:
        Path(name).chmod(0o711)
        data = Path(name) / "data"
        port = _free_port()
        environment = {
            **os.environ,
            "LINLI_DATA": str(data),
            "LINLI_DEMO": "true",
            "LINLI_PORT": str(port),
            "LINLI_MQTT_PORT": str(_free_port()),
            "LINLI_MQTT_TLS_PORT": "0",
            "LINLI_MQTT_WEBSOCKET_PORT": "0",
        }
        running = subprocess.Popen([*LINLI, "up", "--demo"], env=environment)  # noqa: S603 (our own)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url)
            seen = _main_job(url, data)
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(60)
        # Films are made anew wherever a demo runs.
        shutil.rmtree(data / "demo", ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(  # noqa: S603 (our own)
            [*LINLI, "backup", str(folder / "backup")], env=environment, check=True
        )
        (folder / "seen.json").write_text(json.dumps(seen, ensure_ascii=False, indent=1) + "\n")


def _main_job(url: str, data: Path) -> Mapping[str, Any]:
    """A press for help, answered with a photo, confirmed and closed."""
    world = json.loads((data / "demo" / "estate.json").read_text(encoding="utf-8"))
    device = next(one for one in world["estates"][0]["devices"] if one["code"] == DEVICE)
    credential = {"username": device["username"], "token": device["token"]}
    headers = {"Authorization": f"Bearer {device['username']}:{device['token']}"}
    pressed = {"id": secrets.token_hex(8), "event": "sos_pressed"}
    httpx.post(f"{url}/device/v1/event", json=pressed, headers=headers).raise_for_status()
    desk, manager = _signed_in(url, "shequ"), _signed_in(url, "wuye")
    rows = _asked(desk, "GET", "/api/incidents", params={"category": "rescue"})["items"]
    incident = next(one for one in rows if "201" in one["line"])
    path = f"/api/incidents/{incident['id']}"
    _asked(desk, "POST", f"{path}/orders", json={"words": "请马上去看看"})
    order = _asked(desk, "GET", path)["orders"][0]
    photo = io.BytesIO()
    Image.new("RGB", (64, 48), "seagreen").save(photo, "JPEG")
    for move, words in (("accept", ""), ("arrive", ""), ("fix", "老人没事，是误碰")):
        evidence: list[str] = []
        if move == "fix":
            files = {"file": ("a.jpg", photo.getvalue(), "image/jpeg")}
            form = {"purpose": "order_evidence"}
            evidence = [_asked(manager, "POST", "/api/files", files=files, data=form)["id"]]
        order = _moved(manager, order, move, words, evidence)
    _moved(desk, order, "verify", "电话里核实过")
    for move, state in (("confirm", "resolved"), ("close", "confirmed")):
        whole = _once(desk, path, state)
        body = {"move": move, "words": "处置完成", "expected_version": whole["version"]}
        _asked(desk, "POST", f"{path}/moves", json=body)
    whole = _asked(desk, "GET", path)
    return {
        "incident": whole["id"],
        "code": whole["code"],
        "state": whole["state"],
        "story": [[step["seq"], step["kind"]] for step in whole["story"]],
        "people": _asked(desk, "GET", "/api/people", params={"q": "王"})["total"],
        "device": credential,
    }


def _once(client: httpx.Client, path: str, state: str) -> Mapping[str, Any]:
    """The incident as soon as it has come this far: it follows its orders."""
    give_up = time.monotonic() + STARTS_WITHIN_S
    while (whole := _asked(client, "GET", path))["state"] != state:
        if time.monotonic() > give_up:
            sys.exit(f"the incident stays {whole['state']}")
        time.sleep(0.2)
    return whole


def _moved(
    client: httpx.Client,
    order: Mapping[str, Any],
    move: str,
    words: str,
    evidence: Sequence[str] = (),
) -> Mapping[str, Any]:
    fresh = _asked(client, "GET", f"/api/orders/{order['id']}")
    body = {"move": move, "words": words, "evidence": list(evidence)}
    return _asked(
        client,
        "POST",
        f"/api/orders/{order['id']}/moves",
        json={**body, "expected_version": fresh["version"]},
    )


def _asked(client: httpx.Client, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401 (as httpx)
    answer = client.request(
        method, path, headers={"Idempotency-Key": secrets.token_hex(16)}, **more
    )
    if answer.is_error:
        sys.exit(f"{method} {path}: {answer.status_code} {answer.text}")
    return answer.json()


def _signed_in(url: str, login: str) -> httpx.Client:
    client = httpx.Client(base_url=url, timeout=30)
    client.headers["X-CSRF-Token"] = _asked(
        client, "POST", "/api/session", json={"login": login, "password": "linli-demo"}
    )["csrf"]
    return client


def _wait(url: str) -> None:
    give_up = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < give_up:
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    sys.exit("the demo did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    make(Path(sys.argv[1]).absolute())
