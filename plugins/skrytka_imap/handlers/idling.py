"""IDLE."""

from __future__ import annotations

import time

from skrytka_imap.admission import confirm
from skrytka_imap.announcing import announce
from skrytka_imap.commands import Idle
from skrytka_imap.notifying import tell_events
from skrytka_imap.replies import Reply, bad, ok
from skrytka_imap.session import Session
from skrytka_imap.telling_metadata import tell_metadata
from skrytka_imap.wire import Over


async def idle(session: Session, command: Idle) -> Reply:
    """RFC 2177 section 3. The mailbox is watched since the login, and the store is read now: nothing falls between the two."""
    session.idling = True
    try:
        session.wire.write(b"+ Idling\r\n")
        line = await _until_line(session)
    finally:
        session.idling = False
    return ok("Idle no more") if line.upper() == b"DONE" else bad("Only DONE ends IDLE")


async def _until_line(session: Session) -> bytes:
    """Tell what happens as it happens, and now and then that we are here: routers forget a silent connection.

    A client that idles longer than the autologout time is taken to have gone (RFC 2177 section 3).
    """
    settings = session.settings
    ends = time.monotonic() + settings.idle_timeout_s
    heartbeat = time.monotonic() + settings.idle_heartbeat_s
    while True:
        await confirm(session)
        if session.notify is not None:
            await tell_events(session, may_expunge=True)
        elif session.is_selected:
            await announce(session, may_expunge=True)
        if session.metadata is not None:
            await tell_metadata(session)
        now = time.monotonic()
        if now >= ends:
            raise Over("Autologout; idle for too long")
        if now >= heartbeat:
            session.say(b"OK", "Still here")
            heartbeat = now + settings.idle_heartbeat_s
        await session.wire.flush()
        line = await session.wire.line_or_wake(min(heartbeat, ends) - now)
        if line is not None:
            return line
