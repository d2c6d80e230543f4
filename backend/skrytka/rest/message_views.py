"""Messages as JSON: the listing entry and the whole mail, decoded for people.

What a sender wrote is cut before it is parsed: anybody can mail a header of a megabyte, and a listing has a thousand mails.
All of this is work for ``core.compute``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from skrytka import mime
from skrytka.mime.structure import Part
from skrytka.model import Flags, FolderId, MessageRow, Uid

FLAG_NAMES = {
    Flags.SEEN: "seen",
    Flags.ANSWERED: "answered",
    Flags.FLAGGED: "flagged",
    Flags.DELETED: "deleted",
    Flags.DRAFT: "draft",
}
FLAGS_BY_NAME = {name: flag for flag, name in FLAG_NAMES.items()}


FIELD_OCTETS = 8_192
"""So much of a field is looked at for a listing entry: a hundred recipients with their names."""

RECIPIENTS = 100
TEXT_OCTETS = 1_048_576
"""So much of a text part, as it was sent, is decoded."""


class MessageView(msgspec.Struct, frozen=True):
    """``id`` is the folder's and the message's number; it stays until the message is moved or deleted.

    At most 100 recipients are listed; ``headers`` of the whole message has all.
    """

    id: str
    folder_id: int
    uid: int
    flags: list[str]
    keywords: list[str]
    size_octets: int
    internal_date: datetime
    saved_at: datetime
    modseq: int
    subject: str
    sender: str
    recipients: list[str]
    date: str
    message_id: str


class PartView(msgspec.Struct, frozen=True):
    """``number`` as in IMAP: ``1.2``."""

    number: str
    media_type: str
    encoding: str
    size_octets: int
    disposition: str | None
    filename: str | None


class FullMessageView(msgspec.Struct, frozen=True):
    """``truncated`` when ``text`` or ``html`` is the beginning only: the whole is in ``raw``."""

    message: MessageView
    headers: list[tuple[str, str]]
    text: str | None
    html: str | None
    truncated: bool
    parts: list[PartView]


def message_id(folder_id: FolderId, uid: Uid) -> str:
    return f"{folder_id}-{uid}"


def message_view(folder_id: FolderId, row: MessageRow, header: bytes) -> MessageView:
    part = mime.scan(header)

    def text(name: str) -> str:
        return mime.decode_header((mime.header_value(header, part, name) or b"")[:FIELD_OCTETS]).strip()

    recipients = [*_addresses(header, part, "to"), *_addresses(header, part, "cc")]
    return MessageView(
        id=message_id(folder_id, row.uid),
        folder_id=folder_id,
        uid=row.uid,
        flags=[name for flag, name in FLAG_NAMES.items() if row.flags & flag],
        keywords=list(row.keywords),
        size_octets=row.size_octets,
        internal_date=datetime.fromtimestamp(row.internal_date, UTC),
        saved_at=datetime.fromtimestamp(row.saved_at, UTC),
        modseq=row.modseq,
        subject=text("subject"),
        sender=next(iter(_addresses(header, part, "from")), ""),
        recipients=recipients[:RECIPIENTS],
        date=text("date"),
        message_id=text("message-id"),
    )


def full_view(folder_id: FolderId, row: MessageRow, octets: bytes) -> FullMessageView:
    root = mime.scan(octets)
    header = octets[root.header_start : root.body_start]
    leaves = list(_leaves(root, ""))
    texts = {subtype: _first_text(leaves, subtype) for subtype in ("plain", "html")}
    return FullMessageView(
        message=message_view(folder_id, row, header),
        headers=[
            (field.name.decode("ascii", "replace"), mime.decode_header(octets[field.value_start : field.end]).strip())
            for field in root.headers
        ],
        text=_text(octets, texts["plain"]),
        html=_text(octets, texts["html"]),
        truncated=any(part is not None and _is_long(part) for part in texts.values()),
        parts=[_part_view(number, part) for number, part in leaves],
    )


def _decoded(raw: bytes | None) -> str:
    return "" if raw is None else mime.decode_header(raw).strip()


def _addresses(header: bytes, part: Part, name: str) -> list[str]:
    found = []
    for address in mime.parse_addresses(_address_list(header, part, name)):
        if address.mailbox is None or address.host is None:
            continue  # the start or end of a group
        plain = f"{_decoded(address.mailbox)}@{_decoded(address.host)}"
        shown = _decoded(address.name)
        found.append(f"{shown} <{plain}>" if shown else plain)
    return found


def _address_list(header: bytes, part: Part, name: str) -> bytes:
    """All fields of that name as one; a long list ends after its last whole address."""
    joined = b", ".join(mime.header_values(header, part, name))
    return joined if len(joined) <= FIELD_OCTETS else joined[:FIELD_OCTETS].rpartition(b",")[0]


def _leaves(part: Part, number: str) -> Iterator[tuple[str, Part]]:
    if part.media_type == "multipart" and part.children:
        prefix = f"{number}." if number else ""
        for index, child in enumerate(part.children, 1):
            yield from _leaves(child, f"{prefix}{index}")
    else:
        yield number or "1", part


def _first_text(leaves: list[tuple[str, Part]], subtype: str) -> Part | None:
    texts = (part for _, part in leaves if part.media_type == "text" and part.disposition != "attachment")
    return next((part for part in texts if part.subtype == subtype), None)


def _is_long(part: Part) -> bool:
    return part.end - part.body_start > TEXT_OCTETS


def _text(octets: bytes, part: Part | None) -> str | None:
    if part is None:
        return None
    cut = msgspec.structs.replace(part, end=min(part.end, part.body_start + TEXT_OCTETS))
    return mime.decode_text(octets, cut)


def _part_view(number: str, part: Part) -> PartView:
    parameters = dict(part.parameters) | dict(part.disposition_parameters)
    filename = parameters.get("filename") or parameters.get("name")
    return PartView(
        number,
        f"{part.media_type}/{part.subtype}",
        part.encoding,
        part.end - part.body_start,
        part.disposition,
        filename,
    )
