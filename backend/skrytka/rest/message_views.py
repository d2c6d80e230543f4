"""Messages as JSON: the listing entry and the whole mail, decoded for people."""

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


class MessageView(msgspec.Struct, frozen=True):
    """``id`` is the folder's and the message's number; it stays until the message is moved or deleted."""

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
    message: MessageView
    headers: list[tuple[str, str]]
    text: str | None
    html: str | None
    parts: list[PartView]


def message_id(folder_id: FolderId, uid: Uid) -> str:
    return f"{folder_id}-{uid}"


def message_view(folder_id: FolderId, row: MessageRow, header: bytes) -> MessageView:
    part = mime.scan(header)
    envelope = mime.envelope(header, part)
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
        subject=_decoded(envelope.subject),
        sender=next(iter(_addresses(envelope.from_)), ""),
        recipients=[*_addresses(envelope.to), *_addresses(envelope.cc)],
        date=_decoded(envelope.date),
        message_id=_decoded(envelope.message_id),
    )


def full_view(folder_id: FolderId, row: MessageRow, octets: bytes) -> FullMessageView:
    root = mime.scan(octets)
    header = octets[root.header_start : root.body_start]
    leaves = list(_leaves(root, ""))
    return FullMessageView(
        message=message_view(folder_id, row, header),
        headers=[
            (field.name.decode("ascii", "replace"), mime.decode_header(octets[field.value_start : field.end]).strip())
            for field in root.headers
        ],
        text=_first_text(octets, leaves, "plain"),
        html=_first_text(octets, leaves, "html"),
        parts=[_part_view(number, part) for number, part in leaves],
    )


def _decoded(raw: bytes | None) -> str:
    return "" if raw is None else mime.decode_header(raw).strip()


def _addresses(addresses: tuple[mime.Address, ...]) -> list[str]:
    found = []
    for address in addresses:
        if address.mailbox is None or address.host is None:
            continue  # the start or end of a group
        plain = f"{_decoded(address.mailbox)}@{_decoded(address.host)}"
        name = _decoded(address.name)
        found.append(f"{name} <{plain}>" if name else plain)
    return found


def _leaves(part: Part, number: str) -> Iterator[tuple[str, Part]]:
    if part.media_type == "multipart" and part.children:
        prefix = f"{number}." if number else ""
        for index, child in enumerate(part.children, 1):
            yield from _leaves(child, f"{prefix}{index}")
    else:
        yield number or "1", part


def _first_text(octets: bytes, leaves: list[tuple[str, Part]], subtype: str) -> str | None:
    for _, part in leaves:
        if part.media_type == "text" and part.subtype == subtype and part.disposition != "attachment":
            return mime.decode_text(octets, part)
    return None


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
