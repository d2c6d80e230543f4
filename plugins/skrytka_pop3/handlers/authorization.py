"""Commands of the AUTHORIZATION state (RFC 1939 section 4, RFC 5034, RFC 2595): they end in a locked maildrop or in
-ERR."""

from __future__ import annotations

from skrytka.plugin_api import authentication, errors
from skrytka_pop3 import commands
from skrytka_pop3.error_replies import reply_to
from skrytka_pop3.login_delay import may_login
from skrytka_pop3.maildrop import open_maildrop
from skrytka_pop3.replies import Challenge, Status, failed, ok
from skrytka_pop3.session import Session

_NOT_SECURE = "A password may only be sent over TLS"
_PLAIN_PARTS = 3


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


async def auth_begin(session: Session, command: commands.AuthBegin) -> Status | Challenge:
    """RFC 5034 section 4: the client will answer an empty challenge."""
    refusal = _refusal(session, command.mechanism)
    session.mechanism = command.mechanism
    return refusal or Challenge()


async def auth(session: Session, command: commands.Auth) -> Status:
    """``[authzid] NUL authcid NUL passwd``, RFC 4616 section 2. Acting as another than who logs in is not offered."""
    refusal = _refusal(session, command.mechanism)
    if refusal:
        return refusal
    try:
        parts = command.response.decode("utf-8").split("\0")
    except UnicodeDecodeError:
        return failed("The response is not UTF-8")
    if len(parts) != _PLAIN_PARTS:
        return failed("The response is not one of PLAIN")
    authzid, authcid, password = parts
    if authzid not in {"", authcid}:
        return failed("Logging in as somebody else is not possible", "AUTH")
    return await _log_in(session, authcid, password)


async def auth_cancel(_session: Session, _command: commands.AuthCancel) -> Status:
    """RFC 5034 section 4: a cancelled exchange is answered -ERR."""
    return failed("AUTH cancelled")


def _refusal(session: Session, mechanism: str) -> Status | None:
    if mechanism != "PLAIN":
        return failed("The only mechanism is PLAIN")
    return None if session.peer.secure else failed(_NOT_SECURE)


async def _log_in(session: Session, name: str, password: str) -> Status:
    """Check the password, then lock and list the mailbox. A wrong password is answered late, to slow down guessing."""
    try:
        login = await authentication.login(session.core, session.actor, name, password)
    except (errors.AuthenticationFailed, errors.TooManyFailures) as error:
        session.login_failures += 1
        refusal = reply_to(error)
        return Status(False, refusal.text, refusal.code, session.settings.login_failure_delay_s)
    if not may_login(session.core, login.mailbox, session.settings.login_delay_s):
        return failed(f"Log in every {session.settings.login_delay_s} seconds at most", "LOGIN-DELAY")
    session.open_maildrop = await open_maildrop(session.core, login)
    count, octets = session.maildrop.totals()
    return ok(f"{count} messages ({octets} octets)")
