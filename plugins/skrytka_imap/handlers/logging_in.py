"""LOGIN and AUTHENTICATE."""

from __future__ import annotations

import base64
import binascii
import random
from collections.abc import Awaitable

import msgspec

from skrytka.plugin_api import authentication, errors, model, sasl
from skrytka_imap.capabilities import capabilities
from skrytka_imap.commands import Authenticate, Login
from skrytka_imap.error_replies import code_of
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.replies import Reply, Then, no, ok
from skrytka_imap.session import Session

NOT_SECURE = no("Passwords are taken over TLS only", b"PRIVACYREQUIRED")
"""Not where others may read them (RFC 3501 section 11.1; the code is RFC 5530's)."""


async def login(session: Session, command: Login) -> Reply:
    """RFC 3501 section 6.2.3."""
    if not session.wire.secure:
        return NOT_SECURE
    actor = _actor(session)
    return await _log_in(session, authentication.login(session.core, actor, command.name, command.password))


async def authenticate(session: Session, command: Authenticate) -> Reply:
    """RFC 3501 section 6.2.2, RFC 4959 for the initial response."""
    try:
        exchange = sasl.begin(session.core, _actor(session), session.wire.channel, command.mechanism)
    except sasl.UnknownMechanism:
        return no("There is no such mechanism here", b"CANNOT")
    except sasl.NotSecure:
        return NOT_SECURE
    return await _log_in(session, _converse(session, exchange, command.initial))


def _actor(session: Session) -> model.Actor:
    """Who asks to log in; what follows the login is done by the login's actor."""
    return model.Actor("", "imap", session.wire.client_address, session.client_name)


async def _converse(session: Session, exchange: sasl.Exchange, initial: bytes | None) -> model.Login:
    """Challenges and responses, to the end of the exchange."""
    try:
        outcome = await exchange.begin(initial)
        while isinstance(outcome, bytes):
            outcome = await exchange.step(await _ask(session, outcome))
    except sasl.Malformed as fault:
        raise SyntaxFault(str(fault)) from None
    return outcome


async def _log_in(session: Session, logging_in: Awaitable[model.Login]) -> Reply:
    try:
        login = await logging_in
    except (errors.AuthenticationFailed, errors.Suspended, errors.TooManyFailures) as error:
        return await _failed(session, no(str(error), code_of(error)))
    await session.authenticate(login)
    return ok("You are logged in", b"CAPABILITY " + capabilities(session), then=Then.ADMIT)


async def _failed(session: Session, reply: Reply) -> Reply:
    """Answer late, so that guessing is slow; after a few times it is over."""
    session.login_failures += 1
    delay_s = session.settings.login_failure_delay_s
    await session.wire.pause(delay_s * random.uniform(1.0, 2.0))  # noqa: S311 - spreads load, hides no secret
    if session.login_failures < session.settings.max_login_failures:
        return reply
    session.say(b"BYE", "Too many failed logins")
    return msgspec.structs.replace(reply, then=Then.CLOSE)


async def _ask(session: Session, challenge: bytes) -> bytes:
    """The response to a challenge, without its base64; ``*`` cancels (RFC 3501 section 6.2.2)."""
    session.wire.write(b"+ %b\r\n" % base64.b64encode(challenge))
    line = await session.wire.line(session.settings.login_timeout_s)
    if line == b"*":
        raise SyntaxFault("AUTHENTICATE is cancelled")
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error:
        raise SyntaxFault("A response is in base64") from None
