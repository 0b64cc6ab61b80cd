"""Put sayings into the bytes of each dialect, and understand commands.

linli native: the project's `protocols/`. Zigbee2MQTT: its documentation, "MQTT Topics and
Messages" (state on `zigbee2mqtt/FRIENDLY_NAME`, `/availability`, `/set`; `contact` is true when
closed; a state message always carries everything the bridge knows of the device).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import cast

from linli_simulator.packets import Message, Will
from linli_simulator.registration import Device, Dialect, Kind
from linli_simulator.sayings import (
    Answer,
    Backlog,
    Command,
    Event,
    Saying,
    State,
    Telemetry,
    Value,
    Values,
)

FIRMWARE = "1.2.0"
BRIDGE_STATE = "zigbee2mqtt/bridge/state"
SHANGHAI = timezone(timedelta(hours=8))
TOPIC = "linli/v1"
LOW_BATTERY = 15
LONGEST_ID = 64


def topics(dialect: Dialect, *, is_gateway: bool) -> tuple[str, ...]:
    """What a connection listens to."""
    if dialect is Dialect.ZIGBEE2MQTT:
        return ("zigbee2mqtt/#",)  # it always asks for all of its base topic
    if is_gateway:
        return (f"{TOPIC}/command", f"{TOPIC}/child/+/command")
    return (f"{TOPIC}/command",)


def will(dialect: Dialect) -> Will:
    """What linli shall believe when the connection breaks."""
    if dialect is Dialect.ZIGBEE2MQTT:
        return Will(BRIDGE_STATE, b'{"state":"offline"}')
    return Will(f"{TOPIC}/state", b'{"online":false}')


def encode(saying: Saying, device: Device) -> Iterator[Message]:
    """The messages with which `device` says it; none where its dialect has no words for it."""
    if device.dialect is Dialect.ZIGBEE2MQTT:
        yield from _zigbee(saying, device)
        return
    prefix = f"{TOPIC}/child/{device.external_code}" if device.is_child else TOPIC
    match saying:
        case Telemetry():
            yield _message(f"{prefix}/telemetry", _reading(saying))
        case Backlog(readings):
            yield _message(f"{prefix}/telemetry", [_reading(reading) for reading in readings])
        case Event(at, name, fields, evidence, key):
            stamp = _milliseconds(at)
            body: dict[str, object] = {
                "id": f"{device.code}-{name}-{stamp}{key}"[-LONGEST_ID:],
                "ts": stamp,
                "event": name,
                "data": dict(fields),
            }
            if evidence:
                body["evidence"] = list(evidence)
            yield _message(f"{prefix}/event", body)
        case State(at, online, battery, signal):
            state: dict[str, object] = {"ts": _milliseconds(at), "online": online}
            if online:
                state["firmware"] = FIRMWARE
            if battery is not None:
                state["battery"] = battery
            if signal is not None:
                state["signal"] = signal
            yield _message(f"{prefix}/state", state)
        case Answer(command_id, status, words):
            answer = {"id": command_id, "status": status}
            yield _message(f"{prefix}/command/ack", answer | ({"message": words} if words else {}))


def understand(message: Message) -> Command | None:
    """The command in a message from linli; nothing when it is none that a terminal knows."""
    parts = message.topic.split("/")
    try:
        body: object = json.loads(message.payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    order = cast("Mapping[str, object]", body)
    if parts[0] == "zigbee2mqtt" and parts[-1] == "set":
        return Command(id="", name="set", params=order, expires=None, child="/".join(parts[1:-1]))
    command_id, name, expires = order.get("id"), order.get("command"), order.get("expires")
    if not isinstance(command_id, str) or not isinstance(name, str):
        return None
    params = order.get("params")
    return Command(
        id=command_id,
        name=name,
        params=cast("Mapping[str, object]", params) if isinstance(params, dict) else {},
        expires=expires / 1000 if isinstance(expires, (int, float)) else None,
        child=parts[3] if parts[:3] == ["linli", "v1", "child"] else None,
    )


def _zigbee(saying: Saying, device: Device) -> Iterator[Message]:
    if device.kind is Kind.SITE_GATEWAY:
        # Whatever there is to say of the bridge itself, all it has words for is that it is there.
        yield Message(BRIDGE_STATE, b'{"state":"online"}', qos=1, retain=True)
        return
    topic = f"zigbee2mqtt/{device.external_code}"
    match saying:
        case Telemetry(at, values):
            yield _message(topic, _bridge_state(at, values))
        case Backlog(readings):
            for reading in readings:
                yield _message(topic, _bridge_state(reading.at, reading.values))
        case Event(at, name="tested"):
            yield _message(topic, {"test": True, "last_seen": _local(at)})
        case State(online=online):
            yield Message(
                f"{topic}/availability",
                _json({"state": "online" if online else "offline"}),
                qos=1,
                retain=True,
            )
        case _:
            pass  # Zigbee devices answer by their state


def _bridge_state(at: float, values: Values) -> dict[str, object]:
    state: dict[str, object] = {}
    for name, value in values.items():
        match name:
            case "open":
                state["contact"] = not value
            case "smoke":
                state["smoke"] = bool(value)
            case "tampered":
                state["tamper"] = bool(value)
            case "battery":
                state |= {"battery": value, "battery_low": value < LOW_BATTERY}
            case "temperature":
                state["device_temperature"] = round(value)
            case "signal":
                # zigbee2mqtt gives link quality 0..255 instead of dBm
                state["linkquality"] = max(0, min(255, round(2.5 * (value + 115))))
            case _:
                pass
    return state | {"last_seen": _local(at)}


def _reading(telemetry: Telemetry) -> dict[str, object]:
    return {"ts": _milliseconds(telemetry.at), "values": dict(telemetry.values)}


def _message(topic: str, body: Mapping[str, Value | object] | list[dict[str, object]]) -> Message:
    return Message(topic, _json(body), qos=1)


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _milliseconds(at: float) -> int:
    return round(at * 1000)


def _local(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(SHANGHAI).isoformat(timespec="seconds")
