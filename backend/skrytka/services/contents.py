"""Contents: reading a mail's octets, headers and renditions, and preparing new ones."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Sequence
from functools import partial

import msgspec

from skrytka import mime
from skrytka.core import Core
from skrytka.errors import NotFound, Unavailable
from skrytka.extensions import Rendition
from skrytka.model import ContentId, FolderHead, FolderId, MailboxRef, MessageRow, Uid
from skrytka.services.packing import Damaged, unpack
from skrytka.services.preparing import derive, draft, finish, off_loop
from skrytka.services.shards import shard_of
from skrytka.services.slices import Slice
from skrytka.store.operations import contents
from skrytka.store.operations import mails as reading
from skrytka.store.operations import renditions as listings
from skrytka.store.operations.contents import Prepared, StoredContent, StoredRendition

__all__ = ["Listing", "Mails", "Prepared", "header", "mails", "octets", "prepare", "renditions"]

HEADERS_TOGETHER = 16
"""Headers that are in memory together, packed, while renditions are derived of them: a header may be large."""

_log = logging.getLogger(__name__)


class Listing(msgspec.Struct, frozen=True, gc=False):
    """A message and its renditions in the order of the names asked; one that cannot be derived is empty, one that was asked for
    only if it is stored, and is not, is None. ``octets`` are the mail where it was read together with its row."""

    row: MessageRow
    renditions: tuple[bytes | None, ...] = ()
    octets: bytes | None = None


class Mails(msgspec.Struct, frozen=True):
    """``head`` tells ``views.current`` what the folder was at the moment of the read; None when that is not known."""

    head: FolderHead | None
    listings: list[Listing]


async def prepare(core: Core, octets: bytes) -> Prepared:
    """Parse once, derive renditions, compress, write the blob if large. Store what is returned within the hour."""
    made = await draft(core, octets)
    return await finish(core, made, made.header)


async def octets(core: Core, mailbox: MailboxRef, content_id: ContentId) -> bytes:
    """The whole mail, exactly as it came. One whose octets are lost or damaged is logged and ``Unavailable``."""
    try:
        return await _octets(core, mailbox, content_id)
    except Damaged as damaged:
        raise _unreadable(mailbox, content_id, damaged) from damaged


async def mails(core: Core, mailbox: MailboxRef, folder_id: FolderId, uids: Sequence[int], most_octets: int) -> Mails:
    """Rows, as ``messages.rows`` has them, with the mails of at most ``most_octets`` each that can be had at once: one read.

    ``octets`` has the others, and says what is wrong with one that cannot be read.
    """
    values = reading.ReadMails(mailbox.mailbox_id, folder_id, uids, most_octets)
    found = await shard_of(core, mailbox).read(reading.read, values)
    return Mails(found.head, [Listing(mail.row, (), _at_once(mail)) for mail in found.mails])


def _at_once(mail: reading.ReadMail) -> bytes | None:
    if mail.header is None or mail.body is None:
        return None
    try:
        return _joined(mail.header, mail.body, mail.row.size_octets)
    except Damaged:
        return None


async def is_intact(core: Core, mailbox: MailboxRef, content_id: ContentId) -> bool:
    """Whether all octets can be read and the body is the one that came; ``NotFound`` when the content is gone."""
    try:
        mail = await _octets(core, mailbox, content_id)
    except Damaged:
        return False
    key = contents.ContentKey(mailbox.mailbox_id, content_id)
    found = await shard_of(core, mailbox).read(contents.digest, key)
    if found is None:
        raise NotFound("content", str(content_id))
    digest, body_start = found[0], len(unpack(found[1]))
    return await off_loop(core, len(mail), lambda: hashlib.sha256(memoryview(mail)[body_start:]).digest() == digest)


def _unreadable(mailbox: MailboxRef, content_id: ContentId, damaged: Damaged) -> Unavailable:
    _log.error("content %d of mailbox %s cannot be read: %s", content_id, mailbox.address, damaged)
    return Unavailable("The message cannot be read now")


async def _octets(core: Core, mailbox: MailboxRef, content_id: ContentId) -> bytes:
    stored = await _stored(core, mailbox, content_id)
    body = stored.body
    if stored.blob_key is not None:
        body = await _blob(core, mailbox, content_id, stored.blob_key)
    return await off_loop(core, stored.size_octets, lambda: _joined(stored.header, body, stored.size_octets))


def _joined(header: bytes | None, body: bytes | None, size_octets: int) -> bytes:
    mail = unpack(header) + unpack(body)
    if len(mail) != size_octets:
        raise Damaged(f"{len(mail)} octets of {size_octets}")
    return mail


async def _stored(core: Core, mailbox: MailboxRef, content_id: ContentId) -> StoredContent:
    key = contents.ContentKey(mailbox.mailbox_id, content_id)
    stored = await shard_of(core, mailbox).read(contents.read, key)
    if stored is None:
        raise NotFound("content", str(content_id))
    return stored


async def _blob(core: Core, mailbox: MailboxRef, content_id: ContentId, key: str) -> bytes:
    """A blob that is gone together with its content is a message that is gone; without it, a fault of the blob store."""
    try:
        return await core.blobs.get(key)
    except NotFound as missing:
        await _stored(core, mailbox, content_id)
        raise Damaged(f"the blob {key} is missing") from missing


async def header(core: Core, mailbox: MailboxRef, content_ids: Sequence[ContentId]) -> dict[ContentId, bytes]:
    """Headers with their blank line, without reading bodies. Contents that are gone are left out."""
    keys = contents.ContentKeys(mailbox.mailbox_id, tuple(content_ids))
    found = await shard_of(core, mailbox).read(contents.headers, keys)
    headers = {}
    slice_ = Slice(core)
    for content_id, packed in found:
        try:
            headers[content_id] = unpack(packed)
        except Damaged as damaged:
            raise _unreadable(mailbox, content_id, damaged) from damaged
        await slice_.next_if_over()
    return headers


class _Headers:
    """Headers one after another, read some at a time."""

    def __init__(self, core: Core, mailbox: MailboxRef, content_ids: Sequence[ContentId]) -> None:
        self._core = core
        self._mailbox = mailbox
        self._left = list(reversed(content_ids))
        self._packed: dict[ContentId, bytes] = {}

    async def next(self, content_id: ContentId) -> bytes:
        """The header of the next content, which is this one."""
        if self._left and self._left[-1] == content_id:
            ids = tuple(self._left[-1 : -HEADERS_TOGETHER - 1 : -1])
            del self._left[-HEADERS_TOGETHER:]
            keys = contents.ContentKeys(self._mailbox.mailbox_id, ids)
            self._packed = dict(await shard_of(self._core, self._mailbox).read(contents.headers, keys))
        if content_id not in self._packed:
            raise NotFound("content", str(content_id))
        return unpack(self._packed[content_id])


async def renditions(
    core: Core,
    mailbox: MailboxRef,
    folder_id: FolderId,
    uids: Sequence[Uid],
    names: Sequence[str],
    if_stored: Collection[str] = (),
) -> list[Listing]:
    """Messages with the renditions named, for at most 1 000 UIDs; missing ones are derived and stored, but for ``if_stored``.

    A listing needs no room on the disk and no mail but its own: what cannot be stored is derived again the next time, and a
    mail that cannot be read has empty renditions.
    """
    registered = {rendition.name: rendition for rendition in core.extensions.renditions}
    for name in names:
        if name not in registered:
            raise NotFound("rendition", name)
    asked = [registered[name] for name in names]
    wanted = tuple(listings.Wanted(rendition.name, rendition.version) for rendition in asked)
    request = listings.ListRenditions(mailbox.mailbox_id, folder_id, tuple(uids), wanted)
    found = await shard_of(core, mailbox).read(listings.list_renditions, request)
    to_derive = [rendition for rendition in asked if rendition.name not in if_stored]
    missing = _missing(found, asked, to_derive)
    if missing:
        derived = await _derive_missing(core, mailbox, missing)
        found = [(row, _completed(row, asked, stored, derived, if_stored)) for row, stored in found]
    return [Listing(row, stored) for row, stored in found]


def _missing(
    found: list[listings.Listed], asked: list[Rendition], to_derive: list[Rendition]
) -> dict[ContentId, list[Rendition]]:
    missing: dict[ContentId, list[Rendition]] = {}
    for row, stored in found:
        if None in stored and row.content_id not in missing:
            lacks = [one for one, has in zip(asked, stored, strict=True) if has is None and one in to_derive]
            if lacks:
                missing[row.content_id] = lacks
    return missing


Derived = dict[tuple[ContentId, str], bytes]


async def _derive_missing(core: Core, mailbox: MailboxRef, missing: dict[ContentId, list[Rendition]]) -> Derived:
    derived: list[tuple[ContentId, StoredRendition]] = []
    slice_ = Slice(core)
    of_header = [one for one, wanted in missing.items() if all(rendition.of_header for rendition in wanted)]
    headers, alone = _Headers(core, mailbox, of_header), frozenset(of_header)
    for content_id, wanted in missing.items():
        try:
            is_alone = content_id in alone
            mail = await headers.next(content_id) if is_alone else await _octets(core, mailbox, content_id)
        except NotFound:
            continue
        except Damaged as damaged:
            _unreadable(mailbox, content_id, damaged)
            continue
        made = await off_loop(core, len(mail), partial(_derive, wanted, mail))
        derived += ((content_id, rendition) for rendition in made)
        await slice_.next_if_over()
    if derived:
        await _store_if_possible(core, mailbox, listings.StoreRenditions(mailbox.mailbox_id, tuple(derived)))
    return {(content_id, rendition.name): rendition.octets for content_id, rendition in derived}


async def _store_if_possible(core: Core, mailbox: MailboxRef, values: listings.StoreRenditions) -> None:
    try:
        await shard_of(core, mailbox).write(listings.store_renditions, values)
    except Unavailable as error:
        _log.warning("renditions of mailbox %s are not stored now: %s", mailbox.address, error)


def _derive(wanted: list[Rendition], mail: bytes) -> tuple[StoredRendition, ...]:
    return derive(wanted, mail, mime.scan(mail))


def _completed(
    row: MessageRow,
    asked: list[Rendition],
    stored: tuple[bytes | None, ...],
    derived: Derived,
    if_stored: Collection[str],
) -> tuple[bytes | None, ...]:
    return tuple(
        has if has is not None or one.name in if_stored else derived.get((row.content_id, one.name), b"")
        for one, has in zip(asked, stored, strict=True)
    )
