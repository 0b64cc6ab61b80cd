"""The gateway's counters: plain numbers here, exported elsewhere."""

from collections import Counter

from linli.sensing.gateway.contracts import GatewayCounts


class GatewayCounters:
    """Counts what happens at the door; `read` gives a frozen copy."""

    def __init__(self) -> None:
        self.connections_open = 0
        self.connections_waiting = 0
        self.connections_total = 0
        self.messages = 0
        self.message_bytes = 0
        self.acknowledged = 0
        self.commands_sent = 0
        self.commands_acknowledged = 0
        self.wills = 0
        self.refused: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()

    def read(self) -> GatewayCounts:
        """Return a frozen copy."""
        return GatewayCounts(
            connections_open=self.connections_open,
            connections_waiting=self.connections_waiting,
            connections_total=self.connections_total,
            messages=self.messages,
            message_bytes=self.message_bytes,
            acknowledged=self.acknowledged,
            commands_sent=self.commands_sent,
            commands_acknowledged=self.commands_acknowledged,
            wills=self.wills,
            refused=dict(self.refused),
            left=dict(self.left),
            failures=dict(self.failures),
        )
