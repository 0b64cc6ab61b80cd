"""Backup and restore: the database, the files and the keys, each with its fingerprint.

A backup is a folder: `database.dump` (pg_dump's custom format, one consistent moment),
`secrets.json`, what there is of `files/`, `linli.toml`, `demo/` and `training/`
(what the simulator plays),
and `manifest.json`, written last.
"""

import asyncio
import hashlib
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec
import structlog
from sqlalchemy import text

from linli.app.access import database_access
from linli.app.engine.binaries import find_binaries
from linli.app.engine.roles import connected, ensure_roles_and_database
from linli.app.engine.urls import plain
from linli.app.keys import FILE as KEYS_FILE
from linli.app.keys import make_data_folder, read_keys
from linli.app.migrate import upgrade_database
from linli.app.problems import Problem
from linli.app.settings import FILE as SETTINGS_FILE
from linli.app.settings import Settings

MANIFEST = "manifest.json"
DUMP = "database.dump"
FILES = "files"
DEMO = "demo"
TRAINING = "training"
FORMAT = 1
READ_BYTES = 1 << 20
KNOWS_TRANSACTION_TIMEOUT = 17
SAID_LINES = 4

log = structlog.get_logger()


class Entry(msgspec.Struct, frozen=True):
    """One file of a backup: its path inside, its bytes, its SHA-256."""

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds, and of what."""

    format: int
    made_at: datetime
    version: str
    postgresql: str
    entries: tuple[Entry, ...]


async def back_up(settings: Settings, folder: Path, *, now: datetime, version: str) -> Manifest:
    """Back up the installation into `folder`, which must be new or empty. It may go on running.

    Raises:
        Problem: the folder holds something, the database does not answer, the disk is full.
    """
    keys = read_keys(settings.data)
    try:
        _make_empty(folder)
        async with database_access(settings, keys) as urls:
            # Files are added before the rows that name them, so the rows are taken first.
            await asyncio.to_thread(_dump, urls.admin, folder / DUMP)
            async with connected(urls.admin) as connection:
                postgresql = str((await connection.execute(text("SHOW server_version"))).scalar())
        await asyncio.to_thread(_copy_installation, settings, folder)
        entries = await asyncio.to_thread(_entries, folder)
        manifest = Manifest(FORMAT, now, version, postgresql, entries)
        _write_durably(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    except OSError as error:
        raise _not_written(folder, error) from error
    log.info("backed_up", folder=str(folder), files=len(entries))
    return manifest


async def restore(settings: Settings, folder: Path) -> Manifest:
    """Make an installation in the (new) data folder from a backup, and bring it up to date.

    Every fingerprint is compared before anything is written.

    Raises:
        Problem: the backup is incomplete or changed, the data folder or database already holds
            an installation, or the database does not take it.
    """
    manifest = await asyncio.to_thread(verify, folder)
    if (settings.data / KEYS_FILE).exists():
        raise Problem(
            f"{settings.data} 里已有安装，不会覆盖",
            f"{settings.data} already holds an installation; it is not overwritten",
            remedy_chinese="用 --data 指定一个空文件夹",
            remedy_english="name an empty folder with --data",
        )
    make_data_folder(settings.data)
    try:
        await asyncio.to_thread(_copy_back, folder, settings)
        keys = read_keys(folder)
        async with database_access(settings, keys) as urls:
            await ensure_roles_and_database(urls.admin, keys.passwords, urls.name)
            await _require_empty_database(urls.admin)
            await _load(urls.admin, folder / DUMP, settings.data)
            await upgrade_database(urls.owner)
        # The keys come last: with them the folder is an installation.
        shutil.copy2(folder / KEYS_FILE, settings.data / KEYS_FILE)
    except OSError as error:
        raise _not_written(settings.data, error) from error
    log.info("restored", folder=str(folder), data=str(settings.data))
    return manifest


def verify(folder: Path) -> Manifest:
    """Compare every file of a backup with its fingerprint.

    Raises:
        Problem: there is no backup, or a file is missing or changed.
    """
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise Problem(
            f"{folder} 不是一个完整的备份",
            f"{folder} is not a complete backup",
            remedy_chinese=f"选择含有 {MANIFEST} 的备份文件夹",
            remedy_english=f"choose the folder of a backup, with {MANIFEST} in it",
        ) from error
    for entry in manifest.entries:
        path = folder / _inside(entry.path)
        try:
            same = path.stat().st_size == entry.size and _fingerprint(path) == entry.sha256
        except OSError:
            same = False
        if not same:
            raise Problem(
                f"备份里的 {entry.path} 缺失或被改动，没有恢复任何内容",
                f"{entry.path} in the backup is missing or was changed; nothing was restored",
                remedy_chinese="用另一份备份；检查存放备份的磁盘",
                remedy_english="use another backup; check the disk it lies on",
            )
    if {DUMP, KEYS_FILE} - {entry.path for entry in manifest.entries}:
        raise Problem(
            f"{folder} 里的备份没有数据库或密钥",
            f"the backup in {folder} lacks the database or the keys",
            remedy_chinese="用另一份备份",
            remedy_english="use another backup",
        )
    return manifest


def _dump(url: str, target: Path) -> None:
    binaries = find_binaries()
    _run_program(
        [
            binaries.program("pg_dump"),
            *("--format=custom", "--compress=1", f"--file={target}"),
            f"--dbname={_without_password(url)}",
        ],
        url,
    )
    target.chmod(0o600)


async def _load(url: str, dump: Path, workspace: Path) -> None:
    async with connected(url) as connection:
        major = int(str((await connection.execute(text("SHOW server_version_num"))).scalar()))
    newer = major // 10_000 >= KNOWS_TRANSACTION_TIMEOUT
    if newer:
        await asyncio.to_thread(_load_whole, url, dump)
    else:
        await asyncio.to_thread(_load_older, url, dump, workspace)


def _load_whole(url: str, dump: Path) -> None:
    _run_program(
        [
            find_binaries().program("pg_restore"),
            *("--exit-on-error", "--single-transaction"),
            f"--dbname={_without_password(url)}",
            str(dump),
        ],
        url,
    )


def _load_older(url: str, dump: Path, workspace: Path) -> None:
    """pg_restore of version 17 and newer says a setting that an older server does not know."""
    binaries = find_binaries()
    script = workspace / "restore.sql"
    said = workspace / "restore.all.sql"
    try:
        _run_program([binaries.program("pg_restore"), f"--file={said}", str(dump)], url)
        with said.open("rb") as every, script.open("wb") as kept:
            for line in every:
                if not line.startswith(b"SET transaction_timeout"):
                    kept.write(line)
        said.unlink()
        _run_program(
            [
                binaries.program("psql"),
                *("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"),
                *(f"--file={script}", f"--dbname={_without_password(url)}"),
            ],
            url,
        )
    finally:
        said.unlink(missing_ok=True)
        script.unlink(missing_ok=True)


def _run_program(command: list[str], url: str) -> None:
    password = unquote(urlsplit(url).password or "")
    answer = subprocess.run(  # noqa: S603 (PostgreSQL's own programs)
        command,
        env={**os.environ, "PGPASSWORD": password},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if answer.returncode != 0:
        said = "\n".join(answer.stderr.strip().splitlines()[-SAID_LINES:])
        program = Path(command[0]).name
        raise Problem(
            f"{program} 失败：{said}",
            f"{program} failed: {said}",
            remedy_chinese="检查磁盘空间和数据库权限，再执行 linli doctor",
            remedy_english="check the disk and the rights on the database; run linli doctor",
        )


def _without_password(url: str) -> str:
    """Command lines can be read by everybody on the machine."""
    parts = urlsplit(plain(url))
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}@{address}"))


def _copy_installation(settings: Settings, folder: Path) -> None:
    for name in (KEYS_FILE, SETTINGS_FILE):
        if (settings.data / name).exists():
            shutil.copy2(settings.data / name, folder / name)
    for name in (FILES, DEMO, TRAINING):
        if (settings.data / name).is_dir():
            shutil.copytree(settings.data / name, folder / name)


def _copy_back(folder: Path, settings: Settings) -> None:
    if (folder / SETTINGS_FILE).exists():
        shutil.copy2(folder / SETTINGS_FILE, settings.data / SETTINGS_FILE)
    for name in (FILES, DEMO, TRAINING):
        if (folder / name).is_dir():
            shutil.copytree(folder / name, settings.data / name, dirs_exist_ok=True)


def _entries(folder: Path) -> tuple[Entry, ...]:
    return tuple(
        Entry(path.relative_to(folder).as_posix(), path.stat().st_size, _fingerprint(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )


def _fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _inside(path: str) -> PurePosixPath:
    """A manifest names files of its own folder only."""
    named = PurePosixPath(path)
    if named.is_absolute() or ".." in named.parts:
        raise Problem(
            f"备份清单里有不该有的路径 {path}",
            f"the manifest names a path it must not: {path}",
            remedy_chinese="这份备份不可信，用另一份",
            remedy_english="this backup is not to be trusted; use another",
        )
    return named


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _make_empty(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Problem(
            f"{folder} 不是空文件夹",
            f"{folder} is not empty",
            remedy_chinese="每次备份用一个新文件夹",
            remedy_english="use a new folder for every backup",
        )


async def _require_empty_database(url: str) -> None:
    async with connected(url) as connection:
        tables = await connection.execute(
            text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        )
    if tables.scalar():
        raise Problem(
            "目标数据库里已有数据，不会覆盖",
            "the database already holds tables; they are not overwritten",
            remedy_chinese="恢复到一个新建的空数据库",
            remedy_english="restore into a new, empty database",
        )


def _not_written(folder: Path, error: OSError) -> Problem:
    return Problem(
        f"写不进 {folder}：{error.strerror or error}",
        f"cannot write into {folder}: {error.strerror or error}",
        remedy_chinese="检查磁盘空间和文件夹权限",
        remedy_english="check the disk's space and the folder's permissions",
    )
