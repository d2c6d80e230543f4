"""NOOP and CHECK: what they are for, the news about the folder, comes at the end of every command."""

from __future__ import annotations

from skrytka_imap.commands import Check, Noop
from skrytka_imap.replies import Reply, ok
from skrytka_imap.session import Session


async def noop(session: Session, command: Noop) -> Reply:
    """RFC 3501 section 6.1.2."""
    return ok("Nothing done")


async def check(session: Session, command: Check) -> Reply:
    """RFC 3501 section 6.4.1. Every change is durable before it is answered, so there is nothing to do."""
    return ok("All is written")
