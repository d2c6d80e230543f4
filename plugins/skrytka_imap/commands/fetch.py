"""FETCH and its items."""

from __future__ import annotations

import enum

import msgspec

from skrytka.plugin_api import model
from skrytka_imap.commands.binary import BinarySection, BinarySize
from skrytka_imap.commands.partial import Partial
from skrytka_imap.commands.partial_range import PartialRange
from skrytka_imap.commands.sequence_set import SequenceSet


class FetchAttribute(enum.StrEnum):
    """Items that take no argument (RFC 3501 section 6.4.5; MODSEQ: RFC 7162 section 3.1.5; SAVEDATE: RFC 8514 section 4.2;
    PREVIEW: RFC 8970 section 3; EMAILID, THREADID: RFC 8474 section 5)."""

    UID = "UID"
    FLAGS = "FLAGS"
    MODSEQ = "MODSEQ"
    EMAILID = "EMAILID"
    THREADID = "THREADID"
    PREVIEW = "PREVIEW"
    PREVIEW_LAZY = "PREVIEW (LAZY)"
    INTERNALDATE = "INTERNALDATE"
    SAVEDATE = "SAVEDATE"
    RFC822_SIZE = "RFC822.SIZE"
    ENVELOPE = "ENVELOPE"
    BODYSTRUCTURE = "BODYSTRUCTURE"
    BODY = "BODY"
    RFC822 = "RFC822"
    RFC822_HEADER = "RFC822.HEADER"
    RFC822_TEXT = "RFC822.TEXT"


class SectionText(enum.StrEnum):
    """What is asked of a part; ``WHOLE`` is the empty text: the whole mail, or the body of a part."""

    WHOLE = ""
    HEADER = "HEADER"
    HEADER_FIELDS = "HEADER.FIELDS"
    HEADER_FIELDS_NOT = "HEADER.FIELDS.NOT"
    TEXT = "TEXT"
    MIME = "MIME"


class Section(msgspec.Struct, frozen=True):
    """What stands in the brackets of ``BODY[...]``. ``fields`` are as the client wrote them, for the answer."""

    part: tuple[int, ...] = ()
    text: SectionText = SectionText.WHOLE
    fields: tuple[bytes, ...] = ()


class BodySection(msgspec.Struct, frozen=True):
    """``BODY[section]<partial>`` or ``BODY.PEEK[section]<partial>``."""

    section: Section
    peek: bool = False
    partial: Partial | None = None


class EmailId(msgspec.Struct, frozen=True):
    """EMAILID in one mailbox: what the plan makes of the attribute."""

    mailbox_id: model.MailboxId


FetchItem = FetchAttribute | EmailId | BodySection | BinarySection | BinarySize

BODY_TEXTS = frozenset({FetchAttribute.RFC822, FetchAttribute.RFC822_TEXT})
"""Items without argument that set ``\\Seen`` (RFC 3501 section 6.4.5)."""


class Fetch(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.4.5; ``changed_since`` is that of RFC 7162 section 3.1.4, ``vanished`` of its section 3.2.6; ``window``
    is PARTIAL (RFC 9394 section 3.3).

    ``items`` have every item once, in the client's order, macros expanded. UID FETCH has UID among them (6.4.8), and
    CHANGEDSINCE has MODSEQ (RFC 7162 section 3.1.4.1), asked for or not. ``implies_uid``: it was not asked for, and is the first.
    """

    sequence: SequenceSet
    items: tuple[FetchItem, ...]
    uid: bool = False
    changed_since: int | None = None
    vanished: bool = False
    window: PartialRange | None = None
    implies_uid: bool = False

    @property
    def sets_seen(self) -> bool:
        """Whether an item implies ``\\Seen``; the session sets it only in a folder that was selected for writing."""
        return any(
            not item.peek if isinstance(item, (BodySection, BinarySection)) else item in BODY_TEXTS
            for item in self.items
        )
