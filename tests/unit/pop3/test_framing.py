"""Framing of lines."""

from __future__ import annotations

import pytest

from skrytka_pop3.framing import MAX_LINE_OCTETS, Event, Framing, Line, LineTooLong


def events(stream: bytes, piece: int, framing: Framing | None = None) -> list[Event]:
    framing = framing or Framing()
    found: list[Event] = []
    for at in range(0, len(stream), piece):
        framing.feed(stream[at : at + piece])
        while (event := framing.next_event()) is not None:
            found.append(event)
        assert len(framing._buffer) <= MAX_LINE_OCTETS
    return found


@pytest.mark.parametrize("piece", [1, 2, 7, 1_000_000])
def test_lines_in_any_pieces(piece: int) -> None:
    stream = b"STAT\r\nNOOP\n\r\nPASS a\0\xff \r\n" + b"x" * 30_000 + b"\r\nQUIT\r\nST"
    expected = [Line(b"STAT"), Line(b"NOOP"), Line(b""), Line(b"PASS a\0\xff "), LineTooLong(), Line(b"QUIT")]
    assert events(stream, piece) == expected


def test_a_line_of_the_greatest_length_is_a_line() -> None:
    line = b"x" * (MAX_LINE_OCTETS - 1)
    assert events(line + b"\r\n", 1_000_000) == [Line(line)]
    assert events(line + b"xx\r\n", 1_000_000) == [LineTooLong()]


def test_discard_forgets_what_came_before_tls() -> None:
    framing = Framing()
    framing.feed(b"USER ann\r\nPA")
    framing.discard()
    assert events(b"CAPA\r\n", 1, framing) == [Line(b"CAPA")]
