"""MESSAGELIMIT and SAVELIMIT (RFC 9738): how many messages one command takes, and how the client hears that there are more.

Where a command names no more than that, nothing here costs a thing.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skrytka.plugin_api import model
from skrytka_imap.replies import Reply
from skrytka_imap.session import Session

TEXT = "Only so many messages at once; go on below that UID"


def message_limit(session: Session) -> int | None:
    """How many one command takes, as MESSAGELIMIT; None where there is no such limit."""
    return session.settings.message_limit


def save_limit(session: Session) -> int:
    """How many COPY and MOVE take: no more than other commands, and as SAVELIMIT where that is fewer."""
    limit, most = message_limit(session), session.core.settings.limits.copy_messages
    return most if limit is None else min(limit, most)


def announced(session: Session) -> tuple[bytes, ...]:
    """RFC 9738 section 5: capability =/ "MESSAGELIMIT=" message-limit / "SAVELIMIT=" message-limit"""
    limit, most = message_limit(session), save_limit(session)
    words = () if limit is None else (b"MESSAGELIMIT=%d" % limit,)
    return words if most == limit else (*words, b"SAVELIMIT=%d" % most)


def highest_places(session: Session, places: Sequence[range]) -> tuple[Sequence[range], bytes | None]:
    """The places, and no response code; or the highest of those that are too many, from the highest to the lowest, and the code
    that names the last UID (section 3.1: the server is REQUIRED to process messages in that order)."""
    limit = message_limit(session)
    if limit is None or sum(map(len, places)) <= limit:
        return places, None
    left = limit
    found: list[range] = []
    for run in reversed(places):
        found.append(run[-left:][::-1])
        left -= len(found[-1])
        if not left:
            break
    return found, code_of(limit, session.selected.view.uids[found[-1][-1]])


def highest_uids(session: Session, uids: Sequence[model.Uid]) -> tuple[Sequence[model.Uid], bytes | None]:
    """The same of UIDs."""
    limit = message_limit(session)
    if limit is None or len(uids) <= limit:
        return uids, None
    return uids[: -limit - 1 : -1], code_of(limit, uids[-limit])


def code_of(limit: int, lowest: int | None = None) -> bytes:
    """RFC 9738 section 5: resp-text-code =/ "MESSAGELIMIT" SP message-limit [SP uniqueid]"""
    return b"MESSAGELIMIT %d" % limit if lowest is None else b"MESSAGELIMIT %d %d" % (limit, lowest)


def limited(session: Session, reply: Reply, code: bytes | None) -> Reply:
    """The reply with that code, if there is one; it goes ahead in an untagged NO where the reply has another to tell
    (section 3.1, of EXPUNGEISSUED)."""
    if code is None:
        return reply
    has_code = reply.code is not None or (reply.tells_modseq and session.qresync)
    if reply.status == b"OK" and not has_code:
        return msgspec.structs.replace(reply, text=TEXT, code=code)
    session.say(b"NO", TEXT, code)
    return reply
