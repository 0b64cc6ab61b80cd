"""One client's conversation, without I/O: bytes and answers go in, bytes and effects come out.

The server feeds what it reads, carries out the effects in order, and writes what `take_output`
returns. The engine never waits and knows no clock; the times it needs are handed in.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

from linli.sensing.gateway.contracts import (
    Admission,
    CommandReceipt,
    Fate,
    Inbound,
    LeaveReason,
    Outcome,
    Sending,
    StoredSession,
    Subscription,
    WaitingCommand,
    Will,
)
from linli.sensing.gateway.mqtt.decode import Decoder
from linli.sensing.gateway.mqtt.encode import (
    PINGRESP,
    PUBACK_HEAD,
    PUBCOMP_HEAD,
    PUBREC_HEAD,
    encode,
    encode_publish,
    pack_short_ack,
)
from linli.sensing.gateway.mqtt.packets import (
    NO_PROPERTIES,
    V5,
    V311,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    Properties,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
    Wish,
)
from linli.sensing.gateway.mqtt.reasons import (
    CLIENT_DISCONNECT_REASONS,
    FAILURE,
    PUBACK_REASONS,
    RETURN_CODES,
    CodecError,
    ProtocolViolation,
    Reason,
    ReturnCode,
    UnsupportedVersion,
)
from linli.sensing.gateway.mqtt.topics import covered_by_any, is_shared, matches

CLIENT_ID_MAX: Final = 256
PACKET_IDS: Final = 65_535
RECEIVE_MAXIMUM_DEFAULT: Final = 65_535
TOPICS_REMEMBERED: Final = 1_024
KEEP_ALIVE_GRACE: Final = 1.5
REASON_STRING_MAX: Final = 200
QOS_2: Final = 2
BRIDGE_BIT: Final = 0x80
"""Some brokers set it in the level of a bridge's first try and repeat without it if refused."""
CONNECT_PACKET_BYTES: Final = 80 * 1_024
"""Before the credentials are known: room for a will of 64 KiB and the rest of a CONNECT."""


class Phase(Enum):
    """Where the conversation stands."""

    GREETING = "greeting"
    AUTHENTICATING = "authenticating"
    CONNECTED = "connected"
    CLOSED = "closed"


