"""The shape of the command line, and the settings it gives."""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from linli.app.logs import configure_logs
from linli.app.problems import Problem
from linli.app.settings import Settings, default_data_folder, load_settings

FLAGS = ("data", "host", "port", "mqtt_port", "log_format", "tls_certificate", "tls_key")
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, and what it does in both languages."""

    name: str
    chinese: str
    english: str

    @property
    def summary(self) -> str:
        return f"{self.chinese} / {self.english}"


COMMANDS = (
    Command("init", "正式安装", "make a real installation"),
    Command("up", "启动全部", "run everything"),
    Command("demo", "演示：启动、触发场景、快进时间", "the demo: run it, play a scene, go ahead"),
    Command("training", "建立练习县", "set up a county to train in"),
    Command("web", "只运行网页和接口", "run pages and API only"),
    Command("gateway", "只运行设备网关", "run the device gateway only"),
    Command("worker", "只运行后台任务", "run the background worker only"),
    Command("vision", "只运行视觉节点（摄像机）", "run a vision node only (cameras)"),
    Command("migrate", "升级数据库结构", "bring the database to the newest schema"),
    Command("doctor", "检查安装，说明问题和办法", "say what is wrong and what to do"),
    Command("backup", "备份到文件夹", "back up into a folder"),
    Command("restore", "从备份恢复", "restore from a backup"),
    Command("verify-pack", "核对证据包是否被改动", "check that an evidence pack is unchanged"),
    Command("version", "版本", "the version"),
)


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
                one.add_argument(
                    "--forward",
                    metavar="12h",
                    help="让运行中的演示快进：30m、12h、tomorrow（明早 8 点） / go ahead in time",
                )
                one.add_argument(
                    "--reset",
                    action="store_true",
                    help="清空停下的演示，从头开始 / begin a demo that is not running anew",
                )
                one.add_argument(
                    "--county",
                    action="store_true",
                    help="给运行中的演示载入全县 / let the running demo take in the full county",
                )
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
            case "verify-pack":
                one.add_argument("file", type=Path, help="证据包（zip） / the pack (zip)")
                one.add_argument(
                    "--key",
                    help="导出方公布的公钥（base64），可多次写，用逗号隔开 / published public keys",
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


def settings_of(asked: argparse.Namespace) -> Settings:
    """The settings this command line asks for; logging is set up by them.

    Raises:
        Problem: a setting makes no sense.
    """
    flags: dict[str, object] = {name: getattr(asked, name) for name in FLAGS}
    flags["demo"] = getattr(asked, "demo", None)
    if flags["demo"] and flags["data"] is None and "LINLI_DATA" not in os.environ:
        folder = default_data_folder()
        flags["data"] = folder.with_name(f"{folder.name}-demo")
    settings = load_settings(flags)
    configure_logs(asked.command, settings.log_format, settings.log_level)
    return settings


def told(run: Callable[[], int]) -> int:
    """Run; a problem is told in words and ends with 1."""
    try:
        return run()
    except Problem as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
