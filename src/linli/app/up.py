"""`linli up`: everything of one installation on this machine, supervised."""

import asyncio
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import structlog

from linli.app.addresses import answers, require_free
from linli.app.demo_exposure import refuse_demo_beyond_loopback
from linli.app.engine.postgres import Postgres
from linli.app.health import METRICS_FOLDER as METRICS
from linli.app.keys import FILE as KEYS_FILE
from linli.app.keys import Keys, ensure_keys, make_data_folder, read_keys
from linli.app.local_node import local_node
from linli.app.problems import Problem
from linli.app.settings import FILE as SETTINGS_FILE
from linli.app.settings import Settings
from linli.app.supervisor import Child, Supervisor, bound_to_parent

DATABASE = "database"
SERVING = ("web", "gateway", "worker")
SIMULATOR = "simulator"
TRAINING = "training"
WORLD = "estate.json"
VISION = "vision"
PROCESSES = "linli.app.processes"
# Together with the three serving processes' five seconds this stays below ten.
DATABASE_STOPS = ((signal.SIGINT, 3.5), (signal.SIGQUIT, 0.7))

NOTHING_MORE: Mapping[str, str] = MappingProxyType({})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """Which programs make up the installation; tests put small ones in their place."""

    migrate: tuple[str, ...] = ("-m", "linli.app.commands", "migrate")
    seed: tuple[str, ...] = ("-m", f"{PROCESSES}.seed")
    serving: tuple[tuple[str, tuple[str, ...]], ...] = tuple(
        (name, ("-m", f"{PROCESSES}.{name}")) for name in SERVING
    )
    provide: tuple[str, ...] = ("-m", f"{PROCESSES}.provide")
    vision: tuple[str, ...] = ("-m", f"{PROCESSES}.vision")
    simulator: tuple[str, ...] = ("-m", "linli_simulator")


async def up(
    settings: Settings, *, parts: Parts | None = None, announce: Callable[[str], None] = print
) -> None:
    """Run everything until SIGTERM or SIGINT; at the return nothing is left running.

    Raises:
        Problem: it cannot start: a port or the data folder is taken, the database does not start,
            the migration failed, or a demo would be open to others.
    """
    refuse_demo_beyond_loopback(settings)
    keys = prepare_installation(settings)
    with only_one(settings):
        require_free(settings)
        shutil.rmtree(settings.run_folder / METRICS, ignore_errors=True)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        try:
            await _run(_Installation(settings, keys, parts or Parts(), announce), stop)
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


def prepare_installation(settings: Settings) -> Keys:
    """Find the installation's keys; a demo makes its folder itself.

    Raises:
        Problem: nothing is installed here, or a demo was asked for in a real installation.
    """
    if not settings.demo:
        return read_keys(settings.data)
    make_data_folder(settings.data)
    mark = settings.data / SETTINGS_FILE
    if not (settings.data / KEYS_FILE).exists():
        if not mark.exists():
            mark.write_text("# 演示数据 / demo data\ndemo = true\n", encoding="utf-8")
    elif "demo = true" not in (mark.read_text(encoding="utf-8") if mark.exists() else ""):
        raise Problem(
            f"{settings.data} 是正式安装，不能放演示数据",
            f"{settings.data} is a real installation; demo data do not belong there",
            remedy_chinese="演示请换一个文件夹：linli up --demo --data 另一个文件夹",
            remedy_english="use another folder for the demo: linli up --demo --data FOLDER",
        )
    return ensure_keys(settings.data)


