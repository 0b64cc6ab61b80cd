"""What the device doors count, as Prometheus reads it."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from linli.app.intake.batches import Intake
from linli.sensing.gateway.public import MqttServer


class GatewayMetrics(Collector):
    """Reads the counters of the MQTT door and of the intake when asked."""

    def __init__(self, server: MqttServer, intake: Intake) -> None:
        self._server = server
        self._intake = intake

    def collect(self) -> Iterable[Metric]:
        counts = self._server.counters.read()
        yield GaugeMetricFamily(
            "linli_mqtt_connections", "Clients connected now", counts.connections_open
        )
        for name, words, value in (
            ("linli_mqtt_messages", "Messages received", counts.messages),
            ("linli_mqtt_message_bytes", "Bytes of messages received", counts.message_bytes),
            ("linli_mqtt_acknowledged", "Messages acknowledged", counts.acknowledged),
            ("linli_mqtt_commands_sent", "Commands sent", counts.commands_sent),
            ("linli_intake_batches", "Batches committed", self._intake.batches),
            ("linli_intake_urgent_batches", "Of these, with an alarm", self._intake.urgent),
            ("linli_intake_retried", "Batches tried again", self._intake.retried),
            ("linli_intake_unprocessable", "Messages set aside", self._intake.unprocessable),
        ):
            yield CounterMetricFamily(name, words, value)
        for name, words, label, found in (
            ("linli_mqtt_refused", "Turned away, by reason", "reason", counts.refused),
            ("linli_mqtt_left", "Connections ended, by reason", "reason", counts.left),
            ("linli_mqtt_failures", "Calls that failed, by place", "place", counts.failures),
        ):
            family = CounterMetricFamily(name, words, labels=[label])
            for key, value in found.items():
                family.add_metric([key], value)
            yield family
