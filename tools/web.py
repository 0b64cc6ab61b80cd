"""Run an npm script of the front end with the wheel's Node: `python tools/web.py check`.

`python tools/web.py fetch` only fetches what its checks and tests need.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from hatch_build import fetch_packages, npm_command, npm_environment  # noqa: E402 (after the path)

WEB = ROOT / "web"


def npm(*arguments: str) -> int:
    """Fetch what the front end needs, then run npm in `web/`; returns its exit code."""
    fetch_packages(WEB, tools_too=True)
    return subprocess.run(  # noqa: S603 (a developer's own command line)
        [*npm_command(), *arguments], cwd=WEB, env=npm_environment(), check=False
    ).returncode


def run(program: str, *arguments: str) -> int:
    """Run a program of `web/node_modules`; returns its exit code."""
    return npm("exec", "--offline", "--silent", "--", program, *arguments)


if __name__ == "__main__":
    if sys.argv[1:] == ["fetch"]:
        fetch_packages(WEB, tools_too=True)
    else:
        sys.exit(npm("run", *sys.argv[1:]))
