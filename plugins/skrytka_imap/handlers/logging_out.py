"""UNAUTHENTICATE."""

from __future__ import annotations

from skrytka_imap.commands import Unauthenticate
from skrytka_imap.replies import Reply, Then, ok
from skrytka_imap.session import Session


async def unauthenticate(session: Session, command: Unauthenticate) -> Reply:
    """RFC 8437 section 2: nothing is expunged, nothing stays enabled; TLS stays."""
    await session.unauthenticate()
    return ok("You are logged out, and may log in again", then=Then.DISMISS)
