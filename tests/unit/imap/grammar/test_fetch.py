"""The grammar of FETCH, its items and its sections."""

from __future__ import annotations

import pytest

from skrytka_imap import commands as c
from tests.unit.imap.grammar.reading import ONE, SAVED, Commands, Faults, fault, read

A = c.FetchAttribute
T = c.SectionText
OF_ITSELF = (A.EMAILID, A.THREADID, A.PREVIEW_LAZY, A.PREVIEW)

COMMANDS: Commands = [
    (
        b"FETCH 1 (BINARY[1.2] BINARY.PEEK[]<3.4> BINARY.SIZE[1])",
        c.Fetch(ONE, (c.BinarySection((1, 2)), c.BinarySection((), True, c.Partial(3, 4)), c.BinarySize((1,)))),
    ),
    (b"FETCH 1 (EMAILID threadid PREVIEW (lazy) preview)", c.Fetch(ONE, OF_ITSELF)),
    (b"FETCH 1 FAST", c.Fetch(ONE, (A.FLAGS, A.INTERNALDATE, A.RFC822_SIZE))),
    (b"FETCH 1 all", c.Fetch(ONE, (A.FLAGS, A.INTERNALDATE, A.RFC822_SIZE, A.ENVELOPE))),
    (b"FETCH 1 FULL", c.Fetch(ONE, (A.FLAGS, A.INTERNALDATE, A.RFC822_SIZE, A.ENVELOPE, A.BODY))),
    (b"FETCH 1 (flags uid FLAGS)", c.Fetch(ONE, (A.FLAGS, A.UID))),
    (b"UID FETCH 1 FLAGS", c.Fetch(ONE, (A.UID, A.FLAGS), uid=True, implies_uid=True)),
    (b"UID FETCH 1 (FLAGS UID)", c.Fetch(ONE, (A.FLAGS, A.UID), uid=True)),
    (
        b"FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT BODY BODYSTRUCTURE)",
        c.Fetch(ONE, (A.RFC822, A.RFC822_HEADER, A.RFC822_TEXT, A.BODY, A.BODYSTRUCTURE)),
    ),
    (b"FETCH 1 FLAGS (CHANGEDSINCE 9)", c.Fetch(ONE, (A.FLAGS, A.MODSEQ), changed_since=9)),
    (
        b"UID FETCH $ FLAGS (Partial -3:-1)",
        c.Fetch(SAVED, (A.UID, A.FLAGS), True, window=c.PartialRange(-3, -1), implies_uid=True),
    ),
    (
        b"FETCH 1 FLAGS (PARTIAL 7:4 CHANGEDSINCE 9)",
        c.Fetch(ONE, (A.FLAGS, A.MODSEQ), changed_since=9, window=c.PartialRange(7, 4)),
    ),
    (b"FETCH 1 (MODSEQ)", c.Fetch(ONE, (A.MODSEQ,))),
    (b"FETCH 1 BODY[]", c.Fetch(ONE, (c.BodySection(c.Section()),))),
    (b"FETCH 1 body.peek[]<0.10>", c.Fetch(ONE, (c.BodySection(c.Section(), True, c.Partial(0, 10)),))),
    (
        b'FETCH 1 (BODY[1.2] BODY[1.2.MIME] BODY[HEADER] BODY[3.TEXT] BODY[Header.Fields (From "to" {2+}\r\nCc)])',
        c.Fetch(
            ONE,
            (
                c.BodySection(c.Section((1, 2))),
                c.BodySection(c.Section((1, 2), T.MIME)),
                c.BodySection(c.Section((), T.HEADER)),
                c.BodySection(c.Section((3,), T.TEXT)),
                c.BodySection(c.Section((), T.HEADER_FIELDS, (b"From", b"to", b"Cc"))),
            ),
        ),
    ),
    (
        b"FETCH 1 BODY.PEEK[1.HEADER.FIELDS.NOT (X)]",
        c.Fetch(ONE, (c.BodySection(c.Section((1,), T.HEADER_FIELDS_NOT, (b"X",)), True),)),
    ),
]

FAULTS: Faults = [
    (b"FETCH 1 (FAST)", "There is no item FAST to fetch"),
    (b"FETCH 1 ()", "Expected an item to fetch before )"),
    (b"FETCH 1 BODY[MIME]", "MIME needs the number of a part"),
    (b"FETCH 1 BODY[0]", "There is no section 0"),
    (b"FETCH 1 BODY[1.]", "Expected HEADER, TEXT, MIME or a part number before ]"),
    (b"FETCH 1 BODY[FOO]", "There is no section FOO"),
    (b"FETCH 1 BODY[HEADER.FIELDS ()]", "Expected a header name before )]"),
    (b'FETCH 1 BODY[HEADER.FIELDS ("a:")]', "A header name has printable ASCII without colon"),
    (b"FETCH 1 BODY[]<0.0>", "A partial fetch takes at least one octet"),
    (b"FETCH 1 BODY[" + b"1." * 100 + b"1]", "Parts nest at most 100 deep"),
    (b"FETCH 1 BODY.PEEK", "Expected [ at the end"),
    (b"FETCH 1 FLAGS (CHANGEDSINCE 9223372036854775808)", "A number here is at most 9223372036854775807"),
    (b"FETCH 1 FLAGS (PARTIAL 1:2 PARTIAL 1:2)", "There is no modifier PARTIAL, or it stands twice"),
    (b"FETCH 1 FLAGS (CHANGED 1)", "There is no modifier CHANGED, or it stands twice"),
    (b"FETCH 1 FLAGS ()", "Expected a modifier of FETCH before )"),
    (b"FETCH 1 BODY[HEADER.FIELDS (" + b"w" * 999 + b")]", "A header name has at most 998 octets"),
]


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_commands(text: bytes, command: c.Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_faults(text: bytes, message: str) -> None:
    assert fault(text) == message


@pytest.mark.parametrize(
    ("item", "sets"), [(b"BODY[]", True), (b"BODY.PEEK[]", False), (b"RFC822", True), (b"RFC822.HEADER", False)]
)
def test_what_sets_seen(item: bytes, sets: bool) -> None:
    command = read(b"FETCH 1 (FLAGS %b)" % item)
    assert isinstance(command, c.Fetch)
    assert command.sets_seen is sets
