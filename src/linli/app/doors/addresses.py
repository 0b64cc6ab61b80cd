"""Where devices reach this installation, as its settings say."""

from urllib.parse import urlsplit

from linli.app.settings import Settings
from linli.sensing.devices.contracts import HOST, Doors
from linli.sensing.drivers.public import all_drivers, setting_fault

ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 (compared)


def device_doors(settings: Settings) -> Doors:
    """The addresses for credentials; where the host is not known, it is that of the page."""
    host = HOST if settings.host in ANY_ADDRESS else settings.host
    if settings.public_url is not None:
        host = urlsplit(settings.public_url).hostname or host
    scheme = "https" if settings.tls_certificate is not None else "http"
    return Doors(
        mqtt_url=_mqtt_url(settings, f"[{host}]" if ":" in host else host),
        http_url=settings.public_url or f"{scheme}://{host}:{settings.port}",
        drivers=frozenset(all_drivers()),
        check=setting_fault,
    )


def _mqtt_url(settings: Settings, host: str) -> str:
    if settings.mqtt_certificate is not None and settings.mqtt_tls_port:
        return f"mqtts://{host}:{settings.mqtt_tls_port}"
    return f"mqtt://{host}:{settings.mqtt_port}"
