"""Every numbered statement of both standards is either tested here or does not concern linli.

The numbers are those of the OASIS standards (3.1.1 of October 2014, 5.0 of March 2019). A test
names its statements in its docstring, `[MQTT-3.1.2-4]` or `[MQTT-3.1.2-4..6]`, followed by
"of 3.1.1" or "of 5" where the same number says different things.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.mqtt.test_malformed import AFTER_CONNECT, BEFORE_CONNECT

from linli.sensing.gateway.mqtt.packets import V5, V311

HERE = Path(__file__).parent
SERVER_STORIES = HERE.parents[1] / "unit" / "sensing" / "gateway" / "test_mqtt_server.py"
MENTION = re.compile(r"\[MQTT-(\d+\.\d+\.\d+)-(\d+)(?:\.\.(\d+))?\](?:[ ,]*of (3\.1\.1|5)\b)?")

LAST_5 = """
1.5.4-3 1.5.5-1 1.5.7-1 2.1.3-1 2.2.1-6 2.2.2-1 3.1.0-2 3.1.2-30 3.1.3-12 3.1.4-6 3.2.0-2 3.2.2-22
3.3.1-13 3.3.2-20 3.3.4-10 3.4.2-3 3.5.2-3 3.6.1-1 3.6.2-3 3.7.2-3 3.8.1-1 3.8.3-5 3.8.4-8 3.9.2-2
3.9.3-2 3.10.1-1 3.10.3-2 3.10.4-6 3.11.2-2 3.11.3-2 3.12.4-1 3.14.0-1 3.14.1-1 3.14.2-4 3.14.4-3
3.15.1-1 3.15.2-3 4.1.0-2 4.2.0-1 4.3.1-1 4.3.2-5 4.3.3-13 4.4.0-2 4.5.0-2 4.6.0-6 4.7.0-1 4.7.1-2
4.7.2-1 4.7.3-4 4.8.2-6 4.9.0-3 4.12.0-7 4.12.1-2 4.13.1-1 4.13.2-1 6.0.0-4
"""
LAST_311 = """
1.5.3-3 2.2.2-2 2.3.1-7 3.1.0-2 3.1.2-24 3.1.3-11 3.1.4-5 3.2.0-1 3.2.2-6 3.3.1-12 3.3.2-3 3.3.4-1
3.3.5-2 3.6.1-1 3.8.1-1 3.8.3-4 3.8.4-6 3.9.3-2 3.10.1-1 3.10.3-2 3.10.4-6 3.12.4-1 3.14.1-1
3.14.4-3 4.1.0-2 4.3.1-1 4.3.2-2 4.3.3-2 4.4.0-1 4.5.0-1 4.6.0-6 4.7.1-3 4.7.2-1 4.7.3-4 4.8.0-2
6.0.0-4
"""
CLIENT = "an obligation of clients"
RETAIN = "nothing is retained, and CONNACK of 5 says so"
FORWARD = "no message goes from one client to another"
SHARED = "shared subscriptions are not offered"
NO_EXCHANGE = "enhanced authentication is not offered"
LENGTH = "two length bytes cannot say more"
NOTHING_TO_FIT = "no user properties, response information or server reference are sent"

CONCERNS_OTHERS_5 = {
    "3.1.2-15": RETAIN,
    "3.1.2-20": CLIENT,
    "3.1.2-30": CLIENT,
    "3.1.3-1": "the codec's round trip",
    "3.1.3-10": FORWARD,
    "3.2.2-4": CLIENT,
    "3.2.2-5": CLIENT,
    "3.2.2-8": "the codec knows no other codes",
    "3.2.2-10": "every QoS is taken",
    "3.2.2-11": CLIENT,
    "3.2.2-12": "every QoS is taken",
    "3.2.2-20": NOTHING_TO_FIT,
    "3.3.1-9": RETAIN,
    "3.3.1-10": RETAIN,
    "3.3.1-11": RETAIN,
    "3.3.1-12": RETAIN,
    "3.3.1-13": RETAIN,
    "3.3.2-4": FORWARD,
    "3.3.2-10": CLIENT,
    "3.3.2-15": FORWARD,
    "3.3.2-16": FORWARD,
    "3.3.2-17": FORWARD,
    "3.3.2-18": FORWARD,
    "3.3.2-20": FORWARD,
    "3.3.4-5": "one copy is sent, with every identifier",
    "3.3.4-8": CLIENT,
    "3.4.2-3": NOTHING_TO_FIT,
    "3.5.2-2": "as for PUBACK: one function writes both",
    "3.5.2-3": NOTHING_TO_FIT,
    "3.6.2-2": NOTHING_TO_FIT,
    "3.6.2-3": NOTHING_TO_FIT,
    "3.7.2-2": NOTHING_TO_FIT,
    "3.7.2-3": NOTHING_TO_FIT,
    "3.8.3-3": FORWARD,
    "3.8.4-4": RETAIN,
    "3.9.2-1": NOTHING_TO_FIT,
    "3.9.2-2": NOTHING_TO_FIT,
    "3.11.2-1": NOTHING_TO_FIT,
    "3.11.2-2": NOTHING_TO_FIT,
    "3.14.2-4": NOTHING_TO_FIT,
    "3.15.2-1": NO_EXCHANGE,
    "3.15.2-2": NO_EXCHANGE,
    "3.15.2-3": NO_EXCHANGE,
    "4.3.2-2": "stated for senders; commands: 3.3.1-1..3",
    "4.3.2-3": "4.4.0-1",
    "4.3.3-1": "no command goes out at QoS 2",
    "4.3.3-2": "no command goes out at QoS 2",
    "4.3.3-3": "no command goes out at QoS 2",
    "4.3.3-4": "no command goes out at QoS 2",
    "4.3.3-5": "no command goes out at QoS 2",
    "4.3.3-6": "no command goes out at QoS 2",
    "4.3.3-7": "no command goes out at QoS 2",
    "4.3.3-13": "messages from clients do not expire",
    "4.5.0-2": CLIENT,
    "4.6.0-4": CLIENT,
    "4.6.0-5": FORWARD,
    "4.7.3-3": LENGTH,
    "4.8.2-3": SHARED,
    "4.8.2-4": SHARED,
    "4.8.2-5": SHARED,
    "4.8.2-6": SHARED,
    "4.12.0-2": NO_EXCHANGE,
    "4.12.0-3": NO_EXCHANGE,
    "4.12.0-5": NO_EXCHANGE,
    "4.12.1-2": NO_EXCHANGE,
}
CONCERNS_OTHERS_311 = {
    "2.3.1-2": CLIENT,
    "2.3.1-3": CLIENT,
    "2.3.1-5": "a PUBLISH of QoS 0 has no such field: the codec's round trip",
    "3.1.2-7": RETAIN,
    "3.1.2-23": CLIENT,
    "3.1.3-1": "the codec's round trip",
    "3.3.1-9": RETAIN,
    "3.3.1-10": RETAIN,
    "3.3.1-11": RETAIN,
    "3.3.1-12": RETAIN,
    "4.3.3-1": "no command goes out at QoS 2",
    "4.6.0-4": CLIENT,
    "4.6.0-5": FORWARD,
    "4.7.3-3": LENGTH,
    "4.8.0-2": CLIENT,
}


def numbers(last: str) -> set[str]:
    """Write out 3.1.0-1, 3.1.0-2 for 3.1.0-2. 5 has no 2.2.1-1."""
    return {
        f"{section}-{number}"
        for section, _, highest in (one.partition("-") for one in last.split())
        for number in range(2 if section == "2.2.1" else 1, int(highest) + 1)
    }


def mentions() -> Iterator[tuple[int, str]]:
    """Find what the tests say they test, as (version, statement)."""
    for file in (*HERE.glob("test_*.py"), SERVER_STORIES):
        if file == Path(__file__):
            continue
        for section, first, last, version in MENTION.findall(file.read_text()):
            for number in range(int(first), int(last or first) + 1):
                for one, name in ((V311, "3.1.1"), (V5, "5")):
                    if version in {"", name}:
                        yield one, f"{section}-{number}"
    for case in (*BEFORE_CONNECT, *AFTER_CONNECT):
        for statement in case.statements.split():
            yield case.version, statement


def test_every_statement_of_5_is_accounted_for() -> None:
    tested = {statement for version, statement in mentions() if version == V5}
    assert numbers(LAST_5) - tested - CONCERNS_OTHERS_5.keys() == set()
    assert CONCERNS_OTHERS_5.keys() <= numbers(LAST_5) - tested


def test_every_statement_of_3_1_1_is_accounted_for() -> None:
    tested = {statement for version, statement in mentions() if version == V311}
    assert numbers(LAST_311) - tested - CONCERNS_OTHERS_311.keys() == set()
    assert CONCERNS_OTHERS_311.keys() <= numbers(LAST_311) - tested
