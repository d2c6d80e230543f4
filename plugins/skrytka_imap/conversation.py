"""Joins framing, grammar, table and handlers: every command gets its answer, whatever happens on the way.

Three families of errors end here. Syntax faults become BAD. Domain errors become NO with the code of ``error_replies``.
Anything else is a bug of ours: it is logged with its traceback, and the client hears NO [SERVERBUG] and BYE.
"""

from __future__ import annotations

import logging

import msgspec

from skrytka.plugin_api import errors
from skrytka_imap.admission import confirm
from skrytka_imap.announcing import announce, catch_up, enable_condstore
from skrytka_imap.capabilities import capabilities
from skrytka_imap.commands import Command, Tagged, enables_condstore
from skrytka_imap.error_replies import code_of
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.framing import CommandReceived, Event, FramingError, FramingErrorKind, LineReceived, LiteralWanted
from skrytka_imap.grammar import parse
from skrytka_imap.languages import I_DEFAULT
from skrytka_imap.notifying import tell_events, tell_others
from skrytka_imap.replies import Reply, Then, bad, no, untagged
from skrytka_imap.session import Session, State
from skrytka_imap.table import Entry, entry_of
from skrytka_imap.telling_metadata import tell_metadata
from skrytka_imap.uid_only import REFUSAL, has_message_numbers
from skrytka_imap.wire import Over, Stream

log = logging.getLogger(__name__)


