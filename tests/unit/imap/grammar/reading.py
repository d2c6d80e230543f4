"""Commands as a client sends them, for the tests of the grammar."""

from __future__ import annotations

import pytest

from skrytka_imap import commands as c
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.framing import CommandReceived, Framing, Limits
from skrytka_imap.grammar import parse

Commands = list[tuple[bytes, c.Command]]
"""What a client writes behind the tag, and what it means."""

Faults = list[tuple[bytes, str]]
"""What is no command, and why."""

ONE = c.SequenceSet(((1, 1),))
ALL = c.SequenceSet(((1, 0),))
SAVED = c.SequenceSet((), with_saved=True)


def read(text: bytes) -> c.Command:
    """The command that follows the tag ``a``, sent with literals that do not wait."""
    framing = Framing(Limits(line_octets=65_536, literal_octets=65_536, append_octets=1_000))
    framing.receive(b"a " + text + b"\r\n")
    event = framing.next_event()
    assert isinstance(event, CommandReceived)
    tagged = parse(event.pieces)
    assert tagged.tag == b"a"
    return tagged.command


def fault(text: bytes) -> str:
    """Why it is none; the tag is known all the same."""
    with pytest.raises(SyntaxFault) as raised:
        read(text)
    assert raised.value.tag == b"a"
    return raised.value.message
