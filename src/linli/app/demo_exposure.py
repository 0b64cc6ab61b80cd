"""A demo's passwords are in the README: such an installation never listens beyond loopback."""

from linli.app.problems import Problem
from linli.app.settings import Settings, is_loopback


def refuse_demo_beyond_loopback(settings: Settings) -> None:
    """Refuse a demo installation whose address others can reach.

    Raises:
        Problem: it would be reachable.
    """
    if settings.demo and not is_loopback(settings.host):
        raise exposed(settings.host)


def exposed(host: str) -> Problem:
    """The problem of a demo that others can reach on `host`."""
    return Problem(
        f"演示用的密码人人知道，不能在 {host} 上对外开放",
        f"everybody knows the demo's passwords; it does not open to others on {host}",
        remedy_chinese="演示只用 127.0.0.1；要对外服务，请用 linli init 在新文件夹里正式安装",
        remedy_english="keep the demo on 127.0.0.1; to serve others, make a real installation "
        "with linli init in a new folder",
    )
