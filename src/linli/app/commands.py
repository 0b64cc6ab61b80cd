"""Commands that need the whole of linli: `python -m linli.app.commands …` (called by `linli`)."""

import argparse
import asyncio
import getpass
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version as version_of
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from linli.app import doctor
from linli.app.access import database_access
from linli.app.backup import back_up, restore
from linli.app.command_line import parser, settings_of, told
from linli.app.demo.asking import ask_of_demo, duration_of
from linli.app.demo.county.telling import ask_for_county
from linli.app.demo.moved import refuse_moved_clock
from linli.app.engine.roles import ensure_roles_and_database
from linli.app.exposure import refuse_known_passwords_beyond_loopback
from linli.app.founding import Founder, found
from linli.app.keys import read_keys
from linli.app.listening import is_away
from linli.app.migrate import upgrade_database
from linli.app.packs import verify_pack
from linli.app.problems import Problem
from linli.app.settings import Settings
from linli.app.training_county import set_up_training
from linli.kernel.time import SystemClock

# SQL states: no such user or wrong password, no such database, not enough rights.
NOT_LET_IN = ("28", "3D", "42501")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    asked = parser().parse_args(arguments)
    return told(lambda: _run(asked))


def _run(asked: argparse.Namespace) -> int:
    try:
        return RUN[asked.command](asked, settings_of(asked))
    except (OSError, DBAPIError) as error:
        state = str(getattr(getattr(error, "orig", None), "sqlstate", None))
        if is_away(error) or state.startswith(NOT_LET_IN):
            raise doctor.unreachable(error) from error
        raise


def _migrate(_asked: argparse.Namespace, settings: Settings) -> int:
    async def migrate() -> None:
        keys = read_keys(settings.data)
        async with database_access(settings, keys) as urls:
            await ensure_roles_and_database(urls.admin, keys.passwords, urls.name)
            await upgrade_database(urls.owner)
            await refuse_known_passwords_beyond_loopback(settings, urls.admin)
            await refuse_moved_clock(settings, urls.admin)

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


def _demo(asked: argparse.Namespace, settings: Settings) -> int:
    """Take in the county, play a scene that needs time, or go ahead, in a demo that is running."""
    if asked.county:
        return asyncio.run(ask_for_county(settings, print))
    by = None if asked.forward is None else duration_of(asked.forward)
    return asyncio.run(ask_of_demo(settings, asked.scene, by, print))


def _training(_asked: argparse.Namespace, settings: Settings) -> int:
    accounts = asyncio.run(set_up_training(settings))
    print("练习县已建立，账号和首次密码（只显示这一次，登录后须改）：")
    print("the county to train in is there; accounts and first passwords, shown this once:")
    for title, login, password in accounts:
        print(f"  {login:<12} {password}   {title}")
    print("重新启动 linli up，练习小区的设备就会上线 / restart linli up: its devices come on line")
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


def _verify_pack(asked: argparse.Namespace, settings: Settings) -> int:
    file: Path = asked.file.expanduser().absolute()
    manifest, known = verify_pack(settings, file, asked.key)
    print(f"完整，未被改动 / whole and unchanged: {len(manifest.files)} 个文件 / files")
    print(f"  {manifest.incident}  {manifest.made_at}  {manifest.made_by}")
    print(f"  密钥 / key: {manifest.key_id}")
    if known:
        print("  由可信的密钥签名 / signed by a key that is believed")
        return 0
    print("  这个密钥不在可信之列：请与导出方公布的公钥核对（--key）", file=sys.stderr)
    print("  this key is not known: compare it with the published one (--key)", file=sys.stderr)
    return 3


RUN: Mapping[str, Callable[[argparse.Namespace, Settings], int]] = {
    "init": _init,
    "migrate": _migrate,
    "doctor": _doctor,
    "backup": _backup,
    "restore": _restore,
    "verify-pack": _verify_pack,
    "demo": _demo,
    "training": _training,
}


if __name__ == "__main__":
    sys.exit(main())
