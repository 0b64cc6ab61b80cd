"""The command `linli`."""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version as version_of
from pathlib import Path
from typing import NoReturn

from linli.app import doctor
from linli.app.access import database_access
from linli.app.backup import back_up, restore
from linli.app.engine.roles import ensure_roles_and_database
from linli.app.exposure import refuse_known_passwords_beyond_loopback
from linli.app.founding import Founder, found
from linli.app.keys import read_keys
from linli.app.logs import configure_logs
from linli.app.migrate import upgrade_database
from linli.app.problems import Problem
from linli.app.settings import Settings, default_data_folder, load_settings
from linli.app.up import PROCESSES, up
from linli.kernel.time import SystemClock

FLAGS = ("data", "host", "port", "mqtt_port", "log_format", "tls_certificate", "tls_key")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, what it does in both languages, and who does it."""

    name: str
    chinese: str
    english: str
    run: Callable[[argparse.Namespace, Settings], int]

    @property
    def summary(self) -> str:
        return f"{self.chinese} / {self.english}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 done, 1 a problem, 2 wrong usage)."""
    asked = parser().parse_args(arguments)
    if asked.command is None:
        parser().print_help()
        return 2
    try:
        settings = _settings(asked)
        configure_logs(asked.command, settings.log_format, settings.log_level)
        command = next(one for one in COMMANDS if one.name == asked.command)
        return command.run(asked, settings)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """The command line's shape."""
    top = argparse.ArgumentParser(
        prog="linli",
        description="邻里 linli：智慧社区开放平台 / the open platform for smart communities",
    )
    commands = top.add_subparsers(dest="command", metavar="命令 / command")
    for command in COMMANDS:
        one = commands.add_parser(command.name, help=command.summary, description=command.summary)
        _common_flags(one)
        match command.name:
            case "up":
                one.add_argument(
                    "--demo",
                    action="store_true",
                    default=None,
                    help="带演示小区和演示账号 / with a demo estate and demo accounts",
                )
            case "demo":
                one.add_argument("--list", action="store_true", help="列出场景 / list the scenes")
                one.add_argument("--scene", help="触发一个场景 / play a scene")
                one.set_defaults(demo=True)
            case "init":
                one.add_argument("--name", help="管理员姓名 / the first administrator's name")
                one.add_argument("--login", help="管理员登录名 / their login")
                one.add_argument("--organisation", help="最高一级单位的名称 / the top organisation")
                one.add_argument(
                    "--password-file",
                    type=Path,
                    help="从文件读密码（默认询问） / read the password from a file",
                )
            case "backup" | "restore":
                one.add_argument("folder", type=Path, help="备份文件夹 / the backup's folder")
            case _:
                pass
    return top


def _common_flags(one: argparse.ArgumentParser) -> None:
    one.add_argument("--data", type=Path, help="数据文件夹 / the data folder")
    one.add_argument("--host", help="监听地址 / the address to listen on")
    one.add_argument("--port", type=int, help="网页端口 / the port of the pages")
    one.add_argument("--mqtt-port", type=int, help="MQTT 端口 / the port of MQTT")
    one.add_argument("--tls-certificate", type=Path, help="证书（PEM） / certificate (PEM)")
    one.add_argument("--tls-key", type=Path, help="私钥（PEM） / its key (PEM)")
    one.add_argument("--log-format", choices=["console", "json"], help="日志格式 / log format")


def _settings(asked: argparse.Namespace) -> Settings:
    flags: dict[str, object] = {name: getattr(asked, name) for name in FLAGS}
    flags["demo"] = getattr(asked, "demo", None)
    if flags["demo"] and flags["data"] is None and "LINLI_DATA" not in os.environ:
        folder = default_data_folder()
        flags["data"] = folder.with_name(f"{folder.name}-demo")
    return load_settings(flags)


def _up(_asked: argparse.Namespace, settings: Settings) -> int:
    asyncio.run(up(settings))
    return 0


def _process(asked: argparse.Namespace, settings: Settings) -> NoReturn:
    """Become the process, with the settings in its environment."""
    environment = {**os.environ, **settings.as_environment()}
    command = [sys.executable, "-m", f"{PROCESSES}.{asked.command}"]
    sys.stdout.flush()
    os.execve(command[0], command, environment)  # noqa: S606 (our own module, no shell)


