"""Start and stop the PostgreSQL that belongs to one data folder.

The server is a direct child, started through `launch.py`, so it ends (cleanly) with the process
that started it. A server left over from a process that was killed is found and stopped first.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from linli.app import launch
from linli.app.engine.account import Account, closed_folder, service_account
from linli.app.engine.binaries import Binaries, find_binaries, within_reach
from linli.app.engine.urls import ADMIN
from linli.app.problems import Problem

LOOPBACK = "127.0.0.1"
LONGEST_SOCKET_FOLDER = 80  # the kernel allows 107 bytes for the whole socket path
FIRST_START_SECONDS = 600.0  # after a crash the log is replayed; nothing answers until then
STOP_SECONDS = 8.0
LOG_KEPT_BYTES = 10_000_000
TAIL_BYTES = 8_000
INSTALLED_BY_BUILTIN_LOCALE = 17
STATUS_LINE = 7

DURABLE = {
    "shared_buffers": "256MB",
    "max_connections": "120",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_min_messages": "warning",
}
THROW_AWAY = {
    "shared_buffers": "128MB",
    "max_connections": "120",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "log_checkpoints": "off",
    "jit": "off",
    "log_min_messages": "warning",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one server's files are and how it shall behave.

    Attributes:
        folder: the data folder; the cluster lies in `postgres/` inside.
        password: of the role `linli_admin`.
        port: the loopback port; None means: a free one, remembered in `postgres.port`.
        durable: False only for tests, whose data may be lost at a power cut.
    """

    folder: Path
    password: str
    port: int | None = None
    durable: bool = True

    @property
    def files(self) -> Path:
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def port_file(self) -> Path:
        return self.folder / "postgres.port"


