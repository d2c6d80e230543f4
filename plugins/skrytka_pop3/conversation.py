"""Joins framing, grammar, states and handlers into a conversation, without a socket.

``feed`` octets, then await ``step`` until it returns None: each step answers one line. ``sent`` is told when a reply
has gone out. Here, and only here, exceptions end: syntax errors, domain errors, and bugs, which are logged.
"""

from __future__ import annotations

import logging

from skrytka.plugin_api import errors
from skrytka_pop3 import commands, framing, grammar, replies, states
from skrytka_pop3.commands import Command
from skrytka_pop3.error_replies import reply_to
from skrytka_pop3.handlers import HANDLERS
from skrytka_pop3.replies import Reply
from skrytka_pop3.session import Peer, Session
from skrytka_pop3.states import State

_log = logging.getLogger(__name__)


class Conversation:
    """``closing``: send the reply and close. ``upgrading``: send the reply, start TLS, then call ``upgraded``."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.closing = False
        self.upgrading = False
        self._framing = framing.Framing()

    def greeting(self) -> Reply:
        """Without the timestamp of APOP, which would need passwords stored in the clear."""
        return replies.ok("Skrytka POP3 ready")

    def feed(self, octets: bytes) -> None:
        self._framing.feed(octets)

    def upgraded(self, peer: Peer) -> None:
        """TLS is on: everything starts over."""
        self.upgrading = False
        self._framing.discard()
        self.session.start_over(peer)

    async def step(self) -> Reply | None:
        """Answer one line; None when there is none."""
        if self.closing or self.upgrading:
            return None
        event = self._framing.next_event()
        if event is None:
            return None
        try:
            return await self._event(event)
        except Exception:
            _log.exception("bug in a POP3 conversation with %s", self.session.peer.address)
            self.closing = True
            return replies.BUG

    async def sent(self, reply: Reply) -> None:
        """A reply went out whole: a mail has been downloaded."""
        await self.session.let_go()
        if isinstance(reply, replies.Mail) and reply.uid is not None:
            self.session.maildrop.downloads.note(reply.uid)

    async def read_ahead(self) -> None:
        """All is answered, and the client has something to do."""
        if self.session.open_maildrop is not None:
            await self.session.open_maildrop.read_ahead()

    async def end(self) -> None:
        """The connection is over, however it came to that."""
        await self.session.end()

    async def _event(self, event: framing.Event) -> Reply:
        session = self.session
        try:
            command = self._parse(event)
        except grammar.BadCommand as error:
            session.state = State.START if session.state is State.SASL else session.state
            return self._bad(str(error))
        target = states.TRANSITIONS.get((session.state, type(command)))
        if target is None:
            return self._bad(states.REFUSALS[session.state])
        reply = await self._run(command)
        session.state = target.after(reply)
        self._follow(command, reply)
        return reply

    def _parse(self, event: framing.Event) -> Command:
        if isinstance(event, framing.LineTooLong):
            raise grammar.BadCommand("The line is too long")
        if self.session.state is State.SASL:
            return grammar.parse_response(event.octets)
        return grammar.parse(event.octets)

    def _bad(self, text: str) -> Reply:
        """-ERR for a line that is no command or not one for now; too many end the conversation."""
        self.session.bad_commands += 1
        if self.session.bad_commands < self.session.settings.max_errors:
            return replies.failed(text)
        self.closing = True
        return replies.TOO_MANY_ERRORS

    async def _run(self, command: Command) -> Reply:
        if (shut := await self._shut()) is not None:
            return shut
        try:
            return await HANDLERS[type(command)](self.session, command)
        except errors.DomainError as error:
            return reply_to(error)

    async def _shut(self) -> Reply | None:
        """The end of a session whose mailbox the provider has suspended or deleted since the login: nothing is deleted.

        A directory that does not answer now shuts nobody out.
        """
        maildrop = self.session.open_maildrop
        if maildrop is None:
            return None
        try:
            await maildrop.admission.confirm()
        except errors.Unavailable:
            return None
        except errors.DomainError as error:
            self.closing = True
            return reply_to(error)
        return None

    def _follow(self, command: Command, reply: Reply) -> None:
        """What an answered command changes about the connection."""
        if isinstance(command, commands.Stls) and reply.ok:
            self.upgrading = True
        if (
            self.session.state is State.CLOSED
            or self.session.login_failures >= self.session.settings.max_login_failures
        ):
            self.closing = True
