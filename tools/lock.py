"""The locks: `python tools/lock.py` makes them, `--check` says whether they fit pyproject.toml.

They hold names, versions and hashes, no addresses: docs/decisions/0002-locks-without-hosts.md.
"""

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCKS = {
    "build.txt": ["--only-group", "build"],
    "runtime.txt": ["--no-default-groups", "--group", "build"],
    "dev.txt": ["--all-groups"],
}
STAMP = "# made for requirements "
ADDRESS = re.compile(r"https?://|--(extra-)?index-url|--find-links")


def stamp() -> str:
    """A fingerprint of what the locks are made from: the requirements in pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    asked = {
        "python": project["project"]["requires-python"],
        "runtime": project["project"]["dependencies"],
        "groups": project["dependency-groups"],
        "build": project["build-system"]["requires"],
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def make() -> None:
    """Resolve anew and write every lock."""
    uv = str(Path(sys.executable).parent / "uv")
    subprocess.run([uv, "lock", "--quiet"], cwd=ROOT, check=True)  # noqa: S603 (fixed arguments)
    for name, choice in LOCKS.items():
        exported = subprocess.run(  # noqa: S603 (fixed arguments)
            [
                *(uv, "export", "--quiet", "--frozen", "--no-emit-project", "--no-header"),
                *("--no-annotate", "--format", "requirements-txt", *choice),
            ],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        (ROOT / "locks" / name).write_text(f"{STAMP}{stamp()}\n{exported}", encoding="utf-8")
        print(f"locks/{name}")


def faults() -> list[str]:
    """Say what is wrong with the locks."""
    found: list[str] = []
    for name in LOCKS:
        path = ROOT / "locks" / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if not text.startswith(f"{STAMP}{stamp()}\n"):
            found.append(f"locks/{name} is out of step with pyproject.toml; run: make lock")
        if ADDRESS.search(text):
            found.append(f"locks/{name} names an address")
    return found


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        wrong = faults()
        print("\n".join(wrong) if wrong else "locks fit pyproject.toml")
        sys.exit(1 if wrong else 0)
    make()
