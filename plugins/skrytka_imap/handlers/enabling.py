"""ENABLE and NAMESPACE."""

from __future__ import annotations

from skrytka_imap import responses, uid_only
from skrytka_imap.commands import Enable, Namespace
from skrytka_imap.languages.namespaces import NAMESPACES
from skrytka_imap.replies import Reply, ok
from skrytka_imap.session import Session
from skrytka_imap.telling_metadata import enable_metadata

KNOWN = frozenset({"CONDSTORE", "IMAP4REV2", "METADATA", "METADATA-SERVER", "QRESYNC", "UIDONLY", "UTF8=ACCEPT"})


async def enable(session: Session, command: Enable) -> Reply:
    """RFC 5161 section 3.1. UTF8=ACCEPT: RFC 6855 section 3; METADATA: RFC 5464 section 4.1; IMAP4rev2: RFC 9051 section 6.3.1;
    UIDONLY: RFC 9586 section 3.1.

    The conversation has enabled CONDSTORE by now, which QRESYNC brings (RFC 7162 section 3.2.3).
    """
    known = [name for name in command.names if name in KNOWN]
    if "METADATA" in known or "METADATA-SERVER" in known:
        await enable_metadata(session)  # which alone can fail: then nothing is enabled
    if "IMAP4REV2" in known:
        _speak_rev2(session)
    session.qresync |= "QRESYNC" in known
    session.utf8 |= "UTF8=ACCEPT" in known
    session.wire.write(responses.enabled_line(known))
    if "UIDONLY" in known:
        uid_only.enable(session)
    return ok("What is known is enabled")


def _speak_rev2(session: Session) -> None:
    """A client of IMAP4rev2 knows no ``\\Recent`` (RFC 9051 appendix E), not even of a folder that it has open."""
    session.rev2 = True
    if session.is_selected:
        session.selected.recent.clear()


def namespace_line(session: Session) -> bytes:
    """With the translations of the session's language, if there are any (RFC 5255 section 3.4)."""
    settings, translations = session.settings, NAMESPACES.get(session.language, {})
    return responses.namespace_line(settings.other_users, settings.shared, translations, utf8=session.utf8_names)


async def namespace(session: Session, command: Namespace) -> Reply:
    """RFC 2342 section 5."""
    session.wire.write(namespace_line(session))
    return ok("That is where your folders are")