class Conversation:
    """One client's conversation. Commands run one after another, so pipelined ones are answered in order."""

    def __init__(self, session: Session, stream: Stream) -> None:
        self._session = session
        self._stream = stream
        self._bad_in_a_row = 0

    async def run(self) -> None:
        """From the greeting to the client's LOGOUT, our BYE, or the client's disappearance."""
        session, stream = self._session, self._stream
        stream.write(b"* OK [CAPABILITY %b] Skrytka is ready\r\n" % capabilities(session))
        try:
            while await self._answer(await stream.event_or_wake(session.settings.idle_timeout_s)):
                pass
        except Over as over:
            if over.bye is not None:
                stream.write(untagged(b"BYE", over.bye, over.code, session.language))

    async def _answer(self, event: Event | None) -> bool:
        """Answer one event; False when nothing may follow. None is for a client that wants to be told at any time (NOTIFY)."""
        match event:
            case None:
                await self._tell_events()
            case CommandReceived(pieces=pieces):
                return await self._command(pieces)
            case LiteralWanted():
                self._stream.write(b"+ Send the literal\r\n")
            case FramingError(tag=tag, fatal=fatal):
                if event.kind is FramingErrorKind.NO_ROOM:
                    # Our lack, not the client's nonsense: it does not count as a bad command.
                    self._write(self._too_much(event), tag)
                else:
                    self._refuse(tag, self._too_much(event))
                if fatal:
                    raise Over("Too much to read past")
            case LineReceived():
                raise AssertionError("a line that no handler waits for")
        return True

    async def _command(self, pieces: tuple[bytes, ...]) -> bool:
        try:
            tagged = parse(pieces, utf8=self._session.utf8_names)
        except SyntaxFault as fault:
            if fault.tag is not None and fault.code is not None:
                self._write(no(fault.message, fault.code), fault.tag)
            else:
                self._refuse(fault.tag, bad(fault.message))
            return True
        reply = await self._reply(tagged)
        if reply.status == b"BAD":
            self._refuse(tagged.tag, reply)
            return True
        self._bad_in_a_row = 0
        self._write(reply, tagged.tag)
        return await self._follow(reply.then)

    async def _reply(self, tagged: Tagged) -> Reply:
        """Run the handler; an exception becomes its answer."""
        entry = entry_of(tagged.command)
        self._session.tag = tagged.tag
        if self._session.state not in entry.states:
            return bad(f"{entry.name} is not for now: {_WHEN[self._session.state]}")
        if self._session.uid_only and (entry.takes_numbers or has_message_numbers(tagged.command)):
            return REFUSAL
        try:
            return await self._handle(entry, tagged)
        except (Over, ConnectionError):
            raise
        except Exception:
            log.exception("%s failed for %s", entry.name, self._stream.client_address)
            self._write(no("Something is broken here", b"SERVERBUG"), tagged.tag)
            raise Over("Something is broken here; please reconnect") from None

    async def _handle(self, entry: Entry, tagged: Tagged) -> Reply:
        """One command and, at its end, what its client has to be told about the selected folder.

        Where that folder is gone the conversation ends, but not before the command has its answer: what is done is done,
        and a client that does not hear so does it again.
        """
        session = self._session
        knew_condstore = session.condstore
        if session.is_logged_in:
            await confirm(session)
            if enables_condstore(tagged.command):
                enable_condstore(session, tagged.command)
        before = session.selected if session.is_selected else None
        reply = await self._run(entry, tagged.command)
        if reply.status == b"BAD":
            session.condstore = knew_condstore  # what is no command enables nothing
        if session.metadata is not None and reply.then is Then.GO_ON:
            await tell_metadata(session)
        if session.is_selected and session.selected is before and session.hears(entry.name):
            try:
                await announce(session, may_expunge=entry.may_expunge, with_uid=entry.is_uid)
            except Over:
                self._write(reply, tagged.tag)
                raise
            if reply.tells_modseq and session.qresync:
                code = b"HIGHESTMODSEQ %d" % session.selected.complete_modseq
                reply = msgspec.structs.replace(reply, code=code)
        if session.notify is not None:
            await tell_others(session)
        return reply

    async def _tell_events(self) -> None:
        """Between two commands; no more than that is known to go wrong."""
        try:
            await tell_events(self._session, may_expunge=False)
            await tell_metadata(self._session)
        except (Over, ConnectionError):
            raise
        except Exception:
            log.exception("NOTIFY failed for %s", self._stream.client_address)
            raise Over("Something is broken here; please reconnect") from None

    async def _run(self, entry: Entry, command: Command) -> Reply:
        """The handler; what the client did wrong, or cannot have, becomes the answer."""
        try:
            if entry.is_uid:
                await catch_up(self._session)
            return await entry.handle(self._session, command)
        except SyntaxFault as fault:
            return msgspec.structs.replace(bad(fault.message), code=fault.code)
        except errors.DomainError as error:
            return no(str(error), code_of(error))

    async def _follow(self, then: Then) -> bool:
        match then:
            case Then.CLOSE:
                return False
            case Then.START_TLS:
                self._session.language = I_DEFAULT  # what was asked for in the clear may have been somebody else's wish
                await self._stream.start_tls()
            case Then.COMPRESS:
                await self._stream.compress()
            case Then.ADMIT:
                self._stream.admit()
            case Then.DISMISS:
                self._stream.dismiss()
            case Then.GO_ON:
                pass
        return True

    def _write(self, reply: Reply, tag: bytes | None) -> None:
        self._stream.write(reply.line(tag or b"*", self._session.language))

    def _refuse(self, tag: bytes | None, reply: Reply) -> None:
        """Answer nonsense; a client that sends nothing else is not talking IMAP."""
        self._write(reply, tag)
        self._bad_in_a_row += 1
        if self._bad_in_a_row >= self._session.settings.max_bad_commands:
            raise Over("Too many bad commands")

    def _too_much(self, error: FramingError) -> Reply:
        """RFC 5530 section 3 has no code for "too much at once"; UNAVAILABLE is the one that asks to try again later."""
        match error.kind:
            case FramingErrorKind.LITERAL_TOO_LARGE:
                return no(error.message, b"TOOBIG")
            case FramingErrorKind.METADATA_TOO_LARGE:
                session = self._session
                most = min(session.core.settings.limits.metadata_entry_octets, session.settings.command_literal_octets)
                return no(error.message, b"METADATA MAXSIZE %d" % most)
            case FramingErrorKind.NO_ROOM:
                return no(error.message, b"UNAVAILABLE")
            case FramingErrorKind.LINE_TOO_LONG:
                return bad(error.message)


_WHEN = {
    State.NOT_AUTHENTICATED: "log in first",
    State.AUTHENTICATED: "you are logged in, and no folder is selected",
    State.SELECTED: "you are logged in, and a folder is selected",
}
