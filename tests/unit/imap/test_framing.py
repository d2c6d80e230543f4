"""Framing: commands with literals, limits, and lines that a command waits for."""

from __future__ import annotations

import pytest

from skrytka_imap.framing import (
    CommandReceived,
    Event,
    Framing,
    FramingError,
    FramingErrorKind,
    Limits,
    LineReceived,
    LiteralWanted,
)

LIMITS = Limits(line_octets=40, literal_octets=10, append_octets=100, discard_octets=200)
LONG = "A command has at most 40 octets"
ENDLESS = "Too much follows a command that was refused"


def events(octets: bytes, limits: Limits = LIMITS, chunk: int | None = None) -> list[Event]:
    framing = Framing(limits)
    found: list[Event] = []
    size = chunk or max(len(octets), 1)
    for at in range(0, len(octets), size):
        framing.receive(octets[at : at + size])
        while (event := framing.next_event()) is not None:
            found.append(event)
    return found


def too_long(tag: bytes | None, message: str = LONG, *, fatal: bool = False) -> FramingError:
    return FramingError(FramingErrorKind.LINE_TOO_LONG, message, tag, fatal)


def too_large(tag: bytes, most: int, *, fatal: bool = False) -> FramingError:
    message = f"The literals of this command have at most {most} octets"
    return FramingError(FramingErrorKind.LITERAL_TOO_LARGE, message, tag, fatal)


NEXT = CommandReceived((b"b NOOP",))

CASES: list[tuple[bytes, list[Event]]] = [
    (b"a NOOP\r\nb NOOP\n", [CommandReceived((b"a NOOP",)), NEXT]),
    (b"\r\nb NOOP\r\n", [CommandReceived((b"",)), NEXT]),
    (b"a NO", []),
    (b"a N\rOOP\r\n", [CommandReceived((b"a N\rOOP",))]),
    (
        b"a LOGIN {3}\r\nann {3+}\r\nx\r\n\r\nb NOOP\r\n",
        [LiteralWanted(b"a", 3), CommandReceived((b"a LOGIN ", b"ann", b" ", b"x\r\n", b"")), NEXT],
    ),
    (b"a LOGIN {0+}\r\n x\r\n", [CommandReceived((b"a LOGIN ", b"", b" x"))]),
    (b'a LOGIN "{3}" x\r\n', [CommandReceived((b'a LOGIN "{3}" x',))]),
    (b"a X ~{2+}\r\n\0\xff\r\n", [CommandReceived((b"a X ~", b"\0\xff", b""))]),
    # limits of the text
    (b"a " + b"x" * 38 + b"\r\nb NOOP\r\n", [CommandReceived((b"a " + b"x" * 38,)), NEXT]),
    (b"a " + b"x" * 39 + b"\r\nb NOOP\r\n", [too_long(b"a"), NEXT]),
    (b"a " + b"x" * 39 + b"\nb NOOP\r\n", [too_long(b"a"), NEXT]),
    (b"a " + b"x" * 150 + b"\r\nb NOOP\r\n", [too_long(b"a"), NEXT]),
    (b"a " + b"x" * 500 + b"\r\nb NOOP\r\n", [too_long(b"a"), too_long(None, ENDLESS, fatal=True)]),
    (b"x" * 60 + b"\r\nb NOOP\r\n", [too_long(None), NEXT]),
    (b"a X {3+}\r\nann" + b"y" * 33 + b"\r\nb NOOP\r\n", [too_long(b"a"), NEXT]),
    (b"a " + b"x" * 50 + b" {9+}\r\nb EVIL\r\n\n\r\nb NOOP\r\n", [too_long(b"a"), NEXT]),
    (b"a " + b"x" * 50 + b" {9}\r\nb NOOP\r\n", [too_long(b"a"), NEXT]),
    (b"a " + b"x" * 50 + b" {190+}\r\n", [too_long(b"a"), too_long(None, ENDLESS, fatal=True)]),
    # limits of the literals
    (b"a X {10}\r\n0123456789\r\n", [LiteralWanted(b"a", 10), CommandReceived((b"a X ", b"0123456789", b""))]),
    (b"a X {11}\r\nb NOOP\r\n", [too_large(b"a", 10), NEXT]),
    (b"a X {6+}\r\n012345{5}\r\nb NOOP\r\n", [too_large(b"a", 10), NEXT]),
    (b"a X {11+}\r\nb EVIL\r\n123\r\nb NOOP\r\n", [too_large(b"a", 10), NEXT]),
    (b"a X {11+}\r\nb EVIL\r\n123 {9+}\r\n\r\nb EVIL\n\r\nb NOOP\r\n", [too_large(b"a", 10), NEXT]),
    (b"a X {201+}\r\nb EVIL\r\n", [too_large(b"a", 10, fatal=True)]),
    (b"a X {99999999999999999999}\r\nb NOOP\r\n", [too_large(b"a", 10), NEXT]),
    (
        b"a append x {110}\r\n" + b"m" * 110 + b"\r\n",
        [LiteralWanted(b"a", 110), CommandReceived((b"a append x ", b"m" * 110, b""))],
    ),
    (b"a APPEND x {111}\r\n", [too_large(b"a", 110)]),
    (b"a APPENDIX x {11}\r\n", [too_large(b"a", 10)]),
]


