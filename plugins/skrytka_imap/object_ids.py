"""OBJECTID (RFC 8474): ids that stay when names and UIDs change.

objectid = 1*255(ALPHA / DIGIT / "_" / "-")

A folder keeps its number when it is renamed, and no other of the mailbox ever gets it. Copies share their content, and so their
EMAILID; a mail that is stored twice has two. Both begin with the number of the mailbox, so that ids of two mailboxes differ.
"""

from __future__ import annotations

import re

from skrytka.plugin_api import model

EMAIL_ID = re.compile(rb"M([1-9][0-9]{0,18})-([1-9][0-9]{0,18})")


def mailbox_id(mailbox: model.MailboxRef, folder_id: model.FolderId) -> str:
    """MAILBOXID of a folder: RFC 8474 section 4."""
    return f"F{mailbox.mailbox_id}-{folder_id}"


def email_id(mailbox: model.MailboxId, content: model.ContentId) -> bytes:
    """EMAILID: RFC 8474 section 5.1."""
    return b"M%d-%d" % (mailbox, content)


def ids_of_email(octets: bytes) -> tuple[int, int] | None:
    """The numbers of mailbox and content of an EMAILID; None for one that was never given out."""
    match = EMAIL_ID.fullmatch(octets)
    return None if match is None else (int(match[1]), int(match[2]))
