"""Any octets in any chunking: framing and grammar give events, commands or their named error, and chunking changes nothing."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from skrytka_lmtp import commands as lmtp_commands
from skrytka_lmtp import framing as lmtp_framing
from skrytka_lmtp import grammar as lmtp_grammar
from skrytka_pop3 import framing as pop3_framing
from skrytka_pop3 import grammar as pop3_grammar
from skrytka_pop3.replies import Mail, render

_LMTP_WORDS = [
    *(
        b"LHLO ",
        b"MAIL FROM:",
        b"RCPT TO:",
        b"<ann@example.org>",
        b"<>",
        b" SIZE=",
        b"DATA\r\n",
        b"BDAT ",
        b" LAST\r\n",
    ),
    *(
        b"7",
        b"\r\n",
        b"\r\n.\r\n",
        b".",
        b"\r",
        b"\n",
        b'"',
        b"\\",
        b"QUIT\r\n",
        b"\0",
        b"\xc3\xa4",
        b"\xff",
        b"x" * 3_000,
    ),
]
_POP3_WORDS = [
    *(
        b"USER ",
        b"PASS ",
        b"AUTH PLAIN ",
        b"AGEAYg==",
        b"RETR ",
        b"TOP ",
        b"1",
        b"0",
        b" ",
        b"\r\n",
        b"\n",
        b"\r",
        b"*",
    ),
    *(b"QUIT\r\n", b"\0", b"\xc3\xa4", b"\xff", b"9" * 5_000, b"x" * 13_000),
]


def streams(words: list[bytes]) -> st.SearchStrategy[bytes]:
    return st.lists(st.one_of(st.sampled_from(words), st.binary(max_size=20)), max_size=30).map(b"".join)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    at = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(at)]


cuts = st.lists(st.integers(min_value=0, max_value=10**6), max_size=20)


def lmtp_events(chunks: list[bytes]) -> list[object]:
    """What a conversation makes of the stream when every DATA and BDAT is accepted; bodies joined."""
    framing = lmtp_framing.Framing()
    found: list[object] = []
    body = b""
    for chunk in chunks:
        framing.feed(chunk)
        while (event := framing.next_event()) is not None:
            if isinstance(event, lmtp_framing.Body):
                body += event.octets
                if event.last:
                    found.append(body)
                    body = b""
            elif isinstance(event, lmtp_framing.Line):
                found.append(lmtp_command(framing, event.octets))
            else:
                found.append(event)
    return [*found, body]


def lmtp_command(framing: lmtp_framing.Framing, line: bytes) -> object:
    try:
        command = lmtp_grammar.parse(line)
    except lmtp_grammar.BadCommand as error:
        return error.code, error.enhanced, error.text
    match command:
        case lmtp_commands.Data():
            framing.read_data()
        case lmtp_commands.Bdat(size_octets):
            framing.read_chunk(size_octets)
    return command


def pop3_events(chunks: list[bytes]) -> list[object]:
    framing = pop3_framing.Framing()
    found: list[object] = []
    for chunk in chunks:
        framing.feed(chunk)
        while (event := framing.next_event()) is not None:
            found.append(pop3_command(event))
    return found


def pop3_command(event: pop3_framing.Event) -> object:
    if isinstance(event, pop3_framing.LineTooLong):
        return event
    outcomes: list[object] = []
    for parse in (pop3_grammar.parse, pop3_grammar.parse_response):
        try:
            outcomes.append(parse(event.octets))
        except pop3_grammar.BadCommand as error:
            outcomes.append(str(error))
    return outcomes


@given(streams(_LMTP_WORDS), cuts)
def test_lmtp_in_any_chunking(stream: bytes, cuts: list[int]) -> None:
    assert lmtp_events(pieces(stream, cuts)) == lmtp_events([stream])


@given(streams(_POP3_WORDS), cuts)
def test_pop3_in_any_chunking(stream: bytes, cuts: list[int]) -> None:
    assert pop3_events(pieces(stream, cuts)) == pop3_events([stream])


mails = st.lists(st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"a", b"\0", b"\r\n.\r\n"]), max_size=40).map(b"".join)


@given(mails, cuts)
def test_lmtp_data_brings_back_what_was_stuffed(mail: bytes, cuts: list[int]) -> None:
    """Stuffed as RFC 5321 section 4.5.2 tells a client to."""
    stuffed = (b"\r\n" + mail + b"\r\n").replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
    framing = lmtp_framing.Framing()
    framing.read_data()
    got, ended = b"", False
    for chunk in pieces(stuffed, cuts):
        framing.feed(chunk)
        while (event := framing.next_event()) is not None:
            assert isinstance(event, lmtp_framing.Body)
            got, ended = got + event.octets, event.last
    assert ended
    assert got == mail + b"\r\n"


@given(mails)
def test_pop3_mail_brings_back_its_octets(mail: bytes) -> None:
    """As a client does that takes LF for the line end: undo the dots, and take the CRLF away that was missing."""
    lines = b"".join(render(Mail("mail", mail))).split(b"\n")
    assert lines[0] == b"+OK mail\r"
    assert lines.index(b".\r") == len(lines) - 2
    got = b"\n".join(line.removeprefix(b".") for line in lines[1:-2]) + b"\n"
    assert got == (mail if mail.endswith(b"\r\n") else mail + b"\r\n")
