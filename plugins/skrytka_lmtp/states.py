"""All state transitions of a conversation, in one table (RFC 2033 section 4, RFC 5321 section 4.1.4, RFC 3030 section
2)."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from skrytka_lmtp import commands
from skrytka_lmtp.commands import Command


class State(enum.Enum):
    """``START``: before LHLO. ``MAIL``: sender named. ``RCPT``: at least one recipient accepted. ``CHUNKS``: BDAT
    begun."""

    START = "start"
    READY = "ready"
    MAIL = "mail"
    RCPT = "rcpt"
    CHUNKS = "chunks"


class MailEnd(msgspec.Struct, frozen=True):
    """Not a command: the mail is complete and every recipient is answered."""


_ANYWHERE = (commands.Helo, commands.Noop, commands.Help, commands.Vrfy, commands.Quit)

TRANSITIONS: Mapping[tuple[State, type[Command | MailEnd]], State] = {
    **{(state, command): state for state in State for command in _ANYWHERE},
    **{(state, commands.Lhlo): State.READY for state in State},
    (State.START, commands.Rset): State.START,
    **{(state, commands.Rset): State.READY for state in State if state is not State.START},
    (State.READY, commands.StartTls): State.START,
    (State.READY, commands.Mail): State.MAIL,
    (State.MAIL, commands.Rcpt): State.RCPT,
    (State.RCPT, commands.Rcpt): State.RCPT,
    (State.RCPT, commands.Data): State.RCPT,
    (State.RCPT, MailEnd): State.READY,
    (State.RCPT, commands.Bdat): State.CHUNKS,
    (State.CHUNKS, commands.Bdat): State.CHUNKS,
    (State.CHUNKS, MailEnd): State.READY,
}
"""Where a successful command leads; a failed one changes nothing. A pair that is not here is a bad sequence (503)."""

REFUSALS: Mapping[State, str] = {
    State.START: "Say LHLO first",
    State.READY: "Say MAIL first",
    State.MAIL: "No recipient was accepted yet",
    State.RCPT: "A mail is under way: DATA, BDAT, RCPT or RSET may follow",
    State.CHUNKS: "Chunks are under way: only BDAT or RSET may follow",
}
"""What the client is told when the pair is not in the table."""
