"""Commands of the AUTHORIZATION state (RFC 1939 section 4, RFC 5034, RFC 2595): they end in a locked maildrop or in
-ERR."""

from __future__ import annotations

from collections.abc import Awaitable

from skrytka.plugin_api import authentication, errors, model, sasl
from skrytka_pop3 import commands
from skrytka_pop3.error_replies import reply_to
from skrytka_pop3.login_delay import may_login
from skrytka_pop3.maildrop import open_maildrop
from skrytka_pop3.replies import Challenge, Status, failed, ok
from skrytka_pop3.session import Session

_NOT_SECURE = "A password may only be sent over TLS"


async def stls(session: Session, _command: commands.Stls) -> Status:
    """RFC 2595 section 4; the conversation starts over after the handshake."""
    if session.peer.tls:
        return failed("TLS is on already")
    if not session.peer.can_start_tls:
        return failed("TLS is not available")
    return ok("Begin TLS")


async def utf8(_session: Session, _command: commands.Utf8) -> Status:
    """RFC 6856 section 2.1. Mail goes out as it is stored with and without it, so there is nothing to remember."""
    return ok("UTF8 enabled")


async def user(session: Session, command: commands.User) -> Status:
    """RFC 1939 section 7; any name is accepted, so that nobody learns which there are."""
    if not session.peer.secure:
        return failed(_NOT_SECURE)
    session.name = command.name
    return ok("Send the password")


async def pass_(session: Session, command: commands.Pass) -> Status:
    """RFC 1939 section 7."""
    return await _log_in(session, session.name, command.password)


async def auth(session: Session, command: commands.Auth) -> Status | Challenge:
    """RFC 5034 section 4."""
    try:
        session.exchange = sasl.begin(session.core, session.actor, session.peer.channel, command.mechanism)
    except sasl.UnknownMechanism:
        return failed("There is no such mechanism here")
    except sasl.NotSecure:
        return failed(_NOT_SECURE)
    return await _go_on(session, session.exchange.begin(command.initial))


async def auth_response(session: Session, command: commands.AuthResponse) -> Status | Challenge:
    """The client's answer to a challenge, RFC 5034 section 4."""
    assert session.exchange is not None, "a challenge is open"
    return await _go_on(session, session.exchange.step(command.response))


async def auth_cancel(_session: Session, _command: commands.AuthCancel) -> Status:
    """RFC 5034 section 4: a cancelled exchange is answered -ERR."""
    return failed("AUTH cancelled")


async def _go_on(session: Session, step: Awaitable[bytes | model.Login]) -> Status | Challenge:
    """One step of an exchange: another challenge, or its end, of which nothing is kept."""
    try:
        outcome = await step
    except sasl.Malformed as fault:
        return failed(str(fault))
    except errors.DomainError as error:
        return _refused(session, error)
    if isinstance(outcome, bytes):
        return Challenge(outcome)
    session.exchange = None
    return await _enter(session, outcome)


async def _log_in(session: Session, name: str, password: str) -> Status:
    try:
        login = await authentication.login(session.core, session.actor, name, password)
    except errors.DomainError as error:
        return _refused(session, error)
    return await _enter(session, login)


def _refused(session: Session, error: errors.DomainError) -> Status:
    """A login that failed is answered late, to slow down guessing."""
    refusal = reply_to(error)
    if not isinstance(error, errors.AuthenticationFailed | errors.TooManyFailures):
        return refusal
    session.login_failures += 1
    return Status(False, refusal.text, refusal.code, session.settings.login_failure_delay_s)


async def _enter(session: Session, login: model.Login) -> Status:
    """Lock and list the mailbox."""
    if not may_login(session.core, login.mailbox, session.settings.login_delay_s):
        return failed(f"Log in every {session.settings.login_delay_s} seconds at most", "LOGIN-DELAY")
    session.open_maildrop = await open_maildrop(session.core, login)
    count, octets = session.maildrop.totals()
    return ok(f"{count} messages ({octets} octets)")
