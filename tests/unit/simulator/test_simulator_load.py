import json
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.simulator.conftest import Broker, Ear, free_port

from linli_simulator import load
from linli_simulator.load import CannotLoad, Latencies, Load

UNHURRIED = settings(deadline=None)  # the machine may be busy with other tests


def test_a_load_is_acknowledged_to_the_last_message(broker: Broker) -> None:
    register = broker.register(every=True)
    result = load.run(register, Load(connections=20, rate=2000, seconds=0.5))
    assert result.sent == result.acked
    assert 900 <= result.sent <= 1000
    assert result.lost_connections == 0
    assert 0 < result.p50_ms <= result.p99_ms


def test_without_a_rate_it_goes_as_fast_as_it_is_let(broker: Broker) -> None:
    register = broker.register(every=True)
    result = load.run(register, Load(connections=4, rate=0, seconds=0.3, window=10, burst=5))
    assert result.sent == result.acked > 100


async def test_every_message_is_a_new_reading_of_its_device(broker: Broker, ear: Ear) -> None:
    register = broker.register("yg-6-1-502-water")
    sent = load.run(register, Load(connections=2, clients=2, rate=3000, seconds=0.3)).sent
    await ear.first(lambda _, __: len(ear.heard) == sent)
    bodies = [json.loads(payload) for _, payload in ear.heard]
    assert len({body["ts"] for body in bodies}) == len(bodies)
    assert all(20 <= body["values"]["temperature"] < 30 for body in bodies)
    assert {topic for topic, _ in ear.heard} == {"linli/v1/telemetry"}


def test_the_command_prints_one_line_of_json(
    broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    broker.register(every=True)
    arguments = ["--data", str(broker.folder), "--connections", "3", "--rate", "200"]
    assert load.main([*arguments, "--seconds", "0.2"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["sent"] == result["acked"]
    assert {"seconds", "p50_ms", "p99_ms"} <= result.keys()


@pytest.mark.parametrize("host", ["192.168.1.4", "10.0.0.1", "example.org", "::2", "0.0.0.0"])  # noqa: S104 - refused is what is tested
def test_another_machine_is_never_loaded(broker: Broker, host: str) -> None:
    register = replace(broker.register(every=True), mqtt_host=host)
    with pytest.raises(CannotLoad, match=r"127\.0\.0\.1 only"):
        load.run(register, Load(connections=1, rate=1, seconds=1))


@pytest.mark.parametrize(
    ("connections", "rate", "seconds"),
    [(0, 1, 1), (20_001, 1, 1), (1, -1, 1), (1, 1, 601), (1, 1, 0), (1, 1e6, 600)],
)
def test_a_load_is_bounded(connections: int, rate: float, seconds: float) -> None:
    with pytest.raises(CannotLoad):
        Load(connections=connections, rate=rate, seconds=seconds)


def test_there_are_no_more_connections_than_accounts(broker: Broker) -> None:
    with pytest.raises(CannotLoad, match="fewer than 3"):
        load.run(broker.register("yg-6-1-502-water"), Load(connections=3, rate=1, seconds=1))


def test_nobody_there_is_said_so(
    tmp_path: Path, broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    text = broker.folder / "estate.json"
    broker.register(every=True)
    (tmp_path / "estate.json").write_text(
        text.read_text().replace(f'"port": {broker.port}', f'"port": {free_port()}')
    )
    assert load.main(["--data", str(tmp_path), "--connections", "1"]) == 2
    assert "refused" in capsys.readouterr().err


def test_a_connection_that_linli_ends_is_counted_and_the_rest_go_on(broker: Broker) -> None:
    register = broker.register("yg-6-1-502-water")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        rude = threading.Thread(target=_welcome_and_hang_up, args=(listening,))
        rude.start()
        elsewhere = replace(register, mqtt_port=listening.getsockname()[1])
        result = load.run(elsewhere, Load(connections=1, rate=1000, seconds=0.5))
        rude.join()
    assert result.lost_connections == 1
    assert result.acked == 0


def _welcome_and_hang_up(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(1024)
        connection.sendall(b"\x20\x02\x00\x00")
        connection.recv(1024)


@UNHURRIED
@given(st.lists(st.floats(0, 9.9), min_size=1, max_size=200), st.sampled_from([0.5, 0.99]))
def test_a_quantile_is_within_a_slot_of_the_exact_one(values: list[float], share: float) -> None:
    latencies = Latencies()
    for value in values:
        latencies.add(value)
    ordered = sorted(values)
    rank = next(n for n in range(1, len(values) + 1) if n >= share * len(values))
    assert latencies.quantile_ms(share) == pytest.approx(ordered[rank - 1] * 1000, abs=0.06)
