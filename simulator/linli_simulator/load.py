"""Send QoS 1 telemetry as fast as asked and time every acknowledgement: `python -m ….load`.

One thread, plain sockets and packets of fixed shape, so that little of the machine that is being
measured goes into measuring it. Only to this machine itself.
"""

import argparse
import ipaddress
import json
import resource
import selectors
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from linli_simulator import packets, registration
from linli_simulator.packets import Accepted, Greeting, Message, Welcome
from linli_simulator.registration import Account, Dialect, Kind, Register, UnreadableEstate

MOST_CONNECTIONS = 20_000
MOST_SECONDS = 600
MOST_MESSAGES = 50_000_000
MOST_CLIENTS = 8
TICK = 0.002
LINGER = 10.0
PATIENCE = 10.0
PIECE = 262_144
TELEMETRY = "linli/v1/telemetry"
PUBACK_LENGTH = 4
PUBACK_WORD = 0x4002
SLOTS = 200_000
SLOTS_A_SECOND = 20_000

# A reading of this kind that no rule minds, whatever it is between 20.0 and 29.9.
HARMLESS = {
    Kind.SMOKE_ALARM: "temperature",
    Kind.WATER_METER: "temperature",
    Kind.SOS_BUTTON: "voltage",
    Kind.LIFT_CAMERA: "temperature",
    Kind.LIFT_CONTROLLER: "load",
    Kind.FALLING_OBJECT_CAMERA: "temperature",
    Kind.DOOR_CONTACT: "temperature",
    Kind.MANHOLE_COVER: "temperature",
    Kind.CHARGING_PILE: "temperature",
    Kind.PUBLIC_SPEAKER: "temperature",
}
READINGS = tuple(f"{20 + tenth / 10:.1f}".encode() for tenth in range(100))


class CannotLoad(Exception):
    """The load cannot be made as asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send; a `rate` of 0 is as fast as acknowledgements come.

    `rate` counts messages a second over all connections, `window` is what one connection may
    have unacknowledged, `burst` how many it writes at once.
    """

    connections: int
    rate: float
    seconds: float
    window: int = 100
    burst: int = 8
    clients: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.connections <= MOST_CONNECTIONS:
            raise CannotLoad(f"connections: 1 to {MOST_CONNECTIONS}")
        if not 0 < self.seconds <= MOST_SECONDS:
            raise CannotLoad(f"seconds: up to {MOST_SECONDS}")
        if self.rate < 0 or self.rate * self.seconds > MOST_MESSAGES:
            raise CannotLoad(f"at most {MOST_MESSAGES} messages")
        if not (1 <= self.burst <= self.window <= packets.LONGEST):
            raise CannotLoad("window must be at least burst, burst at least 1")
        if not 1 <= self.clients <= MOST_CLIENTS:
            raise CannotLoad(f"clients for one account: 1 to {MOST_CLIENTS}")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it; latencies run from writing a message to reading its PUBACK."""

    connections: int
    lost_connections: int
    sent: int
    acked: int
    seconds: float
    acked_per_second: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    cpu_seconds: float


@dataclass(slots=True)
class Latencies:
    """A histogram with slots of 50 µs, so that millions of measurements cost nothing."""

    counts: list[int] = field(default_factory=lambda: [0] * (SLOTS + 1))
    total: int = 0
    longest: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[min(int(seconds * SLOTS_A_SECOND), SLOTS)] += 1
        self.total += 1
        self.longest = max(self.longest, seconds)

    def quantile_ms(self, share: float) -> float:
        """The latency below which this share of the messages stayed (upper edge of its slot)."""
        wanted, seen = share * self.total, 0
        for slot, count in enumerate(self.counts):
            seen += count
            if count and seen >= wanted:
                return round((slot + 1) * 1000 / SLOTS_A_SECOND, 2)
        return 0.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a caller plays, and as which of `clients` at the same account."""

    account: Account
    reading: str
    number: int = 0
    clients: int = 1