def _migrate(_asked: argparse.Namespace, settings: Settings) -> int:
    async def migrate() -> None:
        keys = read_keys(settings.data)
        async with database_access(settings, keys) as urls:
            await ensure_roles_and_database(urls.admin, keys.passwords, urls.name)
            await upgrade_database(urls.owner)
            await refuse_known_passwords_beyond_loopback(settings, urls.admin)

    asyncio.run(migrate())
    return 0


def _init(asked: argparse.Namespace, settings: Settings) -> int:
    founder = Founder(
        organisation=_ask(asked.organisation, "最高一级单位，如 某某区 / the top organisation"),
        name=_ask(asked.name, "管理员姓名 / the administrator's name"),
        login=_ask(asked.login, "管理员登录名 / the administrator's login"),
        password=_password(asked.password_file),
    )
    asyncio.run(found(settings, founder))
    print(f"已安装 / installed: {settings.data}\n启动 / start: linli up --data {settings.data}")
    return 0


def _ask(given: str | None, question: str) -> str:
    answer = given
    while not answer:
        if not sys.stdin.isatty():
            raise _not_asked(question)
        answer = input(f"{question}: ").strip()
    return answer


def _password(file: Path | None) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    if not sys.stdin.isatty():
        raise _not_asked("--password-file")
    while True:
        first = getpass.getpass("密码 / password: ")
        if first == getpass.getpass("再输一次 / once more: "):
            return first
        print("两次不一样 / they differ", file=sys.stderr)


def _not_asked(what: str) -> Problem:
    return Problem(
        f"缺少：{what}",
        f"missing: {what}",
        remedy_chinese="在终端里运行，或用参数给出（见 linli init --help）",
        remedy_english="run it in a terminal, or give it by a flag (see linli init --help)",
    )


def _doctor(_asked: argparse.Namespace, settings: Settings) -> int:
    findings = asyncio.run(doctor.examine(settings, SystemClock().now()))
    for finding in findings:
        print(finding)
    return 1 if any(finding.verdict is doctor.Verdict.BAD for finding in findings) else 0


def _backup(asked: argparse.Namespace, settings: Settings) -> int:
    folder: Path = asked.folder.expanduser().absolute()
    now = SystemClock().now()
    manifest = asyncio.run(back_up(settings, folder, now=now, version=version_of("linli")))
    print(f"已备份 / backed up: {folder}（{len(manifest.entries)} 个文件 / files）")
    return 0


def _restore(asked: argparse.Namespace, settings: Settings) -> int:
    folder: Path = asked.folder.expanduser().absolute()
    manifest = asyncio.run(restore(settings, folder))
    print(f"已恢复 / restored: {settings.data}（备份于 / made at {manifest.made_at.isoformat()}）")
    return 0


def _demo(asked: argparse.Namespace, settings: Settings) -> int:
    """Without flags: the demo. With them: the simulator's own command, beside a running demo."""
    if asked.list:
        _become_simulator("--list")
    if asked.scene:
        _become_simulator("--data", str(settings.data / "demo"), "--scene", asked.scene)
    return _up(asked, settings)


def _become_simulator(*arguments: str) -> NoReturn:
    command = [sys.executable, "-m", "linli_simulator", *arguments]
    os.execv(command[0], command)  # noqa: S606 (our own module, no shell)


def _version(_asked: argparse.Namespace, _settings: Settings) -> int:
    print(f"linli {version_of('linli')}")
    return 0


COMMANDS = (
    Command("init", "正式安装", "make a real installation", _init),
    Command("up", "启动全部", "run everything", _up),
    Command("demo", "演示：启动，或触发一个场景", "the demo: run it, or play a scene", _demo),
    Command("web", "只运行网页和接口", "run pages and API only", _process),
    Command("gateway", "只运行设备网关", "run the device gateway only", _process),
    Command("worker", "只运行后台任务", "run the background worker only", _process),
    Command("migrate", "升级数据库结构", "bring the database to the newest schema", _migrate),
    Command("doctor", "检查安装，说明问题和办法", "say what is wrong and what to do", _doctor),
    Command("backup", "备份到文件夹", "back up into a folder", _backup),
    Command("restore", "从备份恢复", "restore from a backup", _restore),
    Command("version", "版本", "the version", _version),
)


if __name__ == "__main__":
    sys.exit(main())
