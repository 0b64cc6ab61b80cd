"""The ports an installation listens on, and whether they can be had."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from linli.app.problems import Problem
from linli.app.settings import Settings


@dataclass(frozen=True, slots=True)
class Listening:
    """A port, what listens there, and the setting that moves it."""

    what: str
    port: int
    setting: str


def listening(settings: Settings) -> Iterator[Listening]:
    """Every port these settings open."""
    yield Listening("网页 / pages", settings.port, "LINLI_PORT")
    if settings.mqtt_port:
        yield Listening("MQTT", settings.mqtt_port, "LINLI_MQTT_PORT")
    if settings.mqtt_tls_port and settings.mqtt_certificate is not None:
        yield Listening("MQTT TLS", settings.mqtt_tls_port, "LINLI_MQTT_TLS_PORT")
    if settings.mqtt_websocket_port:
        yield Listening("MQTT WebSocket", settings.mqtt_websocket_port, "LINLI_MQTT_WEBSOCKET_PORT")


def refused_port(host: str, one: Listening) -> Problem | None:
    """Say why the port cannot be had now; None when it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, one.port))
        except PermissionError:
            return Problem(
                f"没有权限使用端口 {one.port}（{one.what}）",
                f"not allowed to listen on port {one.port} ({one.what})",
                remedy_chinese=f"换一个大于 1023 的端口（{one.setting}），或用反向代理",
                remedy_english=f"choose a port above 1023 ({one.setting}), or use a reverse proxy",
            )
        except OSError as error:
            return _taken(host, one, error)
    return None


def require_free(settings: Settings) -> None:
    """Check every port before anything starts.

    Raises:
        Problem: the first that cannot be had.
    """
    for one in listening(settings):
        problem = refused_port(settings.host, one)
        if problem is not None:
            raise problem


def answers(host: str, port: int) -> bool:
    """Say whether somebody accepts connections there."""
    reached = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 (compared)
    try:
        with socket.create_connection((reached, port), timeout=1):
            return True
    except OSError:
        return False


def _taken(host: str, one: Listening, error: OSError) -> Problem:
    holder = _holder_of(one.port)
    by_chinese = f"，占用者：{holder}" if holder else ""
    by_english = f", held by {holder}" if holder else ""
    return Problem(
        f"用不了 {host}:{one.port}（{one.what}）：{error.strerror}{by_chinese}",
        f"cannot listen on {host}:{one.port} ({one.what}): {error.strerror}{by_english}",
        remedy_chinese=f"停掉占用它的程序，或换一个端口（{one.setting}）",
        remedy_english=f"stop the program that holds it, or choose another port ({one.setting})",
    )


def _holder_of(port: int) -> str | None:
    try:
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr
                and connection.laddr.port == port
                and connection.pid is not None
            ):
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        return None
    return None