class Caller:
    """One connection: writes packets of one fixed shape and remembers when each left."""

    def __init__(self, identity: Identity, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.left_at: dict[int, float] = {}
        self.unwritten = b""
        self._unpacker = packets.Unpacker()
        self._identity = identity
        self._packet_id = 0
        self._stamp = 0
        self._cut = False
        body = f'{{"ts":1700000000000,"values":{{"{identity.reading}":20.0}}}}'.encode()
        whole = packets.publish(Message(TELEMETRY, body, qos=1, packet_id=1))
        id_at = len(whole) - len(body) - 2
        stamp_at = whole.index(b"1700000000000")
        value_at = whole.rindex(b"20.0")
        self._shape = b"".join(
            (
                _literal(whole[:id_at]) + b"%c%c",
                _literal(whole[id_at + 2 : stamp_at]) + b"%d",
                _literal(whole[stamp_at + 13 : value_at]) + b"%b",
                _literal(whole[value_at + 4 :]),
            )
        )

    def greet(self) -> None:
        account = self._identity.account
        client_id = f"{account.username}-load-{self._identity.number}"
        greeting = Greeting(client_id, account.username, account.token, keep_alive=0)
        self.socket.sendall(packets.connect(greeting))

    def welcomed(self) -> None:
        """Wait for CONNACK.

        Raises:
            CannotLoad: it was refused, or nothing came.
        """
        name = self._identity.account.username
        try:
            answers = self._unpacker.feed(self.socket.recv(PIECE))
        except (OSError, packets.BrokenWire) as broken:
            raise CannotLoad(f"{name}: no CONNACK ({broken})") from broken
        match answers:
            case [Welcome(code=0)]:
                self.socket.setblocking(False)
            case [Welcome(code=code)]:
                raise CannotLoad(f"{name}: refused with code {code}")
            case _:
                raise CannotLoad(f"{name}: the connection was closed")

    def packets(self, count: int, now: float) -> Iterator[bytes]:
        """The next packets, each with a time stamp that this device has never used."""
        step = self._identity.clients
        present = int(time.time() * 1000)
        present += self._identity.number - present % step
        for _ in range(count):
            self._packet_id = self._packet_id % 0xFFFF + 1
            while self._packet_id in self.left_at:
                self._packet_id = self._packet_id % 0xFFFF + 1
            self._stamp = max(self._stamp + step, present)
            self.left_at[self._packet_id] = now
            high, low = divmod(self._packet_id, 256)
            yield self._shape % (high, low, self._stamp, READINGS[self._packet_id % 100])

    def write(self, raw: bytes) -> None:
        """Write now what the socket takes, keep the rest."""
        self.unwritten += raw
        try:
            written = self.socket.send(self.unwritten)
        except BlockingIOError:
            return
        self.unwritten = self.unwritten[written:]

    def acknowledged(self) -> Sequence[int]:
        """Packet ids of the acknowledgements that have arrived.

        Raises:
            ConnectionError: linli has closed the connection.
        """
        piece = self.socket.recv(PIECE)
        if not piece:
            raise ConnectionResetError
        if not self._cut and (ids := _only_pubacks(piece)):
            return ids
        ids = self._unpacked(piece)
        self._cut = not self._unpacker.is_empty  # then the next piece begins inside a packet
        return ids

    def _unpacked(self, piece: bytes) -> list[int]:
        ids: list[int] = []
        for packet in self._unpacker.feed(piece):
            match packet:
                case Accepted(packet_id):
                    ids.append(packet_id)
                case Message(packet_id=packet_id, qos=1):
                    self.write(packets.puback(packet_id))
                case _:
                    pass
        return ids


def _only_pubacks(piece: bytes) -> Sequence[int] | None:
    """Nearly everything that arrives: whole PUBACKs, four bytes each."""
    count, rest = divmod(len(piece), PUBACK_LENGTH)
    if rest:
        return None
    words = struct.unpack(f">{2 * count}H", piece)
    return words[1::2] if words[::2].count(PUBACK_WORD) == count else None


def _literal(raw: bytes) -> bytes:
    return raw.replace(b"%", b"%%")


def identities(register: Register, load: Load) -> list[Identity]:
    """Whom to play: native devices with a connection of their own.

    Raises:
        CannotLoad: there are fewer accounts than connections asked for.
    """
    able = [
        (register.accounts[device.connection], HARMLESS[device.kind])
        for device in register.devices
        if not device.is_child
        and device.dialect is Dialect.LINLI_NATIVE
        and device.kind in HARMLESS
    ]
    if len(able) * load.clients < load.connections:
        raise CannotLoad(
            f"{len(able)} accounts with {load.clients} clients each are fewer than "
            f"{load.connections} connections"
        )
    return [
        Identity(account, reading, number, load.clients)
        for number in range(load.clients)
        for account, reading in able
    ][: load.connections]


def run(register: Register, load: Load) -> Result:
    """Make the load and wait for the last acknowledgements (up to ten seconds).

    Raises:
        CannotLoad: the address is not this machine, or linli lets us not in.
    """
    _only_this_machine(register.mqtt_host)
    _allow_files(load.connections)
    address = (register.mqtt_host, register.mqtt_port)
    callers: list[Caller] = []
    try:
        for identity in identities(register, load):
            callers.append(Caller(identity, address))
            callers[-1].greet()
        for caller in callers:
            caller.welcomed()
        return _Rush(load, callers).run()
    except OSError as broken:
        raise CannotLoad(f"{address[0]}:{address[1]}: {broken}") from broken
    finally:
        for caller in callers:
            caller.socket.close()


class _Rush:
    """The loop: write what is due, read acknowledgements, until time is up and all is quiet."""

    def __init__(self, load: Load, callers: list[Caller]) -> None:
        self._load = load
        self._callers = list(callers)
        self._selector = selectors.DefaultSelector()
        for caller in callers:
            self._selector.register(caller.socket, selectors.EVENT_READ, caller)
        self._latencies = Latencies()
        self._sent = 0
        self._lost = 0
        self._turn = 0

    def run(self) -> Result:
        connections, cpu, began = len(self._callers), time.process_time(), time.perf_counter()
        end = began + self._load.seconds
        last = began
        tick = TICK if self._load.rate else 0.0
        next_write = began
        while (now := time.perf_counter()) < end and self._callers:
            if now >= next_write:
                wrote = self._write(now, began)
                next_write = now + tick
                patience = 0.0 if wrote and not tick else TICK
            else:
                patience = next_write - now
            if self._read(patience):
                last = time.perf_counter()
        give_up = time.perf_counter() + LINGER
        while self._waiting() and time.perf_counter() < give_up:
            for caller in list(self._callers):
                if caller.unwritten:
                    self._try_write(caller, b"")
            if self._read(TICK):
                last = time.perf_counter()
        for caller in self._callers:
            self._try_write(caller, packets.DISCONNECT)
        self._selector.close()
        seconds = max(last - began, 1e-9)
        return Result(
            connections=connections,
            lost_connections=self._lost,
            sent=self._sent,
            acked=self._latencies.total,
            seconds=round(seconds, 3),
            acked_per_second=round(self._latencies.total / seconds, 1),
            p50_ms=self._latencies.quantile_ms(0.5),
            p99_ms=self._latencies.quantile_ms(0.99),
            max_ms=round(self._latencies.longest * 1000, 2),
            cpu_seconds=round(time.process_time() - cpu, 3),
        )

    def _write(self, now: float, began: float) -> bool:
        rate, callers = self._load.rate, self._callers
        due = int((now - began) * rate) - self._sent if rate else MOST_MESSAGES - self._sent
        wrote = False
        for _ in range(len(callers)):
            if due <= 0 or not callers:
                break
            self._turn = (self._turn + 1) % len(callers)
            caller = callers[self._turn]
            room = self._load.window - len(caller.left_at)
            count = min(due, room, self._load.burst)
            if count <= 0 or caller.unwritten:
                continue
            due -= count
            self._sent += count
            wrote = True
            self._try_write(caller, b"".join(caller.packets(count, now)))
        return wrote

    def _try_write(self, caller: Caller, raw: bytes) -> None:
        try:
            caller.write(raw)
        except OSError:
            self._lose(caller)

    def _read(self, patience: float) -> bool:
        heard = False
        for key, _ in self._selector.select(patience):
            caller: Caller = key.data
            try:
                ids = caller.acknowledged()
            except BlockingIOError:
                continue
            except (OSError, packets.BrokenWire):
                self._lose(caller)
                continue
            now = time.perf_counter()
            for packet_id in ids:
                left_at = caller.left_at.pop(packet_id, None)
                if left_at is not None:
                    self._latencies.add(now - left_at)
                    heard = True
        return heard

    def _waiting(self) -> bool:
        return any(caller.left_at for caller in self._callers)

    def _lose(self, caller: Caller) -> None:
        if caller in self._callers:
            self._callers.remove(caller)
            self._selector.unregister(caller.socket)
            self._lost += 1


def _only_this_machine(host: str) -> None:
    try:
        is_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        raise CannotLoad(f"load goes to 127.0.0.1 only, not to {host}")


def _allow_files(connections: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + 64
    if soft < needed <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a load from the command line; prints the result as one line of JSON."""
    parser = argparse.ArgumentParser(prog="linli_simulator.load", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with estate.json")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--rate", type=float, default=1_000.0, help="messages/s; 0: all it takes")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--window", type=int, default=100, help="unacknowledged, a connection")
    parser.add_argument("--burst", type=int, default=8, help="written at once by a connection")
    parser.add_argument("--clients", type=int, default=1, help="connections with one account")
    given = parser.parse_args(arguments)
    try:
        load = Load(
            connections=given.connections,
            rate=given.rate,
            seconds=given.seconds,
            window=given.window,
            burst=given.burst,
            clients=given.clients,
        )
        result = run(registration.read(given.data), load)
    except (CannotLoad, UnreadableEstate) as reason:
        print(reason, file=sys.stderr)
        return 2
    print(json.dumps(asdict(result)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
