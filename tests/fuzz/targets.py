"""What the fuzzers feed with octets, one function per parser. A broken promise is an ``AssertionError``.

The first octet says how the rest is cut into chunks, so that a fuzzer finds chunkings as it finds octets. Work is counted,
never timed: events, pieces, parts and fields are bounded by the octets that they came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from skrytka.plugin_api import mime
from skrytka_imap import responses, sections, utf7
from skrytka_imap.body import body_from
from skrytka_imap.commands import Create, Login, Section, SectionText, Tagged
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.framing import CommandReceived, Event, Framing, FramingError, Limits
from skrytka_imap.grammar import parse
from skrytka_imap.renditions import derive_bodystructure, derive_envelope
from skrytka_lmtp import framing as lmtp_framing
from tests.properties.test_imap_core import outcome_of
from tests.properties.test_lmtp_pop3 import lmtp_events, pop3_events
from tests.properties.test_mime import derive_everything
from tests.unit.mime.trees import check_invariants

TIGHT = Limits(line_octets=80, literal_octets=20, append_octets=40, discard_octets=150)
WIDE = Limits(line_octets=1 << 20, literal_octets=1 << 20, append_octets=1 << 20)


def chunks(data: bytes) -> Iterator[bytes]:
    """Pieces of all but the first octet, whose value gives their length; 0 leaves it whole."""
    size, octets = (data[0] if data else 0), data[1:]
    step = size or max(len(octets), 1)
    for start in range(0, len(octets), step):
        yield octets[start : start + step]


def imap_framing(data: bytes) -> None:
    """Chunks change nothing; a fatal error is the last event; what is kept, and what comes out, is within the limits."""
    for limits in (TIGHT, WIDE):
        events = _framed(chunks(data), limits)
        assert events == _framed([data[1:]], limits)
        fatal = [isinstance(event, FramingError) and event.fatal for event in events]
        assert not any(fatal[:-1])
        for event in events:
            if isinstance(event, CommandReceived):
                _within_limits(event, limits)
                _comes_back(event)
        # every event has used up an octet of its own, but a literal that is wanted and the error of it
        assert len(events) <= 2 * len(data) + 1


def _framed(pieces: Iterator[bytes] | list[bytes], limits: Limits) -> list[Event]:
    framing = Framing(limits)
    found: list[Event] = []
    for piece in pieces:
        framing.receive(piece)
        while (event := framing.next_event()) is not None:
            found.append(event)
        kept = limits.line_octets + limits.literal_octets + limits.append_octets + 2
        assert len(framing._buffer) <= kept, "more is buffered than one command may have"
    return found


def _within_limits(command: CommandReceived, limits: Limits) -> None:
    assert sum(map(len, command.pieces[::2])) <= limits.line_octets
    assert sum(map(len, command.pieces[1::2])) <= limits.literal_octets + limits.append_octets


def _comes_back(command: CommandReceived) -> None:
    """Written again with literals that nobody waits for, it is the same command."""
    texts, literals = command.pieces[::2], [*command.pieces[1::2], None]
    written = b"".join(
        text + (b"{%d+}\r\n%b" % (len(literal), literal) if literal is not None else b"\r\n")
        for text, literal in zip(texts, literals, strict=True)
    )
    assert _framed([written], WIDE) == [command]


def imap_grammar(data: bytes) -> None:
    """A command or one fault that can be shown; what we format of what was read is read as the same."""
    for event in _framed([data], WIDE):
        if not isinstance(event, CommandReceived):
            continue
        outcome = outcome_of(event.pieces)
        if isinstance(outcome, SyntaxFault):
            assert outcome.message.isprintable()
            continue
        match outcome.command:
            case Login(name=name, password=password):
                again = _parsed(b"a LOGIN %b %b" % (_string(name.encode()), _string(password.encode())))
                assert again.command == outcome.command
            case Create(name=folder):
                again = _parsed(b"a CREATE " + _string(utf7.encode(folder)))
                assert again.command == outcome.command


def _string(octets: bytes) -> bytes:
    """As a client would send what ``responses.string`` writes."""
    written = responses.string(octets)
    return written if written.startswith(b'"') else written.replace(b"}\r\n", b"+}\r\n", 1)


def _parsed(line: bytes) -> Tagged:
    [event] = _framed([line + b"\r\n"], WIDE)
    assert isinstance(event, CommandReceived)
    return parse(event.pieces)


def pop3(data: bytes) -> None:
    """Framing and grammar together: chunks change nothing, and a line has one outcome."""
    events = pop3_events(list(chunks(data)))
    assert events == pop3_events([data[1:]])
    assert len(events) <= data[1:].count(b"\n")


def lmtp(data: bytes) -> None:
    """Chunks change nothing, and no body has an octet that was not sent."""
    events = lmtp_events(list(chunks(data)))
    assert events == lmtp_events([data[1:]])
    assert len(events) <= len(data) + 1
    assert sum(len(event) for event in events if isinstance(event, bytes)) <= len(data)


def lmtp_data(data: bytes) -> None:
    """A mail of any octets, stuffed as RFC 5321 section 4.5.2 says, comes back, and what follows it is a line."""
    mail = data[1:]
    stuffed = (b"\r\n" + mail + b"\r\n").replace(b"\r\n.", b"\r\n..")[2:] + b".\r\nQUIT\r\n"
    framing = lmtp_framing.Framing()
    framing.read_data()
    got, lines = b"", []
    for piece in chunks((data[:1] or b"\0") + stuffed):
        framing.feed(piece)
        while (event := framing.next_event()) is not None:
            if isinstance(event, lmtp_framing.Body):
                got += event.octets
            else:
                lines.append(event)
    assert (got, lines) == (mail + b"\r\n", [lmtp_framing.Line(b"QUIT")])


def mime_scanner(data: bytes) -> None:
    """The tree covers the octets, its offsets lie within them, everything can be derived, and parts cost octets."""
    part = mime.scan(data)
    assert check_invariants(data, part) <= 2 * len(data) + 1
    derive_everything(data, part)
    assert len(mime.preview(data, part)) <= 256
    envelope, structure = derive_envelope(data, part), derive_bodystructure(data, part)
    for rendition in (envelope, structure, body_from(structure)):
        assert (rendition[:1], rendition[-1:], b"\0" in rendition) == (b"(", b")", False)
        assert _balanced(rendition)
    for numbers in ((), (1,), (1, 1), (2,)):
        for text in (SectionText.WHOLE, SectionText.HEADER, SectionText.TEXT):
            found = sections.extract(data, part, Section(numbers, text))
            assert found is None or found in data


def _balanced(rendition: bytes) -> bool:
    """Read as IMAP reads it: strings, literals, and as many opening parentheses as closing ones."""
    depth, position = 0, 0
    while position < len(rendition):
        octet = rendition[position : position + 1]
        if octet == b'"':
            position += 1
            while rendition[position : position + 1] != b'"':
                position += 2 if rendition[position : position + 1] == b"\\" else 1
        elif octet == b"{":
            end = rendition.index(b"}\r\n", position)
            position = end + 2 + int(rendition[position + 1 : end])
        depth += (octet == b"(") - (octet == b")")
        if depth < 0:
            return False
        position += 1
    return depth == 0


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (imap_framing, imap_grammar, pop3, lmtp, lmtp_data, mime_scanner)
}
