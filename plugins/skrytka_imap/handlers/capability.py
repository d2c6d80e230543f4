"""CAPABILITY."""

from __future__ import annotations

from skrytka_imap.capabilities import capabilities
from skrytka_imap.commands import Capability
from skrytka_imap.replies import Reply, ok
from skrytka_imap.session import Session


async def capability(session: Session, command: Capability) -> Reply:
    """RFC 3501 section 6.1.1."""
    session.wire.write(b"* CAPABILITY %b\r\n" % capabilities(session))
    return ok("That is all")
