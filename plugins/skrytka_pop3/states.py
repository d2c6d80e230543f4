"""All state transitions of a conversation, in one table (RFC 1939 section 3, RFC 5034 section 4, RFC 6856)."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from skrytka_pop3 import commands
from skrytka_pop3.commands import Command
from skrytka_pop3.replies import Challenge, Reply


class State(enum.Enum):
    """``START``, ``NAMED`` (after USER) and ``SASL`` (a challenge is open) are the RFC's AUTHORIZATION state."""

    START = "start"
    NAMED = "named"
    SASL = "sasl"
    TRANSACTION = "transaction"
    CLOSED = "closed"


class Next(msgspec.Struct, frozen=True):
    """Where a command leads that was answered +OK, and one that was answered -ERR. A challenge always leads to ``SASL``."""

    ok: State
    failed: State

    def after(self, reply: Reply) -> State:
        if isinstance(reply, Challenge):
            return State.SASL
        return self.ok if reply.ok else self.failed


def _stays(state: State) -> Next:
    return Next(state, state)


_TRANSACTION_COMMANDS = (
    commands.Stat,
    commands.List,
    commands.Retr,
    commands.Dele,
    commands.Noop,
    commands.Rset,
    commands.Top,
    commands.Uidl,
)
_BEFORE_LOGIN = (State.START, State.NAMED)

TRANSITIONS: Mapping[tuple[State, type[Command]], Next] = {
    **{(state, kind): _stays(state) for state in _BEFORE_LOGIN for kind in (commands.Capa, commands.Lang)},
    **{(state, commands.Utf8): _stays(state) for state in _BEFORE_LOGIN},
    **{(state, commands.Stls): Next(State.START, state) for state in _BEFORE_LOGIN},
    **{(state, commands.User): Next(State.NAMED, State.START) for state in _BEFORE_LOGIN},
    (State.NAMED, commands.Pass): Next(State.TRANSACTION, State.START),
    **{(state, commands.Auth): Next(State.TRANSACTION, State.START) for state in _BEFORE_LOGIN},
    (State.SASL, commands.AuthResponse): Next(State.TRANSACTION, State.START),
    (State.SASL, commands.AuthCancel): _stays(State.START),
    **{(State.TRANSACTION, kind): _stays(State.TRANSACTION) for kind in (commands.Capa, commands.Lang)},
    **{(State.TRANSACTION, kind): _stays(State.TRANSACTION) for kind in _TRANSACTION_COMMANDS},
    **{(state, commands.Quit): _stays(State.CLOSED) for state in (*_BEFORE_LOGIN, State.TRANSACTION)},
}
"""A pair that is not here is refused and changes nothing. QUIT ends the session even if its deletes failed (section
6)."""

REFUSALS: Mapping[State, str] = {
    State.START: "Not before login",
    State.NAMED: "Not before login",
    State.SASL: "An AUTH response is expected",
    State.TRANSACTION: "Not after login",
    State.CLOSED: "The session is over",
}
"""What the client is told when the pair is not in the table."""