@contextmanager
def only_one(settings: Settings) -> Generator[None]:
    """Hold the data folder for this supervisor alone.

    Raises:
        Problem: another one runs here.
    """
    settings.run_folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(settings.run_folder / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise Problem(
            f"{settings.data} 里的 linli 已经在运行",
            f"linli already runs in {settings.data}",
            remedy_chinese="直接打开它的网址；要重启，先停掉正在运行的那个",
            remedy_english="open its address; to start anew, stop the running one first",
        ) from error
    try:
        yield
    finally:
        os.close(descriptor)


def database_child(settings: Settings, keys: Keys) -> tuple[Postgres, Child]:
    """Linli's own PostgreSQL as a child of the supervisor."""
    server = Postgres(settings.cluster(keys))
    return server, Child(
        DATABASE,
        server.command,
        prepare=server.prepare,
        ready=server.ready,
        stop_requests=DATABASE_STOPS,
        output=server.log,
        explain=lambda: server.explain().english,
    )


@dataclass(frozen=True, slots=True)
class _Installation:
    settings: Settings
    keys: Keys
    parts: Parts
    announce: Callable[[str], None]

    def child(
        self, name: str, arguments: tuple[str, ...], more: Mapping[str, str] = NOTHING_MORE
    ) -> Child:
        """A Python process of linli, with `more` in its environment."""
        settings = self.settings
        ready: dict[str, Callable[[], bool]] = {
            "web": lambda: answers(settings.host, settings.port),
            "gateway": lambda: not settings.mqtt_port or answers(settings.host, settings.mqtt_port),
        }
        return Child(
            name,
            lambda: bound_to_parent(sys.executable, *arguments),
            ready=ready.get(name),
            environment={**settings.as_environment(), **more},
        )


async def _run(installation: _Installation, stop: asyncio.Event) -> None:
    async with Supervisor(installation.settings.run_folder) as supervisor:
        starting = asyncio.ensure_future(_start(installation, supervisor))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await stopping
        finally:
            for task in (starting, stopping):
                task.cancel()
            await asyncio.wait((starting, stopping))
            began = time.monotonic()
            log.info("stopping")
            await supervisor.end(*(name for name in supervisor.names if name != DATABASE))
    log.info("stopped", took_s=round(time.monotonic() - began, 2))


async def _start(installation: _Installation, supervisor: Supervisor) -> None:
    settings, parts = installation.settings, installation.parts
    if settings.embedded:
        server, child = database_child(settings, installation.keys)
        # Before it is supervised: what hinders the first start is for the operator to know now.
        await asyncio.to_thread(server.prepare)
        supervisor.keep(child)
        if not await supervisor.ready_at_once(DATABASE):
            raise await asyncio.to_thread(server.explain)
    await _run_to_end(installation, "migrate", parts.migrate)
    if settings.demo:
        await _run_to_end(installation, "seed", parts.seed)
    await _run_to_end(installation, "provide", parts.provide)
    for name, arguments in parts.serving:
        supervisor.keep(installation.child(name, arguments))
    for name, _ in parts.serving:
        await supervisor.until_ready(name)
    if settings.demo:
        demo = ("--data", str(settings.data / "demo"))
        supervisor.keep(installation.child(SIMULATOR, (*parts.simulator, *demo)))
    elif (settings.data / TRAINING / WORLD).exists():
        training = ("--data", str(settings.data / TRAINING), "--no-faults")
        supervisor.keep(installation.child(SIMULATOR, (*parts.simulator, *training)))
    node = local_node(settings)
    if node is not None:
        supervisor.keep(installation.child(VISION, parts.vision, node))
    installation.announce(greeting(settings))


async def _run_to_end(installation: _Installation, step: str, arguments: tuple[str, ...]) -> None:
    """Run a step of the start in a process of its own, so that this one stays small."""
    process = await asyncio.create_subprocess_exec(
        *bound_to_parent(sys.executable, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        env={**os.environ, **installation.settings.as_environment()},
        start_new_session=True,
    )
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if code != 0:
        raise Problem(
            f"启动步骤 {step} 失败（退出码 {code}），原因见上",
            f"the step {step} of the start failed (exit code {code}); see above why",
            remedy_chinese="执行 linli doctor 查看问题",
            remedy_english="run linli doctor",
        )


def greeting(settings: Settings) -> str:
    """What the operator reads when everything runs."""
    lines = [
        "",
        f"  邻里 linli 已就绪 / is ready:  {settings.address}",
        f"  数据文件夹 / data folder:     {settings.data}",
    ]
    if settings.mqtt_port:
        lines.append(f"  设备 MQTT / devices:          {settings.host}:{settings.mqtt_port}")
    if settings.demo:
        lines += [
            "  演示账号（密码都是 linli-demo）/ demo accounts (password linli-demo):",
            "    xian 县级 · jiedao 街道 · shequ 社区值班 · wangge 网格员",
            "    wuye 物业经理 · weixiu 物业维修 · anbao 秩序员 · admin 管理员",
            "    lx-jiedao 主持演练 · lx-shequ · lx-wuye · lx-weixiu 练习县 / to train",
        ]
    return "\n".join([*lines, "  停止 / stop: Ctrl-C", ""])
