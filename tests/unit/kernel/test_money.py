"""Money is whole fen; people write and read yuan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.money import MOST_FEN, BadMoney, fen_of, yuan_said


@given(st.integers(-MOST_FEN, MOST_FEN))
def test_what_is_said_is_read_as_the_same(fen: int) -> None:
    assert fen_of(yuan_said(fen)) == fen


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_no_fen_is_lost_however_it_is_written(yuan: int, part: int) -> None:
    fen = yuan * 100 + part
    for text in (
        f"{yuan}.{part:02d}",
        f"{yuan:,}.{part:02d}",
        f"￥{yuan}.{part:02d}元",
        f" {yuan}.{part:02d}000 ",
        f"¥ {yuan:,}.{part:02d}",
    ):
        assert fen_of(text) == fen
    for text in (f"-{yuan}.{part:02d}", f"({yuan}.{part:02d})", f"（{yuan:,}.{part:02d}）"):
        assert fen_of(text) == -fen


@pytest.mark.parametrize(
    "text", ["", "1.234", "1,23", "12,34.00", "一百", "1e3", "--5", "(-5)", "5.", ".5", "9" * 16]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(BadMoney):
        fen_of(text)


def test_full_width_digits_are_digits() -> None:
    assert fen_of("１２３４．５０") == 123450
