"""APPEND."""

from __future__ import annotations

from skrytka.plugin_api import messages, model
from skrytka_imap import responses
from skrytka_imap.commands import Append
from skrytka_imap.handlers.new_mails import new_mails
from skrytka_imap.handlers.targets import note_own_arrivals, target
from skrytka_imap.replies import Reply, ok
from skrytka_imap.session import Session


async def append(session: Session, command: Append) -> Reply:
    """RFC 3501 section 6.3.11; several messages, all or none: RFC 3502."""
    found = await target(session, command.name)
    if isinstance(found, Reply):
        return found
    mails = await new_mails(session, command.messages, found.settable)
    if isinstance(mails, Reply):
        return mails
    stored = await messages.append(session.core, session.actor, found.mailbox, found.folder_id, mails, found.reader)
    note_own_arrivals(session, found, stored.uids)
    text = "The message is stored" if len(mails) == 1 else "The messages are stored"
    return ok(text, append_uid(stored))


def append_uid(stored: model.Appended) -> bytes:
    """RFC 4315 section 3: resp-code-apnd = "APPENDUID" SP nz-number SP append-uid ; a set for several messages"""
    return b"APPENDUID %d %b" % (stored.uid_validity, responses.number_set(stored.uids))
