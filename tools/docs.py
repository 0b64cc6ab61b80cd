"""The docs site, from what lies in the repository: `python tools/docs.py [folder]` (`make docs`).

The papers link to each other as they lie in the repository, so the site is built from a copy with
the same layout. Fails when a link, an anchor or a picture leads nowhere; without a folder it only
looks, and keeps nothing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAPERS = ("*.md", "docs/**/*", "protocols/**/*", "web/*.md", "simulator/*.md", "benchmarks/**/*.md")
SETTINGS = ROOT / "docs" / "site.yml"


def papers() -> list[Path]:
    """Every paper of the repository and what papers point at."""
    found = {path for pattern in PAPERS for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(path.relative_to(ROOT) for path in found - {SETTINGS})


def build(site: Path) -> int:
    """Build the site into this folder; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="linli-docs-") as name:
        copy = Path(name) / "papers"
        for part in papers():
            (copy / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / part, copy / part)
        settings = Path(name) / "mkdocs.yml"
        shutil.copyfile(SETTINGS, settings)
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean"]
        command += ["--config-file", str(settings), "--site-dir", str(site.absolute())]
        return subprocess.run(  # noqa: S603 (our own arguments)
            command, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
        ).returncode


def main(arguments: list[str]) -> int:
    if arguments:
        return build(Path(arguments[0]))
    with tempfile.TemporaryDirectory(prefix="linli-site-") as nowhere:
        return build(Path(nowhere))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