class Postgres:
    """The server of one cluster, as its only owner sees it."""

    def __init__(self, cluster: Cluster, binaries: Binaries | None = None) -> None:
        """`binaries` chooses another PostgreSQL than the one linli brings."""
        self._cluster = cluster
        self._account: Account | None = None
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._log_begins = 0

    @property
    def port(self) -> int:
        """The loopback port it listens on (known after `prepare`)."""
        return self._port

    @property
    def log(self) -> Path:
        """The file the server's words go to."""
        return self._cluster.log

    @property
    def binaries(self) -> Binaries:
        """The programs in use; `prepare` may have copied them to where they can be run."""
        if self._binaries is None:
            self._binaries = find_binaries()
        return self._binaries

    @property
    def admin_url(self) -> str:
        """Connects as the cluster's superuser to the database `postgres`."""
        return (
            f"postgresql://{ADMIN}:{quote(self._cluster.password)}@{LOOPBACK}:{self._port}/postgres"
        )

    @property
    def socket_folder(self) -> Path:
        """Where the Unix socket lies: in the cluster, or in /tmp when that path is too long."""
        files = self._cluster.files.absolute()
        if len(os.fsencode(files)) <= LONGEST_SOCKET_FOLDER:
            return files
        name = hashlib.sha256(os.fsencode(files)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"linli-{name}"

    def prepare(self) -> None:
        """Make everything ready for `command`: folders, cluster, port; stop a left-over server.

        Raises:
            Problem: the folder is closed, the disk is full, the version does not fit, or the
                fixed port is taken.
        """
        cluster = self._cluster
        cluster.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._account = service_account(cluster.files)
        self._check_reach()
        self._binaries = within_reach(self.binaries, self._account, cluster.folder / "engine")
        if not (cluster.files / "PG_VERSION").exists():
            self._create()
        self._check_version()
        stop_left_over(cluster.files)
        self._make_socket_folder()
        self._port = self._choose_port()

    def command(self) -> list[str]:
        """The command line that runs the prepared server in the foreground."""
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self._port),
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **(DURABLE if self._cluster.durable else THROW_AWAY),
        }
        arguments = ["-D", str(self._cluster.files)]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        return [*self._as_service("postgres"), *arguments]

    def start(self) -> None:
        """Prepare and run the server; returns when it accepts connections.

        Raises:
            Problem: as `prepare`, or the server ended instead of becoming ready.
        """
        self.prepare()
        self._process = self.spawn()
        self._wait_until_ready(self._process)

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Run the prepared server without waiting for it."""
        log = self._cluster.log
        if log.exists() and log.stat().st_size > LOG_KEPT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        self._log_begins = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 (our own command line)
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )

    def ready(self) -> bool:
        """Say whether the server accepts connections now."""
        return _status(self._cluster.files) == "ready"

    def running(self) -> bool:
        """Say whether the server started by `start` is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the server cleanly; by force when it does not follow within eight seconds."""
        process = self._process
        if process is None:
            return
        for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, forced
            if process.poll() is not None:
                break
            process.send_signal(request)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        self._process = None

    def kill(self) -> None:
        """Kill the server as a power cut would. For tests of what survives."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def explain(self) -> Problem:
        """Turn what the server said since its last start into a problem with a remedy."""
        log = self._cluster.log
        return _explain(_tail(log, self._log_begins), log)

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + FIRST_START_SECONDS
        while not (self.ready() and _pid(self._cluster.files) == process.pid):
            if process.poll() is not None:
                raise self.explain()
            if time.monotonic() > deadline:
                self.stop()
                raise self.explain()
            time.sleep(0.02)

    def _check_reach(self) -> None:
        if self._account is None:
            return
        closed = closed_folder(self._account, self._cluster.files)
        if closed is not None:
            raise Problem(
                f"以 root 运行时，数据库用普通系统用户运行，但它进不了文件夹 {closed}",
                f"run by root, the database runs as a system user, who may not enter {closed}",
                remedy_chinese=f"换一个数据文件夹（例如 --data /var/lib/linli），"
                f"或执行 chmod o+x {closed}",
                remedy_english=f"choose another data folder (such as --data /var/lib/linli), "
                f"or run: chmod o+x {closed}",
            )

    def _check_version(self) -> None:
        made_by = (self._cluster.files / "PG_VERSION").read_text().strip()
        if made_by != str(self.binaries.major):
            raise Problem(
                f"数据由 PostgreSQL {made_by} 建立，现有程序是 {self.binaries.version}",
                f"the data were made by PostgreSQL {made_by}; the programs are "
                f"{self.binaries.version}",
                remedy_chinese=f"用装有 PostgreSQL {made_by} 的旧版 linli 做 linli backup，"
                "再用新版在空文件夹里 linli restore",
                remedy_english=f"run linli backup with the old version (PostgreSQL {made_by}), "
                "then linli restore with the new one into an empty folder",
            )

    def _create(self) -> None:
        """Run initdb into a folder beside, so that a cluster is there whole or not at all."""
        cluster = self._cluster
        made = cluster.folder / "postgres.new"
        shutil.rmtree(made, ignore_errors=True)
        try:
            if cluster.files.exists():
                cluster.files.rmdir()  # refuses a folder with somebody's files in it
            made.mkdir(mode=0o700)
            password_file = made.parent / "postgres.password"
            descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(cluster.password)
            if self._account is not None:
                os.chown(made, self._account.uid, self._account.gid)
                os.chown(password_file, self._account.uid, self._account.gid)
            try:
                self._initdb(made, password_file)
            finally:
                password_file.unlink()
            made.rename(cluster.files)
        except OSError as error:
            raise _explain(str(error), cluster.folder) from error

    def _initdb(self, made: Path, password_file: Path) -> None:
        locale = ["--locale=C"]
        if self.binaries.major >= INSTALLED_BY_BUILTIN_LOCALE:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        answer = subprocess.run(  # noqa: S603 (our own command line)
            [
                *self._as_service("initdb"),
                f"--pgdata={made}",
                f"--username={ADMIN}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-instructions",
                *locale,
                *([] if self._cluster.durable else ["--no-sync"]),
            ],
            capture_output=True,
            text=True,
            cwd="/",
            env=_environment(),
            check=False,
        )
        if answer.returncode != 0:
            shutil.rmtree(made, ignore_errors=True)
            raise _explain(answer.stdout + answer.stderr, self._cluster.folder)

    def _as_service(self, program: str) -> list[str]:
        account = self._account
        return [
            *(sys.executable, "-I", "-S", str(Path(launch.__file__))),
            str(os.getpid()),
            str(int(signal.SIGINT)),
            "-" if account is None else f"{account.uid}:{account.gid}",
            self.binaries.program(program),
        ]

    def _make_socket_folder(self) -> None:
        folder = self.socket_folder
        if folder == self._cluster.files.absolute():
            return
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._account is not None:
            os.chown(folder, self._account.uid, self._account.gid)

    def _choose_port(self) -> int:
        # Once chosen it stays: others were told.
        wanted = self._cluster.port or self._port
        if wanted:
            if not _is_free(wanted):
                raise Problem(
                    f"数据库端口 {wanted} 已被别的程序占用",
                    f"another program uses the database's port {wanted}",
                    remedy_chinese="停掉那个程序，或换一个 LINLI_DATABASE_PORT",
                    remedy_english="stop that program, or set another LINLI_DATABASE_PORT",
                )
            return wanted
        remembered = self._cluster.port_file
        with contextlib.suppress(OSError, ValueError):
            port = int(remembered.read_text())
            if _is_free(port):
                return port
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        remembered.write_text(f"{port}\n")
        return port


