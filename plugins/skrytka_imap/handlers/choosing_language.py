"""LANGUAGE."""

from __future__ import annotations

from skrytka_imap.commands import Language
from skrytka_imap.handlers.enabling import namespace_line
from skrytka_imap.languages import LANGUAGES, language_of
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session


async def language(session: Session, command: Language) -> Reply:
    """RFC 5255 sections 3.2 and 3.3; the language is in use from behind the LANGUAGE response on, and so in NAMESPACE, which
    is for who is logged in."""
    if not command.ranges:
        session.wire.write(b"* LANGUAGE (%b)\r\n" % " ".join(LANGUAGES).encode())
        return ok("Those are the languages")
    chosen = language_of(command.ranges)
    if chosen is None:
        return no("There is no such language", b"CANNOT")
    session.wire.write(b"* LANGUAGE (%b)\r\n" % chosen.encode())
    session.language = chosen
    if session.is_logged_in:
        session.wire.write(namespace_line(session))
    return ok("Now in English")
