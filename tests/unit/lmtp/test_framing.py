"""Framing of command lines, dot-stuffed mails and chunks."""

from __future__ import annotations

import pytest

from skrytka_lmtp.framing import MAX_LINE_OCTETS, BareLineFeed, Body, Event, Framing, Line, LineTooLong


def events(framing: Framing, octets: bytes) -> list[Event]:
    framing.feed(octets)
    found: list[Event] = []
    while (event := framing.next_event()) is not None:
        found.append(event)
    return found


def mail(stream: bytes, size: int) -> tuple[bytes, bytes]:
    """Feed a DATA stream in pieces; the mail, and the line behind it."""
    framing = Framing()
    framing.read_data()
    body, rest, ended = b"", b"", False
    for start in range(0, len(stream), size):
        for event in events(framing, stream[start : start + size]):
            match event:
                case Body(octets, last):
                    assert not ended
                    body += octets
                    ended = last
                case Line(octets):
                    rest += octets
    assert ended
    return body, rest


def test_lines_keep_their_octets() -> None:
    assert events(Framing(), b"LHLO x\r\n\r\nA\0\xff\r\nrest") == [Line(b"LHLO x"), Line(b""), Line(b"A\0\xff")]


def test_a_line_octet_by_octet() -> None:
    framing = Framing()
    found = [event for octet in b"NOOP\r\nQUIT\r\n" for event in events(framing, bytes([octet]))]
    assert found == [Line(b"NOOP"), Line(b"QUIT")]


def test_a_bare_line_feed_is_an_event() -> None:
    assert events(Framing(), b"NOOP\nNOOP\r\n") == [BareLineFeed(), Line(b"NOOP")]


@pytest.mark.parametrize("piece", [1, 100, 1_000_000])
def test_a_line_too_long_is_dropped_to_its_end(piece: int) -> None:
    stream = b"x" * 5_000 + b"\r\nNOOP\r\n"
    framing = Framing()
    found = [event for at in range(0, len(stream), piece) for event in events(framing, stream[at : at + piece])]
    assert found == [LineTooLong(), Line(b"NOOP")]


def test_a_line_of_the_greatest_length_is_a_line() -> None:
    line = b"x" * (MAX_LINE_OCTETS - 1)
    assert events(Framing(), line + b"\r\n") == [Line(line)]
    assert events(Framing(), line + b"xx\r\n") == [LineTooLong()]


def test_an_endless_line_takes_no_memory() -> None:
    framing = Framing()
    for _ in range(100):
        assert events(framing, b"x" * 10_000) == []
        assert len(framing._buffer) <= MAX_LINE_OCTETS


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"a\r\n..b\r\n...\r\n.\r\n", b"a\r\n.b\r\n..\r\n"),
        (b".a\r\n.\r\n", b"a\r\n"),
        (b"a\n.\nb\r.\rc\n.\r\nd\r\n.\ne\r\n.\r\n", b"a\n.\nb\r.\rc\n.\r\nd\r\n\ne\r\n"),
        (b"\0\xff\r\r\n.\r\n", b"\0\xff\r\r\n"),
        (b"x" * 10_000 + b"\r\n.\r\n", b"x" * 10_000 + b"\r\n"),
    ],
)
@pytest.mark.parametrize("piece", [1, 2, 3, 5, 1_000_000])
def test_data_ends_at_crlf_dot_crlf_only(stream: bytes, expected: bytes, piece: int) -> None:
    assert mail(stream + b"NOOP\r\n", piece) == (expected, b"NOOP")


@pytest.mark.parametrize("piece", [1, 3, 1_000_000])
def test_a_chunk_is_counted(piece: int) -> None:
    framing = Framing()
    framing.read_chunk(9)
    stream = b"a\r\n.\r\nbc\nNOOP\r\n"
    found = [event for at in range(0, len(stream), piece) for event in events(framing, stream[at : at + piece])]
    bodies = [event for event in found if isinstance(event, Body)]
    assert b"".join(body.octets for body in bodies) == b"a\r\n.\r\nbc\n"
    assert [body.last for body in bodies] == [False] * (len(bodies) - 1) + [True]
    assert found[len(bodies) :] == [Line(b"NOOP")]


def test_an_empty_chunk_ends_at_once() -> None:
    framing = Framing()
    framing.read_chunk(0)
    assert events(framing, b"") == [Body(b"", last=True)]


def test_discard_forgets_what_came_before_tls() -> None:
    framing = Framing()
    framing.feed(b"MAIL FROM:<a@b>\r\nRC")
    framing.discard()
    assert events(framing, b"NOOP\r\n") == [Line(b"NOOP")]
