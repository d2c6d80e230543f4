"""The messages that APPEND brings."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.plugin_api import model
from skrytka_imap.commands import AppendMessage
from skrytka_imap.replies import Reply, no
from skrytka_imap.session import Session


def new_mails(session: Session, brought: Sequence[AppendMessage]) -> list[model.NewMessage] | Reply:
    """What is to be stored, or why nothing is.

    Nothing is no message: a client that gives up while it streams says so, and takes back all (RFC 3502 section 6.3.11).
    """
    most = session.settings.append_messages
    if len(brought) > most:
        return no(f"At most {most} messages can be appended at once", b"LIMIT")
    if not all(message.octets for message in brought):
        return no("There is no message to store")
    return [
        model.NewMessage(message.octets, message.flags, message.keywords, message.internal_date) for message in brought
    ]
