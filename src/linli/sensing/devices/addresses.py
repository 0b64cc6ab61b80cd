"""Where devices reach this installation."""

from dataclasses import replace

from linli.sensing.devices.contracts import HOST, Doors

USUAL_HOST = "localhost"


def doors_at(state: object, host: str | None) -> Doors:
    """The addresses that `state.doors` tells, `state` being the web application's.

    Without them, the usual ports of the host by which the page was reached; then any driver may
    be named.
    """
    doors: object = getattr(state, "doors", None)
    name = host or USUAL_HOST
    if isinstance(doors, Doors):
        return replace(
            doors,
            mqtt_url=doors.mqtt_url.replace(HOST, name),
            http_url=doors.http_url.replace(HOST, name),
        )
    return Doors(mqtt_url=f"mqtt://{name}:1883", http_url=f"http://{name}", drivers=frozenset())
