"""Any octets in any chunking: framing gives events, the grammar a command or its one fault, and chunking changes nothing."""

from __future__ import annotations

from array import array
from contextlib import suppress
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from skrytka.plugin_api import mime, model
from skrytka_imap import responses, sections, utf7
from skrytka_imap.body import body_from
from skrytka_imap.commands import Expunge, Login, Search, Section, SectionText, SequenceSet, Tagged
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.framing import CommandReceived, Event, Framing, FramingError, Limits
from skrytka_imap.grammar import PARSERS, parse
from skrytka_imap.grammar.filters import filter_value
from skrytka_imap.renditions import derive_bodystructure, derive_envelope
from skrytka_imap.search import BadCharset, Listing
from tests.searches import matcher_of

LIMITS = Limits(line_octets=80, literal_octets=20, append_octets=40, discard_octets=150)
WORDS = [
    *(name.encode() + b" " for name in PARSERS),
    *(b"a ", b"UID ", b"\r\n", b"\n", b"(", b")", b'"', b"\\", b" ", b"{3+}\r\n", b"{9}\r\n", b"{200+}\r\n", b"INBOX"),
    *(b"1:*", b"2,4:3", b"0", b"*", b"99999999999", b"\\Seen", b"BODY[", b".PEEK[", b"HEADER.FIELDS ", b"]", b"<0.5>"),
    *(b"FLAGS", b"CHANGEDSINCE", b"MODSEQ", b"NOT ", b"OR ", b"SINCE ", b"1-Feb-1994", b"CHARSET ", b"utf-8", b"&AOk-"),
    *(b"FROM x", b"BODY y", b"TEXT z", b"KEYWORD k", b"&", b"NIL", b"\0", b"\xff", b"=", b"AGE="),
    *(b"/private/a", b"MAXSIZE 9", b"DEPTH 1", b"RETURN (METADATA (", b"FILTER f", b"~{3+}\r\n"),
]
DIALOGUES = st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=8))).map(b"".join)
ARGUMENTS = st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=4)), max_size=12).map(b"".join)


def events(octets: bytes, cuts: list[int]) -> list[Event]:
    framing = Framing(LIMITS)
    found: list[Event] = []
    places = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        framing.receive(octets[start:end])
        while (event := framing.next_event()) is not None:
            found.append(event)
    return found


@given(DIALOGUES, st.lists(st.integers(min_value=0)))
def test_chunks_change_nothing(octets: bytes, cuts: list[int]) -> None:
    assert events(octets, cuts) == events(octets, []) == events(octets, list(range(len(octets))))


@given(DIALOGUES)
def test_every_event_is_a_command_or_a_fault(octets: bytes) -> None:
    found = events(octets, [])
    for event in found:
        if isinstance(event, CommandReceived):
            parses(event.pieces)
    fatal = [isinstance(event, FramingError) and event.fatal for event in found]
    assert not any(fatal[:-1])


@given(st.sampled_from(sorted(PARSERS)), ARGUMENTS, st.lists(st.tuples(st.binary(max_size=9), ARGUMENTS), max_size=3))
def test_every_parser_gives_a_command_or_a_fault(name: str, text: bytes, literals: list[tuple[bytes, bytes]]) -> None:
    parses((b"a " + name.encode() + b" " + text, *(piece for pair in literals for piece in pair)))


def parses(pieces: tuple[bytes, ...]) -> None:
    outcome = outcome_of(pieces)
    assert isinstance(outcome, Tagged) or outcome.message.isprintable()


def outcome_of(pieces: tuple[bytes, ...]) -> Tagged | SyntaxFault:
    try:
        return parse(pieces)
    except SyntaxFault as fault:
        return fault


@given(st.one_of(DIALOGUES, ARGUMENTS.map(lambda text: text.strip())))
@example(b"SUBJECT {3}\r\na b FILTER x")
def test_every_filter_is_a_search_or_a_fault(octets: bytes) -> None:
    try:
        found = filter_value(octets)
    except SyntaxFault:
        return
    assert filter_value(octets) == found


@given(st.text())
def test_every_name_survives_utf7(name: str) -> None:
    octets = utf7.encode(name)
    assert octets.isascii()
    assert utf7.decode(octets) == name


@given(st.one_of(st.binary(), st.lists(st.sampled_from([b"&", b"-", b"AOk", b",", b"a", b"A"])).map(b"".join)))
def test_what_is_a_name_has_one_spelling(octets: bytes) -> None:
    try:
        name = utf7.decode(octets)
    except ValueError:
        return
    assert utf7.encode(name) == octets


@given(st.binary())
def test_a_string_comes_back_from_the_wire(octets: bytes) -> None:
    framing = Framing(Limits())
    framing.receive(b"a LOGIN " + responses.string(octets).replace(b"}\r\n", b"+}\r\n", 1) + b" x\r\n")
    event = framing.next_event()
    assert isinstance(event, CommandReceived)
    outcome = outcome_of(event.pieces)
    if isinstance(outcome, SyntaxFault):
        assert outcome.message == "The login name is not UTF-8"
    else:
        assert isinstance(outcome.command, Login)
        assert outcome.command.name.encode() == octets.replace(b"\0", b"")


RANGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=6).map(tuple)


@given(RANGES, st.sets(st.integers(1, 14)))
def test_sets_of_uids_mean_what_they_say(ranges: tuple[tuple[int, int], ...], existing: set[int]) -> None:
    uids = array("I", sorted(existing))
    largest = max(existing, default=0)
    wanted = {
        uid
        for first, last in ranges
        for uid in range(min(first or largest, last or largest), max(first or largest, last or largest) + 1)
    }
    found = [uids[place] for places in SequenceSet(ranges).indexes_of_uids(uids) for place in places]
    assert found == sorted(wanted & existing)


@given(st.sets(st.integers(1, 200)))
def test_a_written_set_reads_as_the_same(numbers: set[int]) -> None:
    written = responses.number_set(sorted(numbers))
    if not numbers:
        assert written == b""
        return
    command = parse((b"a UID EXPUNGE " + written,)).command
    assert isinstance(command, Expunge)
    assert command.uids is not None
    places = command.uids.indexes_of_uids(array("I", range(1, 201)))
    assert {place + 1 for found in places for place in found} == numbers


MIME_WORDS = [
    *(
        b"Content-Type: multipart/mixed; boundary=x\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"\r\n",
        b"--x\r\n",
        b"--x--\r\n",
    ),
    *(
        b"From: ",
        b"To: ",
        b"a@b",
        b"<",
        b">",
        b'"',
        b"\\",
        b",",
        b":",
        b";",
        b"(",
        b")",
        b"Subject: ",
        b"\xc3\xa9",
        b"\0",
    ),
    *(b"Content-Disposition: attachment; filename=", b"Content-Type: text/plain; name=", b"\n", b" ", b"text"),
]
MAILS = st.lists(st.one_of(st.sampled_from(MIME_WORDS), st.binary(max_size=6))).map(b"".join)
SECTIONS = st.builds(
    Section,
    st.lists(st.integers(1, 3), max_size=4).map(tuple),
    st.sampled_from([SectionText.WHOLE, SectionText.HEADER, SectionText.TEXT]),
)


@given(MAILS, SECTIONS)
def test_any_mail_has_renditions_and_sections(octets: bytes, section: Section) -> None:
    part = mime.scan(octets)
    envelope, structure = derive_envelope(octets, part), derive_bodystructure(octets, part)
    for rendition in (envelope, structure, body_from(structure)):
        assert (rendition[:1], rendition[-1:], b"\0" in rendition) == (b"(", b")", False)
    found = sections.extract(octets, part, section)
    assert found is None or found in octets


FLAGS = ("ANSWERED", "DELETED", "DRAFT", "FLAGGED", "SEEN")
KEYS = st.recursive(
    st.sampled_from(
        [
            *FLAGS,
            "RECENT",
            "2:3",
            "UID 4:*",
            "LARGER 5",
            "OLDER 9",
            "$",
            "FUZZY TEXT q",
            "SUBJECT x",
            "BODY y",
            "TEXT z",
        ]
    ),
    lambda keys: st.one_of(
        keys.map("NOT {}".format),
        st.tuples(keys, keys).map(lambda pair: "OR {} {}".format(*pair)),
        st.tuples(keys, keys).map(lambda pair: "({} {})".format(*pair)),
    ),
    max_leaves=8,
)


@given(KEYS, st.lists(st.integers(0, 31), max_size=5))
def test_a_search_and_its_opposite_share_the_folder(keys: str, flags: list[int]) -> None:
    """Whatever the listing decides or leaves open, the whole mail decides, and NOT decides the other way."""
    uids = array("I", range(3, 3 + len(flags)))
    listing = Listing(uids, array("B", flags), array("Q", uids), {}, (range(4, 6),), SequenceSet(((4, 5), (7, 9))))
    mail = b"Subject: x\r\n\r\ny"
    assert matching(f"NOT {keys}", listing, mail) == set(range(len(flags))) - matching(keys, listing, mail)


def matching(keys: str, listing: Listing, mail: bytes) -> set[int]:
    command = parse((b"a SEARCH " + keys.encode(),)).command
    assert isinstance(command, Search)
    matcher = matcher_of(command, listing)
    found = set(matcher.found)
    for place in matcher.undecided:
        uid = model.Uid(listing.uids[place])
        row = model.MessageRow(uid, model.Flags(listing.flags[place]), (), model.ModSeq(1), 0, 0, 6, model.ContentId(1))
        verdict = matcher.decide(place, row, octets=mail)
        assert verdict is not None
        early = matcher.decide(place, row)
        assert early in (None, verdict)
        if verdict:
            found.add(place)
    return found


@given(st.text(max_size=12), st.binary(max_size=4))
def test_any_charset_is_known_or_bad(charset: str, text: bytes) -> None:
    search = parse((b"a SEARCH CHARSET ", charset.encode("utf-8", "replace"), b" FROM ", text, b"")).command
    assert isinstance(search, Search)
    with suppress(BadCharset):
        matcher_of(search, Listing(array("I", [1]), array("B", [0]), array("Q", [1]), {}))
