"""ID."""

from __future__ import annotations

from skrytka_imap.commands import Id
from skrytka_imap.replies import Reply, ok
from skrytka_imap.session import Session

CLIENT_NAME_CHARACTERS = 100


async def identify(session: Session, command: Id) -> Reply:
    """RFC 2971 section 3.1. The client's name and version go with what it does; ours is all that a stranger may know."""
    told = {name.lower(): value for name, value in command.parameters if value}
    words = [told[name] for name in ("name", "version") if name in told]
    if words:
        session.name_client(" ".join(words)[:CLIENT_NAME_CHARACTERS])
    session.wire.write(b'* ID ("name" "Skrytka")\r\n')
    return ok("Pleased to meet you")
