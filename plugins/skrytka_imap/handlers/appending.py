"""APPEND."""

from __future__ import annotations

from skrytka.plugin_api import messages, model
from skrytka_imap.commands import Append
from skrytka_imap.handlers.targets import target
from skrytka_imap.replies import Reply, no, ok
from skrytka_imap.session import Session


async def append(session: Session, command: Append) -> Reply:
    """RFC 3501 section 6.3.11; APPENDUID: RFC 4315 section 3.

    Nothing is no message: a client that gives up while it streams says so (RFC 3502 section 6.3.11).
    """
    if not command.octets:
        return no("There is no message to store")
    found = await target(session, command.name)
    if isinstance(found, Reply):
        return found
    mail = model.NewMessage(command.octets, command.flags, command.keywords, command.internal_date)
    stored = await messages.append(session.core, session.actor, session.mailbox, found.folder_id, (mail,))
    return ok("The message is stored", b"APPENDUID %d %d" % (stored.uid_validity, stored.uids[0]))
