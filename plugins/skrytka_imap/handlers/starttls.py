"""STARTTLS."""

from __future__ import annotations

from skrytka_imap.commands import StartTls
from skrytka_imap.replies import Reply, Then, bad, ok
from skrytka_imap.session import Session


async def start_tls(session: Session, command: StartTls) -> Reply:
    """RFC 3501 section 6.2.1. The handshake follows the answer; what came in between is dropped."""
    if not session.wire.can_start_tls:
        return bad("TLS cannot be started here")
    return ok("Begin the handshake", then=Then.START_TLS)