def test_the_mails_of_a_command_are_bounded_each_and_together() -> None:
    limits = Limits(line_octets=80, literal_octets=10, append_octets=30, mail_octets=20)
    name, mail = b"{5+}\r\nINBOX ", b"{20+}\r\n" + b"m" * 20 + b" "
    for octets, message in [
        (b"a APPEND " + name + b"{21}\r\n", "A message has at most 20 octets"),
        (b"a APPEND " + name + mail + b"{20}\r\n", "The literals of this command have at most 40 octets"),
        (b"a APPEND {11}\r\n", "The literals of this command have at most 10 octets"),
        (b"a UID REPLACE 17 {11}\r\n", "The literals of this command have at most 10 octets"),
        (b"a UID REPLACE 17 x {21}\r\n", "A message has at most 20 octets"),
    ]:
        framing = Framing(limits)
        framing.receive(octets + b"b NOOP\r\n")
        assert framing.next_event() == FramingError(FramingErrorKind.LITERAL_TOO_LARGE, message, b"a", fatal=False)
        assert framing.next_event() == NEXT


@pytest.mark.parametrize(("octets", "expected"), CASES)
def test_events(octets: bytes, expected: list[Event]) -> None:
    assert events(octets) == expected


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
@pytest.mark.parametrize(("octets", "expected"), CASES)
def test_events_do_not_depend_on_chunks(octets: bytes, expected: list[Event], chunk: int) -> None:
    assert events(octets, chunk=chunk) == expected


def test_a_line_that_was_pipelined_behind_its_command_is_delivered_raw() -> None:
    framing = Framing(LIMITS)
    framing.receive(b"a IDLE\r\nDONE\r\n {3+}\r\nb NOOP\r\n")
    assert framing.next_event() == CommandReceived((b"a IDLE",))
    framing.expect_line()
    assert framing.next_event() == LineReceived(b"DONE")
    framing.expect_line()
    assert framing.next_event() == LineReceived(b" {3+}")
    assert framing.next_event() == NEXT
    assert framing.next_event() is None


def test_a_raw_line_that_is_too_long_has_no_tag() -> None:
    framing = Framing(LIMITS)
    framing.expect_line()
    framing.receive(b"a " + b"x" * 50 + b"\r\nb NOOP\r\n")
    assert framing.next_event() == too_long(None)
    assert framing.next_event() == NEXT


def test_a_refused_literal_takes_its_command_with_it() -> None:
    framing = Framing(LIMITS)
    framing.receive(b"a X {5}\r\n")
    assert framing.next_event() == LiteralWanted(b"a", 5)
    framing.refuse_literal()
    framing.receive(b"b NOOP\r\n")
    assert framing.next_event() == NEXT


def test_what_came_behind_compress_is_handed_over() -> None:
    framing = Framing(LIMITS)
    framing.receive(b"a COMPRESS DEFLATE\r\n\x01\x02\n")
    assert framing.next_event() == CommandReceived((b"a COMPRESS DEFLATE",))
    assert framing.take_rest() == b"\x01\x02\n"
    framing.receive(b"b NOOP\r\n")
    assert framing.next_event() == NEXT


def test_discarding_forgets_what_came_before_tls() -> None:
    framing = Framing(LIMITS)
    framing.receive(b"a STARTTLS\r\nb LOGIN evil evil\r\n")
    assert framing.next_event() == CommandReceived((b"a STARTTLS",))
    assert framing.in_command
    framing.discard()
    assert not framing.in_command
    framing.receive(b"b NOOP\r\n")
    assert framing.next_event() == NEXT


def test_limits_change_between_two_commands() -> None:
    framing = Framing(LIMITS)
    framing.receive(b"a LOGIN x y\r\nb X {11}\r\n")
    assert framing.next_event() == CommandReceived((b"a LOGIN x y",))
    framing.limits = Limits(literal_octets=11)
    assert framing.next_event() == LiteralWanted(b"b", 11)


def test_after_a_fatal_error_nothing_is_read() -> None:
    framing = Framing(LIMITS)
    framing.receive(b"a X {201+}\r\n")
    assert framing.next_event() == too_large(b"a", 10, fatal=True)
    framing.receive(b"b NOOP\r\n")
    assert framing.next_event() is None
    assert not framing.in_command


@pytest.mark.parametrize("began", [b"a", b"a X {5+}\r\n", b"a X {5+}\r\nab", b"a X {5+}\r\nabcde", b"a X {11+}\r\nab"])
def test_a_command_that_has_begun(began: bytes) -> None:
    framing = Framing(LIMITS)
    assert not framing.in_command
    framing.receive(began)
    while framing.next_event() is not None:
        pass
    assert framing.in_command
