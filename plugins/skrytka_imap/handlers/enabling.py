"""ENABLE and NAMESPACE."""

from __future__ import annotations

from skrytka_imap import responses
from skrytka_imap.commands import Enable, Namespace
from skrytka_imap.replies import Reply, ok
from skrytka_imap.session import Session

KNOWN = frozenset({"CONDSTORE", "QRESYNC", "UTF8=ACCEPT"})


async def enable(session: Session, command: Enable) -> Reply:
    """RFC 5161 section 3.1; UTF8=ACCEPT: RFC 6855 section 3. The conversation has enabled CONDSTORE by now, which QRESYNC
    brings (RFC 7162 section 3.2.3)."""
    known = [name for name in command.names if name in KNOWN]
    session.qresync |= "QRESYNC" in known
    session.utf8 |= "UTF8=ACCEPT" in known
    session.wire.write(responses.enabled_line(known))
    return ok("What is known is enabled")


async def namespace(session: Session, command: Namespace) -> Reply:
    """RFC 2342 section 5."""
    session.wire.write(responses.namespace_line(session.settings.other_users, utf8=session.utf8))
    return ok("That is where your folders are")
