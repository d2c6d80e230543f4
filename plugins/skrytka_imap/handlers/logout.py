"""LOGOUT."""

from __future__ import annotations

from skrytka_imap.commands import Logout
from skrytka_imap.replies import Reply, Then, ok
from skrytka_imap.session import Session


async def logout(session: Session, command: Logout) -> Reply:
    """RFC 3501 section 6.1.3. Nothing is told about the folder any more: the client is not interested."""
    await session.unselect()
    session.say(b"BYE", "Goodbye")
    return ok("You are logged out", then=Then.CLOSE)