def stop_left_over(files: Path) -> None:
    """Stop what a killed owner left running on these files, and drop a stale `postmaster.pid`."""
    left = _processes_in(files)
    main = _pid(files)
    for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if not left:
            break
        for process in left:
            # Clients' processes end with the main one; asked alone they would only cancel a query.
            if process.pid == main or request == signal.SIGKILL:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(request)
        _, left = psutil.wait_procs(left, timeout=STOP_SECONDS)
    (files / "postmaster.pid").unlink(missing_ok=True)


def running_port(files: Path) -> int | None:
    """The port of the live server on these files, whoever started it; None when there is none."""
    lines = _pid_file(files)
    if len(lines) <= STATUS_LINE or lines[STATUS_LINE].strip() != "ready":
        return None
    main = _pid(files)
    if any(process.pid == main for process in _processes_in(files)):
        return int(lines[3])
    return None


def _processes_in(files: Path) -> list[psutil.Process]:
    """PostgreSQL's processes make the cluster's folder their working directory."""
    try:
        home = files.resolve(strict=True)
    except OSError:
        return []
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.name().startswith("postgres") and Path(process.cwd()) == home:
                found.append(process)
    return found


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def _pid_file(files: Path) -> list[str]:
    try:
        return (files / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _pid(files: Path) -> int | None:
    lines = _pid_file(files)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _status(files: Path) -> str | None:
    lines = _pid_file(files)
    return lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _tail(log: Path, begins: int) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(begins, log.stat().st_size - TAIL_BYTES))
            return file.read().decode(errors="replace")
    except OSError as error:
        return str(error)


def _explain(said: str, where: Path) -> Problem:
    last = "\n".join(said.strip().splitlines()[-6:])
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return Problem(
            "磁盘已满，数据库无法启动",
            "the disk is full; the database cannot start",
            remedy_chinese=f"在 {where} 所在的磁盘上腾出空间后再启动",
            remedy_english=f"free space on the disk that holds {where}, then start again",
        )
    if "could not bind" in said or "Address already in use" in said:
        return Problem(
            "数据库端口被占用",
            "the database's port is taken",
            remedy_chinese="再启动一次即可自动换端口；固定端口请改 LINLI_DATABASE_PORT",
            remedy_english="start again to take another port; a fixed one is LINLI_DATABASE_PORT",
        )
    if "ermission denied" in said or "Operation not permitted" in said:
        return Problem(
            f"数据库没有权限使用它的文件夹（{last}）",
            f"the database may not use its folder ({last})",
            remedy_chinese=f"检查 {where} 的所有者和权限；数据文件夹应属于运行 linli 的用户",
            remedy_english=f"check owner and permissions of {where}; the data folder belongs to "
            "the user who runs linli",
        )
    if "Directory not empty" in said:
        return Problem(
            f"{where} 里的 postgres 文件夹不是空的，也不是数据库",
            f"the folder postgres in {where} is neither empty nor a database",
            remedy_chinese="移走其中的文件，或换一个数据文件夹",
            remedy_english="move its files away, or choose another data folder",
        )
    return Problem(
        f"数据库没有启动：{last}",
        f"the database did not start: {last}",
        remedy_chinese=f"查看 {where}；再执行 linli doctor",
        remedy_english=f"read {where}; then run linli doctor",
    )
