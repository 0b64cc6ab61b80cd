"""A vision node: `python -m linli.app.processes.vision`. It may run on a machine of its own.

It needs neither the database nor the installation's keys: towards the platform it is a device.
"""

import asyncio
import signal
import sys

from linli.app.logs import configure_logs
from linli.app.problems import Problem
from linli.app.settings import Settings, load_settings
from linli.app.stopping import stop_on_signals
from linli.sensing.vision.node.node import Node
from linli.sensing.vision.node.settings import GIGABYTE, NodeMisconfigured, NodeSettings


def node_settings(settings: Settings) -> NodeSettings:
    """What the node must know.

    Raises:
        Problem: its connection or token is missing, or the token's file cannot be read.
    """
    token = settings.vision_token.get_secret_value() if settings.vision_token else None
    if token is None and settings.vision_token_file is not None:
        try:
            token = settings.vision_token_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Problem(
                f"读不了令牌文件：{error}",
                f"the token's file cannot be read: {error}",
                remedy_chinese="检查 LINLI_VISION_TOKEN_FILE 的路径和权限",
                remedy_english="check the path and permissions of LINLI_VISION_TOKEN_FILE",
            ) from error
    if not settings.vision_connection or not token:
        raise Problem(
            "视觉节点还没有接入凭证",
            "the vision node has no credentials yet",
            remedy_chinese="在“设备”里添加一个现场网关，把接入编号和令牌填进 "
            "LINLI_VISION_CONNECTION 和 LINLI_VISION_TOKEN_FILE",
            remedy_english="add a site gateway under devices and put its connection code and token "
            "into LINLI_VISION_CONNECTION and LINLI_VISION_TOKEN_FILE",
        )
    host, _, port = settings.vision_listen.rpartition(":")
    most = settings.vision_most_gb
    return NodeSettings(
        platform=settings.vision_platform or settings.address,
        mqtt=settings.vision_mqtt or f"mqtt://{settings.host}:{settings.mqtt_port}",
        connection=settings.vision_connection,
        token=token,
        folder=settings.vision_folder or settings.data / "vision",
        host=host.strip("[]"),
        port=int(port),
        address=settings.vision_address,
        keep_free=int(settings.vision_keep_free_gb * GIGABYTE),
        most_bytes=None if most is None else int(most * GIGABYTE),
    )


async def run(settings: NodeSettings) -> None:
    """Run the node until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    await Node(settings).run(stop)


def main() -> None:
    try:
        settings = load_settings()
        configure_logs("vision", settings.log_format, settings.log_level)
        asyncio.run(run(node_settings(settings)))
    except (Problem, NodeMisconfigured) as problem:
        sys.exit(str(problem))
    except OSError as error:
        sys.exit(f"视觉节点启动不了 / the vision node cannot start: {error}")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    main()
