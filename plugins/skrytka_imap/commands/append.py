"""APPEND and REPLACE."""

from __future__ import annotations

import msgspec

from skrytka.plugin_api import model
from skrytka_imap.commands.sequence_set import SequenceSet


class Url(msgspec.Struct, frozen=True):
    """RFC 4469 section 3: an IMAP URL as the client wrote it."""

    octets: bytes


class Catenate(msgspec.Struct, frozen=True):
    """RFC 4469 section 3: texts, and URLs of what is here already, which together are a message."""

    parts: tuple[bytes | Url, ...]


class AppendMessage(msgspec.Struct, frozen=True):
    """One message that a command brings. ``internal_date`` is Unix time, None when the client gave none."""

    data: bytes | Catenate
    flags: model.Flags = model.Flags.NONE
    keywords: tuple[str, ...] = ()
    internal_date: int | None = None


class Append(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.11; several messages: RFC 3502 section 6.3.11."""

    name: str
    messages: tuple[AppendMessage, ...]


class Replace(msgspec.Struct, frozen=True):
    """RFC 8508 section 3.2; ``sequence`` names one message. ``uid`` tells UID REPLACE (section 3.3)."""

    sequence: SequenceSet
    name: str
    message: AppendMessage
    uid: bool = False
