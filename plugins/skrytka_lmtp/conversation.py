"""Joins framing, grammar, states and handlers into a conversation, without a socket.

``feed`` octets, then await ``step`` until it returns None: each step is one event of the input and returns the octets
to send (possibly none). Here, and only here, exceptions end: syntax errors, domain errors, and bugs, which are
logged.
"""

from __future__ import annotations

import logging

from skrytka.plugin_api import errors
from skrytka_lmtp import commands, framing, replies, states
from skrytka_lmtp.commands import Command
from skrytka_lmtp.error_replies import reply_to
from skrytka_lmtp.grammar import BadCommand, parse
from skrytka_lmtp.handlers import HANDLERS, deliver
from skrytka_lmtp.replies import Reply, render, reply
from skrytka_lmtp.session import Peer, Session

_log = logging.getLogger(__name__)


class Conversation:
    """``closing``: send the reply and close. ``upgrading``: send the reply, start TLS, then call ``upgraded``."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.closing = False
        self.upgrading = False
        self._framing = framing.Framing()
        self._chunk: commands.Bdat | None = None

    @property
    def receiving_mail(self) -> bool:
        """True while the client owes octets of a mail."""
        return self._framing.in_body

    def greeting(self) -> bytes:
        return render(Reply(220, "", (f"{self.session.hostname} LMTP Skrytka ready",)))

    def feed(self, octets: bytes) -> None:
        self._framing.feed(octets)

    def upgraded(self, peer: Peer) -> None:
        """TLS is on: everything starts over."""
        self.upgrading = False
        self._framing.discard()
        self.session.start_over(peer)

    def end(self) -> None:
        """The connection is over: a mail that did not arrive whole is forgotten."""
        self.session.forget_mail()

    async def step(self) -> bytes | None:
        """Take one event of the input; None when there is none."""
        if self.closing or self.upgrading:
            return None
        event = self._framing.next_event()
        if event is None:
            return None
        try:
            answers = await self._event(event)
        except Exception:
            _log.exception("bug in an LMTP conversation with %s", self.session.peer.address)
            self.closing = True
            answers = (replies.BUG,)
        return b"".join(render(answer) for answer in answers)

    async def _event(self, event: framing.Event) -> tuple[Reply, ...]:
        match event:
            case framing.Line(octets):
                return self._counted(await self._line(octets))
            case framing.Body():
                return await self._body(event)
            case framing.LineTooLong():
                return self._counted(self._bad(replies.LINE_TOO_LONG))
            case framing.BareLineFeed():
                return self._counted(self._bad(replies.BARE_LINE_FEED))

    def _bad(self, answer: Reply) -> Reply:
        self.session.bad_commands += 1
        return answer

    def _counted(self, answer: Reply | None) -> tuple[Reply, ...]:
        """The reply, and the last one after too many bad commands."""
        answers = () if answer is None else (answer,)
        if self.session.bad_commands < self.session.settings.max_errors or self.closing:
            return answers
        self.closing = True
        return (*answers, replies.TOO_MANY_ERRORS)

    async def _line(self, line: bytes) -> Reply | None:
        """Answer a command; None for BDAT, which is answered when its chunk is here."""
        try:
            command = parse(line)
        except BadCommand as error:
            self.closing = error.fatal
            return self._bad(reply(error.code, error.enhanced, error.text))
        if isinstance(command, commands.Bdat):
            self._framing.read_chunk(command.size_octets)
            self._chunk = command
            return None
        answer = await self._command(command)
        if answer.ok:
            self._follow(command)
        return answer

    async def _command(self, command: Command) -> Reply:
        """Run the handler if the state allows it, and go where the table says."""
        session = self.session
        target = states.TRANSITIONS.get((session.state, type(command)))
        if target is None:
            return self._bad(reply(503, "5.5.1", states.REFUSALS[session.state]))
        try:
            answer = await HANDLERS[type(command)](session, command)
        except errors.DomainError as error:
            return reply_to(error, session.settings.over_quota)
        if answer.ok:
            session.state = target
        return answer

    def _follow(self, command: Command) -> None:
        """What an accepted command changes about the connection."""
        match command:
            case commands.Data():
                self._framing.read_data()
            case commands.StartTls():
                self.upgrading = True
            case commands.Quit():
                self.closing = True

    async def _body(self, body: framing.Body) -> tuple[Reply, ...]:
        """Keep octets of the mail; answer when the mail or its chunk is complete. A chunk that no mail expects is
        dropped."""
        expected = self._chunk is None or (self.session.state, commands.Bdat) in states.TRANSITIONS
        if expected:
            self.session.mail.add(body.octets)
        if not body.last:
            return ()
        chunk, self._chunk = self._chunk, None
        if chunk is None:
            return await self._mail_end()
        if expected and chunk.last:
            return await self._mail_end()
        return self._counted(await self._command(chunk))

    async def _mail_end(self) -> tuple[Reply, ...]:
        """RFC 2033 section 4.2: every recipient is answered, whatever happens."""
        session = self.session
        try:
            answers = await deliver(session)
        except Exception:
            _log.exception("bug in a delivery from %s", session.peer.address)
            answers = (replies.BUG_IN_DELIVERY,) * len(session.mail.recipients)
        session.forget_mail()
        session.state = states.TRANSITIONS[session.state, states.MailEnd]
        return answers
