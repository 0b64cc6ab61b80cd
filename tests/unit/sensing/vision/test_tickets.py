"""Tickets open exactly what they were made for."""

from hypothesis import given
from hypothesis import strategies as st

from linli.sensing.vision.tickets import Ticket, View, admits, signed

KEY = b"0123456789abcdef0123456789abcdef"
TICKET = Ticket("YG-GK-01", View.LIVE, 1_000)


def test_a_ticket_admits_until_it_ends() -> None:
    text = signed(TICKET, KEY)
    assert admits(text, KEY, Ticket("YG-GK-01", View.LIVE, 999))
    assert not admits(text, KEY, Ticket("YG-GK-01", View.LIVE, 1_000))
    assert not admits(text, KEY, Ticket("YG-GK-02", View.LIVE, 999))
    assert not admits(text, KEY, Ticket("YG-GK-01", View.CLIP, 999))
    assert not admits(text, b"another key of thirty-two bytes!", Ticket("YG-GK-01", View.LIVE, 999))


@given(text=st.text(max_size=200))
def test_no_other_text_is_a_ticket(text: str) -> None:
    assert not admits(text, KEY, Ticket("YG-GK-01", View.LIVE, 0))


@given(at=st.integers(0, 200), to=st.characters(codec="ascii"))
def test_a_changed_ticket_is_none(at: int, to: str) -> None:
    text = signed(TICKET, KEY)
    changed = text[: at % len(text)] + to + text[at % len(text) + 1 :]
    assert changed == text or not admits(changed, KEY, Ticket("YG-GK-01", View.LIVE, 0))
