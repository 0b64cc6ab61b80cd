"""Stretches of a file, as players ask for them (RFC 9110, 14.1.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.support.files.policy import NoSuchSpan, Span, span_of


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-99", Span(0, 99)),
        ("bytes=100-", Span(100, 999)),
        ("bytes=-1", Span(999, 999)),
        ("bytes=-5000", Span(0, 999)),
        ("bytes=990-5000", Span(990, 999)),
        (None, None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("bytes=5-2", None),
        ("bytes=x-2", None),
        ("bytes", None),
        ("bytes=-", None),
    ],
)
def test_a_range_means_one_stretch_or_is_passed_over(header: str | None, span: Span | None) -> None:
    if header == "bytes=-":
        with pytest.raises(NoSuchSpan):
            span_of(header, 1000)
    else:
        assert span_of(header, 1000) == span


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_what_lies_outside_is_refused(header: str) -> None:
    with pytest.raises(NoSuchSpan) as refused:
        span_of(header, 1000)
    assert refused.value.size == 1000


@given(st.text(max_size=40), st.integers(0, 10_000))
def test_any_header_gives_a_stretch_inside_the_file(header: str, size: int) -> None:
    try:
        span = span_of(header, size)
    except NoSuchSpan:
        return
    assert span is None or 0 <= span.first <= span.last < size