class Batch:
    """Messages of one read, waiting for their outcomes; or a ready answer keeping its place."""

    __slots__ = ("answer", "messages", "outcomes")

    def __init__(self, messages: list[Inbound], answer: bytes | None = None) -> None:
        self.messages = messages
        self.answer = answer
        self.outcomes: Sequence[Outcome] | None = None


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Ask the doorkeeper, then call `agree` and `welcome`, or `refuse`."""

    connect: Connect


@dataclass(frozen=True, slots=True)
class Submit:
    """Hand the messages to ingest, then call `settle` with their outcomes (None: all failed)."""

    batch: Batch


@dataclass(frozen=True, slots=True)
class Save:
    """Write the session to the store, then the bytes to the client."""

    session: StoredSession
    then: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """Record the sendings, then write the bytes to the client."""

    sendings: tuple[Sending, ...]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Settle:
    """Tell the commands that clients have (or refused) them."""

    receipts: tuple[CommandReceipt, ...]


@dataclass(frozen=True, slots=True)
class FetchCommands:
    """Look for waiting commands and call `deliver`."""


Effect = Authenticate | Submit | Save | Send | Settle | FetchCommands


@dataclass(frozen=True, slots=True)
class Departure:
    """How the conversation ended."""

    reason: LeaveReason
    will: Will | None
    detail: str = ""
    code: int = 0


@dataclass(slots=True)
class _Terms:
    """What was agreed at CONNECT."""

    connect: Connect
    admission: Admission
    client_id: str
    expiry_seconds: int
    will: Will | None
    send_quota: int
    client_packet_bytes: int
    explain: bool
    permitted: dict[str, bool] = field(default_factory=dict[str, bool])


class Engine:
    """The server's side of one network connection."""

    def __init__(self, gateway: str) -> None:
        self.phase = Phase.GREETING
        self.version = V311
        self.departure: Departure | None = None
        self.keep_alive_limit: float | None = None
        """Seconds of silence after which the client counts as lost; None for no limit."""
        self.in_flight = 0
        """Messages submitted and not settled."""
        self.refused: list[str] = []
        """Reasons of what was turned away since the counter was last read."""
        self.heard = 0
        """Packets read since the counter was last read."""
        self.acknowledged = 0
        self.lost = 0
        """QoS 0 messages whose batch failed."""
        self.session_present = False
        self.stored = False
        """Set by the server once the session is in the store."""
        self._gateway = gateway
        self._keep_alive = 0
        self._decoder = Decoder(max_packet=CONNECT_PACKET_BYTES)
        self._output: list[bytes] = []
        self._backlog: list[tuple[list[Packet], CodecError | None, datetime]] = []
        self._pending: deque[Batch] = deque()
        self._unacknowledged = 0
        self._receiving: set[int] = set()
        self._received: set[int] = set()
        self._aliases: dict[int, str] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._outgoing: dict[int, UUID] = {}
        self._last_packet_id = 0
        self._resuming = False
        self._starved = False
        self._terms: _Terms | None = None

    # What the server looks at

    @property
    def closed(self) -> bool:
        """Nothing more is to be read; what is in the output is still to be written."""
        return self.phase is Phase.CLOSED

    @property
    def awaiting_doorkeeper(self) -> bool:
        """CONNECT has been read and not answered yet."""
        return self.phase is Phase.AUTHENTICATING

    @property
    def idle(self) -> bool:
        """Nothing is waiting for an outcome."""
        return not self._pending

    @property
    def admission(self) -> Admission | None:
        """Whose connection this is; None before CONNACK."""
        return self._terms.admission if self._terms else None

    @property
    def client_id(self) -> str:
        """The client id, the assigned one included; empty before CONNACK."""
        return self._terms.client_id if self._terms else ""

    @property
    def durable(self) -> bool:
        """Tell whether something of this session has to be in the store while it lasts."""
        terms = self._terms
        return terms is not None and (terms.expiry_seconds > 0 or terms.will is not None)

    @property
    def listening(self) -> bool:
        """Tell whether the client can be sent commands."""
        return self.phase is Phase.CONNECTED and bool(self._subscriptions or self._resuming)

    def commands_in_flight(self) -> set[UUID]:
        """Return the commands written and not acknowledged."""
        return set(self._outgoing.values())

    def take_output(self) -> bytes:
        """Return, once, the bytes to write."""
        if not self._output:
            return b""
        raw = b"".join(self._output)
        self._output.clear()
        return raw

    def snapshot(self) -> StoredSession:
        """Return the session as it is to be stored while the client is connected."""
        terms = self._agreed()
        return StoredSession(
            connection_id=terms.admission.connection_id,
            client_id=terms.client_id,
            expiry_seconds=terms.expiry_seconds,
            subscriptions=tuple(self._subscriptions.values()),
            received=frozenset(self._received),
            will=terms.will,
            gateway=self._gateway,
        )

    # What the server calls

    def receive(self, raw: bytes, received_at: datetime) -> list[Effect]:
        """Take bytes from the network."""
        if self.closed:
            return []
        packets: list[Packet] = []
        wrong: CodecError | None = None
        try:
            self._decoder.feed(raw, packets)
        except CodecError as error:
            wrong = error
        self.heard += len(packets)
        return self._handle(packets, wrong, received_at)

    def agree(
        self,
        connect: Connect,
        admission: Admission,
        client_id: str,
        stored: StoredSession | None,
    ) -> bool:
        """Settle the terms, with the stored session if it is to be resumed.

        The session can then be stored and `welcome` called. Writes a refusal, closes and returns
        False when the will's topic is not the connection's.
        """
        five = connect.version == V5
        limits = admission.limits
        will = connect.will
        if will and five and not admission.topics.may_publish(will.topic):
            self.refuse(Reason.TOPIC_NAME_INVALID)
            return False
        asked = connect.properties
        if five:
            expiry = min(asked.session_expiry or 0, limits.session_expiry_seconds)
        else:
            expiry = 0 if connect.clean_start else limits.session_expiry_seconds
        delay = (will.properties.will_delay or 0) if will else 0
        self._terms = _Terms(
            connect=connect,
            admission=admission,
            client_id=client_id,
            expiry_seconds=expiry,
            will=Will(
                will.topic,
                will.payload,
                will.qos,
                will.retain,
                min(delay, limits.will_delay_seconds),
            )
            if will
            else None,
            send_quota=min(
                asked.receive_maximum or RECEIVE_MAXIMUM_DEFAULT, limits.commands_in_flight
            ),
            client_packet_bytes=asked.maximum_packet_size or 0,
            explain=asked.request_problem_information != 0,
        )
        keep_alive = connect.keep_alive
        if five and not 0 < keep_alive <= limits.keep_alive_seconds:
            keep_alive = limits.keep_alive_seconds
        self.keep_alive_limit = keep_alive * KEEP_ALIVE_GRACE if keep_alive else None
        self.session_present = stored is not None
        self._resuming = stored is not None
        if stored:
            self._subscriptions = {one.topic_filter: one for one in stored.subscriptions}
            self._received = set(stored.received)
            self._unacknowledged = len(self._received)
        self._decoder.max_packet = limits.packet_bytes
        self._keep_alive = keep_alive
        return True

    def welcome(self) -> None:
        """Write CONNACK. What arrived after CONNECT is then handled by `catch_up`."""
        terms = self._agreed()
        connect = terms.connect
        asked = connect.properties
        limits = terms.admission.limits
        expiry = terms.expiry_seconds
        keep_alive = self._keep_alive
        properties = NO_PROPERTIES
        if self.version == V5:
            properties = Properties(
                session_expiry=expiry if expiry != (asked.session_expiry or 0) else None,
                receive_maximum=min(limits.in_flight, RECEIVE_MAXIMUM_DEFAULT),
                retain_available=0,
                maximum_packet_size=limits.packet_bytes,
                assigned_client_id=None if connect.client_id else terms.client_id,
                topic_alias_maximum=limits.topic_aliases or None,
                shared_subscription_available=0,
                server_keep_alive=keep_alive if keep_alive != connect.keep_alive else None,
            )
        self.phase = Phase.CONNECTED
        self._write(
            self._fitting(encode(ConnAck(self.session_present, 0, properties), self.version))
        )

    def catch_up(self) -> list[Effect]:
        """Handle what arrived between CONNECT and CONNACK."""
        effects: list[Effect] = []
        backlog, self._backlog = self._backlog, []
        for packets, wrong, received_at in backlog:
            effects += self._handle(packets, wrong, received_at)
        if self.listening:
            effects.append(FetchCommands())
        return effects

    def refuse(self, reason: Reason) -> None:
        """Answer CONNECT with a refusal and close."""
        self._backlog.clear()
        if self.version == V5:
            self._output.append(encode(ConnAck(session_present=False, reason=reason), V5))
        else:
            code = RETURN_CODES.get(reason)
            if code is not None:
                self._output.append(encode(ConnAck(session_present=False, reason=code), V311))
        self._leave(LeaveReason.PROTOCOL, reason.name.lower(), reason)

    def settle(self, batch: Batch, outcomes: Sequence[Outcome] | None) -> list[Effect]:
        """Take the outcomes of a submitted batch; None when it failed as a whole.

        Acknowledgements go out in the order of the messages, whatever the order of the batches.
        """
        batch.outcomes = outcomes if outcomes is not None else ()
        if len(batch.outcomes) != len(batch.messages):
            batch.outcomes = ()
        effects: list[Effect] = []
        pending = self._pending
        while pending and (pending[0].outcomes is not None or pending[0].answer is not None):
            self._answer(pending.popleft(), effects)
        return effects

    def deliver(self, commands: Iterable[WaitingCommand], now: datetime) -> list[Effect]:
        """Send waiting commands, oldest first, as far as the client's quota goes."""
        if self.phase is not Phase.CONNECTED:
            return []
        terms = self._agreed()
        sendings: list[Sending] = []
        receipts: list[CommandReceipt] = []
        parts: list[bytes] = []
        on_their_way = self.commands_in_flight()
        waiting = [one for one in commands if one.id not in on_their_way]
        self._starved = False
        if self._resuming:
            waiting = self._send_again(waiting, now, parts, receipts)
        for command in waiting:
            if command.expires_at and command.expires_at <= now:
                continue
            granted = self._granted(command.topic)
            if granted is None:
                continue
            if granted and len(self._outgoing) >= terms.send_quota:
                self._starved = True
                break
            packet_id = self._next_packet_id() if granted else 0
            raw = self._command(command, packet_id, now, dup=False)
            if terms.client_packet_bytes and len(raw) > terms.client_packet_bytes:
                receipts.append(
                    CommandReceipt(command.id, command.connection_id, now, Reason.PACKET_TOO_LARGE)
                )
                continue
            if packet_id:
                self._outgoing[packet_id] = command.id
            parts.append(raw)
            sendings.append(
                Sending(command.id, command.connection_id, terms.client_id, packet_id, now)
            )
        effects: list[Effect] = []
        if receipts:
            effects.append(Settle(tuple(receipts)))
        if parts:
            effects.append(Send(tuple(sendings), b"".join(parts)))
        return effects

    def _send_again(
        self,
        waiting: list[WaitingCommand],
        now: datetime,
        parts: list[bytes],
        receipts: list[CommandReceipt],
    ) -> list[WaitingCommand]:
        """Repeat what this session had in flight, under its ids; return what is left to send."""
        terms = self._agreed()
        self._resuming = False
        fresh: list[WaitingCommand] = []
        for command in waiting:
            sent = command.sent_as
            if not sent or not sent.packet_id or sent.client_id != terms.client_id:
                fresh.append(command)
                continue
            if len(self._outgoing) >= terms.send_quota:
                self._starved = self._resuming = True
                return []
            raw = self._fitting(self._command(command, sent.packet_id, now, dup=True))
            if raw:
                self._outgoing[sent.packet_id] = command.id
                parts.append(raw)
            else:
                receipts.append(_too_large(command, now))
        return fresh

    def write(self, raw: bytes) -> None:
        """Write bytes whose turn has come (after a save), unless the client is gone."""
        if self.phase is Phase.CONNECTED:
            self._write(raw)

    def end(self, reason: Reason, leave: LeaveReason, detail: str = "") -> None:
        """Close from our side: DISCONNECT with the reason for MQTT 5, silence for 3.1.1."""
        if self.closed:
            return
        if self.phase is Phase.CONNECTED and self.version == V5:
            self._say_goodbye(reason, detail)
        self._leave(leave, detail or reason.name.lower(), reason)

    def cut(self, leave: LeaveReason = LeaveReason.LOST) -> None:
        """Note that the network connection is gone."""
        if not self.closed:
            self._leave(leave, "", 0)

    # Packets

    def _handle(
        self, packets: list[Packet], wrong: CodecError | None, received_at: datetime
    ) -> list[Effect]:
        if self.phase is Phase.AUTHENTICATING:
            self._backlog.append((packets, wrong, received_at))
            return []
        effects: list[Effect] = []
        messages: list[Inbound] = []
        try:
            for at, packet in enumerate(packets):
                if type(packet) is Publish:
                    self._publish(packet, received_at, messages, effects)
                    continue
                self._other(packet, received_at, effects)
                if self.awaiting_doorkeeper:
                    self._backlog.append((packets[at + 1 :], wrong, received_at))
                    return effects
                if self.closed:
                    break
        except CodecError as violation:
            wrong = violation
        self._flush(messages, effects)
        if wrong and not self.closed:
            self._violation(wrong)
        return effects

    def _publish(
        self,
        packet: Publish,
        received_at: datetime,
        messages: list[Inbound],
        effects: list[Effect],
    ) -> None:
        terms = self._terms
        if terms is None:
            raise ProtocolViolation("PUBLISH before CONNECT [MQTT-3.1.0-1]")
        topic = packet.topic
        five = self.version == V5
        if five:
            if packet.retain:
                raise ProtocolViolation(
                    "RETAIN was announced as not available [MQTT-3.2.2-14]",
                    Reason.RETAIN_NOT_SUPPORTED,
                )
            if packet.properties is not NO_PROPERTIES:
                topic = self._resolve(packet, terms)
        permitted = terms.permitted.get(topic)
        if permitted is None:
            permitted = self._permit(topic, terms)
        if not permitted:
            self.refused.append("foreign_topic")
        qos = packet.qos
        packet_id = packet.packet_id
        if qos:
            if qos == QOS_2:
                if packet_id in self._receiving:
                    return
                if packet_id in self._received:
                    self._flush(messages, effects)
                    self._answer_in_place(pack_short_ack(PUBREC_HEAD, 2, packet_id))
                    return
            if five:
                self._unacknowledged += 1
                if self._unacknowledged > terms.admission.limits.in_flight:
                    raise ProtocolViolation(
                        "receive maximum [MQTT-3.3.4-7]", Reason.RECEIVE_MAXIMUM_EXCEEDED
                    )
                if not permitted:
                    self._flush(messages, effects)
                    self._unacknowledged -= 1
                    ack = PubAck if qos == 1 else PubRec
                    self._answer_in_place(
                        encode(ack(packet_id, Reason.NOT_AUTHORIZED), self.version)
                    )
                    return
            if qos == QOS_2:
                self._receiving.add(packet_id)
        messages.append(
            Inbound(
                terms.admission,
                terms.client_id,
                topic,
                packet.payload,
                received_at,
                qos,
                packet_id,
                packet.dup,
                packet.retain,
                permitted,
            )
        )

    def _resolve(self, packet: Publish, terms: _Terms) -> str:
        if packet.properties.subscription_ids:
            raise ProtocolViolation("subscription identifier from a client [MQTT-3.3.4-6]")
        alias = packet.properties.topic_alias
        if alias is None:
            return packet.topic
        if alias > terms.admission.limits.topic_aliases:
            raise ProtocolViolation(
                "topic alias above the maximum [MQTT-3.2.2-17]", Reason.TOPIC_ALIAS_INVALID
            )
        if packet.topic:
            self._aliases[alias] = packet.topic
            return packet.topic
        topic = self._aliases.get(alias)
        if topic is None:
            raise ProtocolViolation("unknown topic alias", Reason.PROTOCOL_ERROR)
        return topic

    def _permit(self, topic: str, terms: _Terms) -> bool:
        permitted = terms.admission.topics.may_publish(topic)
        if len(terms.permitted) >= TOPICS_REMEMBERED:
            terms.permitted.clear()
        terms.permitted[topic] = permitted
        return permitted

    def _flush(self, messages: list[Inbound], effects: list[Effect]) -> None:
        if messages:
            batch = Batch(messages.copy())
            messages.clear()
            self._pending.append(batch)
            self.in_flight += len(batch.messages)
            effects.append(Submit(batch))

    def _answer_in_place(self, answer: bytes) -> None:
        if self._pending:
            self._pending.append(Batch([], answer))
        else:
            self._write(answer)

    def _answer(self, batch: Batch, effects: list[Effect]) -> None:
        """Write the acknowledgements of one batch."""
        if batch.answer is not None:
            if not self.closed:
                self._write(batch.answer)
            return
        messages = batch.messages
        outcomes = batch.outcomes or ()
        self.in_flight -= len(messages)
        received: list[bytes] = []
        add = self._output.append if not self.closed else _ignore
        for at, message in enumerate(messages):
            qos = message.qos
            fate = outcomes[at].fate if outcomes else Fate.FAILED
            if fate is Fate.FAILED:
                if qos:
                    self._receiving.discard(message.packet_id)
                    self._fail()
                    add = _ignore
                else:
                    self.lost += 1
                continue
            if not qos:
                continue
            packet_id = message.packet_id
            if qos == 1:
                self._unacknowledged -= 1
                self.acknowledged += 1
                if fate is Fate.REFUSED and self.version == V5:
                    add(self._refusal(PubAck, packet_id, outcomes[at]))
                else:
                    add(pack_short_ack(PUBACK_HEAD, 2, packet_id))
                continue
            self._receiving.discard(packet_id)
            self.acknowledged += 1
            if fate is Fate.REFUSED and self.version == V5:
                self._unacknowledged -= 1
                received.append(self._refusal(PubRec, packet_id, outcomes[at]))
            else:
                self._received.add(packet_id)
                received.append(pack_short_ack(PUBREC_HEAD, 2, packet_id))
        if received:
            self._after_save(b"".join(received), effects)

    def _refusal(self, ack: type[PubAck | PubRec], packet_id: int, outcome: Outcome) -> bytes:
        reason = outcome.code if outcome.code in PUBACK_REASONS else FAILURE
        terms = self._agreed()
        if terms.explain and outcome.reason:
            explanation = outcome.reason.replace("\x00", "")[:REASON_STRING_MAX]
            told = encode(
                ack(packet_id, reason, Properties(reason_string=explanation)), self.version
            )
            if not terms.client_packet_bytes or len(told) <= terms.client_packet_bytes:
                return told
        return encode(ack(packet_id, reason), self.version)

    def _fail(self) -> None:
        self.end(Reason.SERVER_BUSY, LeaveReason.FAILED, "not committed")

    def _after_save(self, raw: bytes, effects: list[Effect]) -> None:
        """Write after the session is safe, if it is one that outlives the connection."""
        if self._agreed().expiry_seconds:
            effects.append(Save(self.snapshot(), raw))
        else:
            self.write(raw)

    def _other(self, packet: Packet, now: datetime, effects: list[Effect]) -> None:
        if isinstance(packet, Connect):
            self._connect(packet, effects)
            return
        if self._terms is None:
            raise ProtocolViolation("CONNECT has to come first [MQTT-3.1.0-1]")
        match packet:
            case PingReq():
                self._write(PINGRESP)
            case PubRel():
                self._release(packet.packet_id, effects)
            case PubAck():
                self._command_acknowledged(packet, now, effects)
            case Subscribe():
                self._subscribe(packet, effects)
            case Unsubscribe():
                self._unsubscribe(packet, effects)
            case Disconnect():
                self._disconnect(packet)
            case PubRec():
                # No command goes out at QoS 2, so the identifier cannot be one of ours.
                reason = Reason.PACKET_IDENTIFIER_NOT_FOUND if self.version == V5 else 0
                if packet.reason < FAILURE:
                    self._write(encode(PubRel(packet.packet_id, reason), self.version))
            case PubComp():
                pass
            case _:
                raise ProtocolViolation(f"{type(packet).__name__} from a client")

    def _connect(self, packet: Connect, effects: list[Effect]) -> None:
        if self.phase is not Phase.GREETING:
            raise ProtocolViolation("a second CONNECT [MQTT-3.1.0-2]")
        self.version = packet.version
        five = packet.version == V5
        if len(packet.client_id) > CLIENT_ID_MAX or (
            not packet.client_id and not five and not packet.clean_start
        ):
            self.refuse(Reason.CLIENT_IDENTIFIER_NOT_VALID)
        elif packet.properties.authentication_method is not None:
            self.refuse(Reason.BAD_AUTHENTICATION_METHOD)
        elif five and packet.will and packet.will.retain:
            self.refuse(Reason.RETAIN_NOT_SUPPORTED)
        else:
            self.phase = Phase.AUTHENTICATING
            effects.append(Authenticate(packet))

    def _release(self, packet_id: int, effects: list[Effect]) -> None:
        if packet_id in self._received:
            self._received.discard(packet_id)
            self._unacknowledged -= 1
            self._after_save(pack_short_ack(PUBCOMP_HEAD, 2, packet_id), effects)
            return
        reason = Reason.PACKET_IDENTIFIER_NOT_FOUND if self.version == V5 else 0
        self._write(encode(PubComp(packet_id, reason), self.version))

    def _command_acknowledged(self, packet: PubAck, now: datetime, effects: list[Effect]) -> None:
        command_id = self._outgoing.pop(packet.packet_id, None)
        if command_id is None:
            return
        refusal = packet.reason if packet.reason >= FAILURE else 0
        connection_id = self._agreed().admission.connection_id
        effects.append(Settle((CommandReceipt(command_id, connection_id, now, refusal),)))
        if self._starved:
            self._starved = False
            effects.append(FetchCommands())

    def _subscribe(self, packet: Subscribe, effects: list[Effect]) -> None:
        identifiers = packet.properties.subscription_ids
        identifier = identifiers[0] if identifiers else 0
        before = dict(self._subscriptions)
        reasons = tuple(self._subscribe_one(wish, identifier) for wish in packet.wishes)
        answer = self._fitting(encode(SubAck(packet.packet_id, reasons), self.version))
        if before != self._subscriptions:
            self._after_save(answer, effects)
        else:
            self._write(answer)
        if any(reason < FAILURE for reason in reasons):
            effects.append(FetchCommands())

    def _subscribe_one(self, wish: Wish, identifier: int) -> int:
        terms = self._agreed()
        admission = terms.admission
        reason: int = Reason.SUCCESS
        if self.version == V5 and is_shared(wish.topic_filter):
            reason = Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
        elif not covered_by_any(admission.topics.command_topics(), wish.topic_filter):
            reason = Reason.NOT_AUTHORIZED
        elif (
            wish.topic_filter not in self._subscriptions
            and len(self._subscriptions) >= admission.limits.subscriptions
        ):
            reason = Reason.QUOTA_EXCEEDED
        if reason:
            self.refused.append("subscription")
            return reason if self.version == V5 else FAILURE
        qos = min(wish.qos, 1)
        self._subscriptions[wish.topic_filter] = Subscription(wish.topic_filter, qos, identifier)
        return qos

    def _unsubscribe(self, packet: Unsubscribe, effects: list[Effect]) -> None:
        reasons: list[int] = []
        for topic_filter in packet.topic_filters:
            gone = self._subscriptions.pop(topic_filter, None)
            reasons.append(Reason.SUCCESS if gone is not None else Reason.NO_SUBSCRIPTION_EXISTED)
        answer = self._fitting(encode(UnsubAck(packet.packet_id, tuple(reasons)), self.version))
        if Reason.SUCCESS in reasons:
            self._after_save(answer, effects)
        else:
            self._write(answer)

    def _disconnect(self, packet: Disconnect) -> None:
        terms = self._agreed()
        if packet.reason not in CLIENT_DISCONNECT_REASONS:
            raise ProtocolViolation("a server's reason code from a client")
        expiry = packet.properties.session_expiry
        if expiry is not None:
            if expiry and not (terms.connect.properties.session_expiry or 0):
                raise ProtocolViolation("session expiry given only at DISCONNECT")
            terms.expiry_seconds = min(expiry, terms.admission.limits.session_expiry_seconds)
        if packet.reason == Reason.SUCCESS:
            terms.will = None
            self._leave(LeaveReason.CLIENT, "", 0)
        else:
            self._leave(LeaveReason.CLIENT_WITH_WILL, "", packet.reason)

    # Commands

    def _granted(self, topic: str) -> int | None:
        """Return the highest QoS granted for a topic, None without a subscription."""
        found = [
            one.qos for one in self._subscriptions.values() if matches(one.topic_filter, topic)
        ]
        return max(found) if found else None

    def _command(
        self, command: WaitingCommand, packet_id: int, now: datetime, *, dup: bool
    ) -> bytes:
        properties = NO_PROPERTIES
        if self.version == V5:
            identifiers = tuple(
                sorted(
                    {
                        one.identifier
                        for one in self._subscriptions.values()
                        if one.identifier and matches(one.topic_filter, command.topic)
                    }
                )
            )
            expiry = None
            if command.expires_at:
                expiry = max(0, int((command.expires_at - now).total_seconds()))
            if identifiers or expiry is not None:
                properties = Properties(subscription_ids=identifiers, message_expiry=expiry)
        return encode_publish(
            Publish(
                command.topic,
                command.payload,
                1 if packet_id else 0,
                packet_id,
                dup,
                retain=False,
                properties=properties,
            ),
            self.version,
        )

    def _next_packet_id(self) -> int:
        while True:
            self._last_packet_id = self._last_packet_id % PACKET_IDS + 1
            if self._last_packet_id not in self._outgoing:
                return self._last_packet_id

    # Ending

    def _violation(self, wrong: CodecError) -> None:
        self.refused.append(wrong.reason.name.lower())
        if self.phase is Phase.GREETING and isinstance(wrong, UnsupportedVersion):
            if wrong.level < V5 or wrong.level & BRIDGE_BIT:
                refusal = ConnAck(
                    session_present=False, reason=ReturnCode.UNACCEPTABLE_PROTOCOL_VERSION
                )
                self._output.append(encode(refusal, V311))
            else:
                refusal = ConnAck(session_present=False, reason=wrong.reason)
                self._output.append(encode(refusal, V5))
        elif self.phase is Phase.CONNECTED and self.version == V5:
            self._say_goodbye(wrong.reason, wrong.detail)
        self._leave(LeaveReason.PROTOCOL, wrong.detail, wrong.reason)

    def _say_goodbye(self, reason: Reason, detail: str) -> None:
        terms = self._agreed()
        if detail:
            told = encode(Disconnect(reason, Properties(reason_string=detail)), V5)
            if not terms.client_packet_bytes or len(told) <= terms.client_packet_bytes:
                self._output.append(told)
                return
        self._write(encode(Disconnect(reason), V5))

    def _leave(self, leave: LeaveReason, detail: str, code: int) -> None:
        self.phase = Phase.CLOSED
        terms = self._terms
        self.departure = Departure(leave, terms.will if terms else None, detail, code)

    def away(self, ends_at: datetime, will_due_at: datetime | None) -> StoredSession:
        """Return the session as it is to be stored once the client is gone."""
        return replace(self.snapshot(), gateway=None, ends_at=ends_at, will_due_at=will_due_at)

    # Small things

    def _agreed(self) -> _Terms:
        if self._terms is None:
            raise ProtocolViolation("CONNECT has to come first [MQTT-3.1.0-1]")
        return self._terms

    def _write(self, raw: bytes) -> None:
        self._output.append(raw)

    def _fitting(self, raw: bytes) -> bytes:
        """Return the packet, or nothing when it exceeds what the client takes [MQTT-3.1.2-24]."""
        terms = self._terms
        if terms and terms.client_packet_bytes and len(raw) > terms.client_packet_bytes:
            self.refused.append("client_packet_limit")
            return b""
        return raw


def _ignore(_raw: bytes) -> None:
    """Stand in for the output of a client that is gone."""


def _too_large(command: WaitingCommand, now: datetime) -> CommandReceipt:
    return CommandReceipt(command.id, command.connection_id, now, Reason.PACKET_TOO_LARGE)
