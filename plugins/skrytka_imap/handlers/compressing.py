"""COMPRESS."""

from __future__ import annotations

from skrytka_imap.commands import Compress
from skrytka_imap.replies import Reply, Then, no, ok
from skrytka_imap.session import Session


async def compress(session: Session, command: Compress) -> Reply:
    """RFC 4978 section 3. The tagged OK is the last that is sent as it is."""
    if session.wire.compressed:
        return no("COMPRESS is in effect already", b"COMPRESSIONACTIVE")
    return ok("DEFLATE from here on", then=Then.COMPRESS)
