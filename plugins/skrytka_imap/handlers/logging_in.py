"""LOGIN and AUTHENTICATE PLAIN."""

from __future__ import annotations

import base64
import binascii
import random

import msgspec

from skrytka.plugin_api import authentication, errors, model
from skrytka_imap.capabilities import capabilities
from skrytka_imap.commands import Authenticate, Login
from skrytka_imap.error_replies import code_of
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.replies import Reply, Then, no, ok
from skrytka_imap.session import Session


async def login(session: Session, command: Login) -> Reply:
    """RFC 3501 section 6.2.3."""
    return _refusal(session) or await _log_in(session, command.name, command.password)


async def authenticate(session: Session, command: Authenticate) -> Reply:
    """RFC 3501 section 6.2.2, RFC 4959 for the initial response, RFC 4616 for PLAIN."""
    if command.mechanism != "PLAIN":
        return no("Only PLAIN is known here", b"CANNOT")
    if refusal := _refusal(session):
        return refusal
    response = command.initial if command.initial is not None else await _ask(session)
    authorization, name, password = _plain(response)
    if authorization not in ("", name):
        return no("Nobody may act for another here", b"AUTHORIZATIONFAILED")
    return await _log_in(session, name, password)


def _refusal(session: Session) -> Reply | None:
    """Passwords are not taken where others may read them (RFC 3501 section 11.1; the code is RFC 5530's)."""
    return None if session.wire.secure else no("Passwords are taken over TLS only", b"PRIVACYREQUIRED")


async def _log_in(session: Session, name: str, password: str) -> Reply:
    actor = model.Actor(name, "imap", session.wire.client_address, session.client_name)
    try:
        login = await authentication.login(session.core, actor, name, password)
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


async def _ask(session: Session) -> bytes:
    """The response to an empty challenge, without its base64; ``*`` cancels (RFC 3501 section 6.2.2)."""
    session.wire.write(b"+ \r\n")
    line = await session.wire.line(session.settings.login_timeout_s)
    if line == b"*":
        raise SyntaxFault("AUTHENTICATE is cancelled")
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error:
        raise SyntaxFault("A response is in base64") from None


def _plain(response: bytes) -> tuple[str, str, str]:
    """RFC 4616 section 2: ``message = [authzid] UTF8NUL authcid UTF8NUL passwd``."""
    try:
        authorization, name, password = response.decode().split("\x00")
    except ValueError:
        raise SyntaxFault("PLAIN is [authorization] NUL name NUL password in UTF-8") from None
    return authorization, name, password
