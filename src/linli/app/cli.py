"""The command `linli`. What runs for long stays light; the rest is done by `commands`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version as version_of
from typing import NoReturn

from linli.app.command_line import parser, settings_of, told
from linli.app.demo.scenes import scene_coded
from linli.app.demo_reset import forget_demo
from linli.app.settings import Settings
from linli.app.up import PROCESSES, up


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 done, 1 a problem, 2 wrong usage)."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    asked = parser().parse_args(given, argparse.Namespace(given=given))
    asked.given = given
    if asked.command is None:
        parser().print_help()
        return 2
    run = RUN.get(asked.command)
    if run is None:
        _become("linli.app.commands", *given)
    return told(lambda: run(asked, settings_of(asked)))


def _up(_asked: argparse.Namespace, settings: Settings) -> int:
    asyncio.run(up(settings))
    return 0


def _process(asked: argparse.Namespace, settings: Settings) -> NoReturn:
    """Become the process, with the settings in its environment."""
    environment = {**os.environ, **settings.as_environment()}
    command = [sys.executable, "-m", f"{PROCESSES}.{asked.command}"]
    sys.stdout.flush()
    os.execve(command[0], command, environment)  # noqa: S606 (our own module, no shell)


def _demo(asked: argparse.Namespace, settings: Settings) -> int:
    """Without flags: the demo. With them: something is asked of a demo that is running."""
    if asked.list:
        _become("linli_simulator", "--list")
    scene = scene_coded(asked.scene) if asked.scene else None
    if asked.county or asked.forward or (scene and scene.forward):
        _become("linli.app.commands", *asked.given)
    if asked.scene:
        _become(*("linli_simulator", "--data", str(settings.data / "demo"), "--scene", asked.scene))
    if asked.reset:
        forget_demo(settings)
    return _up(asked, settings)


def _version(_asked: argparse.Namespace, _settings: Settings) -> int:
    print(f"linli {version_of('linli')}")
    return 0


def _become(module: str, *arguments: str) -> NoReturn:
    command = [sys.executable, "-m", module, *arguments]
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 (our own module, no shell)


RUN: Mapping[str, Callable[[argparse.Namespace, Settings], int]] = {
    "up": _up,
    "demo": _demo,
    "web": _process,
    "gateway": _process,
    "worker": _process,
    "vision": _process,
    "version": _version,
}


if __name__ == "__main__":
    sys.exit(main())
