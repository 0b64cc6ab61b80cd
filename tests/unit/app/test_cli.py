"""The command `linli`, run as a program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from linli.app.command_line import COMMANDS
from linli.app.keys import ensure_keys


def linli(*arguments: str, data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "linli.app.cli", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "LINLI_DATA": str(data),
            "LINLI_DATABASE_DURABLE": "false",
            **environment,
        },
    )


def test_help_speaks_both_languages(tmp_path: Path) -> None:
    said = linli("--help", data=tmp_path)
    assert said.returncode == 0
    for command in COMMANDS:
        assert command.name in said.stdout
    assert "备份到文件夹" in said.stdout
    assert "back up into a folder" in said.stdout
    assert linli(data=tmp_path).returncode == 2
    assert linli("dance", data=tmp_path).returncode == 2


def test_version(tmp_path: Path) -> None:
    assert linli("version", data=tmp_path).stdout.startswith("linli 0.")


@pytest.mark.parametrize("command", ["up", "web", "backup"])
def test_without_an_installation_every_command_says_so(tmp_path: Path, command: str) -> None:
    more = [str(tmp_path / "b")] if command == "backup" else []
    said = linli(command, *more, data=tmp_path / "none")
    assert said.returncode == 1
    assert "linli init" in said.stderr
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "none").exists()


def test_init_asks_for_what_it_was_not_given(tmp_path: Path) -> None:
    said = linli("init", "--organisation", "示范县", "--name", "王", data=tmp_path)
    assert said.returncode == 1
    assert "--login" in said.stderr or "登录名" in said.stderr


@pytest.mark.timeout(300)  # three programs, each with an engine of its own
def test_from_init_to_a_restored_copy(data_folder: Path) -> None:
    password = data_folder / "password"
    password.write_text("山高水长 2026 路远\n")
    first, second = data_folder / "first", data_folder / "second"
    said = linli(
        *("init", "--organisation", "示范县", "--name", "王主任", "--login", "wang"),
        *("--password-file", str(password)),
        data=first,
    )
    assert said.returncode == 0, said.stderr
    assert "linli up" in said.stdout

    assert linli("backup", str(data_folder / "backup"), data=first).returncode == 0
    said = linli("restore", str(data_folder / "backup"), data=second)
    assert said.returncode == 0, said.stderr
    assert "已恢复" in said.stdout
    assert (second / "secrets.json").read_bytes() == (first / "secrets.json").read_bytes()


def test_a_database_that_is_away_is_told_without_a_traceback(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    said = linli("migrate", data=tmp_path, DATABASE_URL="postgresql://a:b@127.0.0.1:1/linli")
    assert said.returncode == 1
    assert "连不上数据库" in said.stderr
    assert "Traceback" not in said.stderr


def test_scenes_are_listed(tmp_path: Path) -> None:
    said = linli("demo", "--list", data=tmp_path)
    assert said.returncode == 0
    assert len(said.stdout.splitlines()) > 5
