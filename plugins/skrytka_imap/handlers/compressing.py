"""COMPRESS."""

from __future__ import annotations

from skrytka_imap.commands import Compress
from skrytka_imap.replies import Reply, Then, bad, ok
from skrytka_imap.session import Session


async def compress(session: Session, command: Compress) -> Reply:
    """RFC 4978 section 3. The tagged OK is the last that is sent as it is; a second is BAD, for NO is about other layers."""
    if session.wire.compressed:
        return bad("COMPRESS is in effect already", b"COMPRESSIONACTIVE")
    return ok("DEFLATE from here on", then=Then.COMPRESS)
