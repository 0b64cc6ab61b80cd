"""Measure the MQTT codec: microseconds per PUBLISH decoded, per PUBACK written.

Run: python benchmarks/mqtt_codec.py
"""

import json
from collections.abc import Callable
from functools import partial
from time import perf_counter

from linli.sensing.gateway.mqtt.decode import Decoder
from linli.sensing.gateway.mqtt.encode import PUBACK_HEAD, encode, pack_short_ack
from linli.sensing.gateway.mqtt.packets import (
    NO_PROPERTIES,
    V5,
    V311,
    Packet,
    Properties,
    Publish,
)

MESSAGES = 200_000
READ = 65_536
ROUNDS = 5


def stream(version: int, qos: int, properties: Properties | None = None) -> bytes:
    """Build the bytes of many telemetry messages as a device would send them."""
    payload = json.dumps(
        {"ts": 1_763_827_200_123, "values": {"water_total": 12.345, "battery": 88}}
    ).encode()
    packet = Publish(
        "linli/v1/telemetry",
        payload,
        qos,
        packet_id=7 if qos else 0,
        properties=properties or NO_PROPERTIES,
    )
    return encode(packet, version) * MESSAGES


def decode_all(raw: bytes, version: int) -> int:
    """Decode the stream in reads of 64 KiB, as a socket would give them."""
    decoder = Decoder(version)
    count = 0
    for at in range(0, len(raw), READ):
        packets: list[Packet] = []
        decoder.feed(raw[at : at + READ], packets)
        count += len(packets)
    return count


def best(work: Callable[[], int]) -> float:
    """Return the best time of several rounds, in microseconds an item."""
    times: list[float] = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        count = work()
        times.append((perf_counter() - begun) / count * 1e6)
    return min(times)


def acknowledge() -> int:
    """Write as many PUBACKs as there are messages, in batches of a hundred."""
    for _ in range(MESSAGES // 100):
        b"".join([pack_short_ack(PUBACK_HEAD, 2, packet_id) for packet_id in range(1, 101)])
    return MESSAGES


def main() -> None:
    """Print the table."""
    cases = {
        "3.1.1 QoS 0": (V311, 0, None),
        "3.1.1 QoS 1": (V311, 1, None),
        "5     QoS 1": (V5, 1, None),
        "5     QoS 1, two properties": (
            V5,
            1,
            Properties(payload_format=1, content_type="application/json"),
        ),
    }
    for name, (version, qos, properties) in cases.items():
        raw = stream(version, qos, properties)
        cost = best(partial(decode_all, raw, version))
        print(f"{name:30} {cost:6.2f} µs per PUBLISH decoded")
    print(f"{'PUBACK':30} {best(acknowledge):6.2f} µs per acknowledgement written")


if __name__ == "__main__":
    main()
