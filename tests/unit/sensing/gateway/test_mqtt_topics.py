"""Topic filters: what they match and which filter reaches no further than another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.sensing.gateway.mqtt.reasons import MalformedPacket
from linli.sensing.gateway.mqtt.topics import check_filter, covered_by_any, covers, matches

LEVEL = st.sampled_from(["a", "b", "", "水", "$c"])
TOPIC = st.lists(LEVEL, min_size=1, max_size=4).map("/".join).filter(bool)
LEVELS = st.lists(st.sampled_from(["a", "b", "", "+", "$c"]), max_size=4)
FILTER = (LEVELS | LEVELS.map(lambda levels: [*levels, "#"])).map("/".join).filter(bool)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "matching"),
    [
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", True),
        ("sport/#", "sport", True),
        ("#", "sport/tennis", True),
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/monitor", False),
        ("+/monitor", "$SYS/monitor", False),
        ("$SYS/#", "$SYS/monitor", True),
        ("accounts", "Accounts", False),
    ],
)
def test_examples_of_the_standard(topic_filter: str, topic: str, *, matching: bool) -> None:
    """Chapter 4.7."""
    assert matches(topic_filter, topic) is matching


@pytest.mark.parametrize("wrong", ["", "a#", "a/#/b", "#/a", "+a", "a/b+", "##", "++"])
def test_filters_the_standard_forbids(wrong: str) -> None:
    with pytest.raises(MalformedPacket):
        check_filter(wrong)


@pytest.mark.parametrize("right", ["#", "+", "a/+/b", "+/tennis/#", "/", "/+", "a//#"])
def test_filters_the_standard_allows(right: str) -> None:
    check_filter(right)


@given(wide=FILTER, narrow=FILTER, topic=TOPIC)
def test_a_covering_filter_matches_all_the_other_matches(
    wide: str, narrow: str, topic: str
) -> None:
    if covers(wide, narrow) and matches(narrow, topic):
        assert matches(wide, topic)


@given(topic=TOPIC, topic_filter=FILTER)
def test_covering_a_name_is_matching_it(topic: str, topic_filter: str) -> None:
    assert covers(topic_filter, topic) is matches(topic_filter, topic)


@given(topic_filter=FILTER)
def test_a_filter_covers_itself(topic_filter: str) -> None:
    assert covers(topic_filter, topic_filter)
    assert covered_by_any(["x", topic_filter], topic_filter)
    assert not covered_by_any([], topic_filter)
