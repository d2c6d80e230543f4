"""From the octets of a mail to what is stored of it: parsed once, renditions derived, header and body packed apart."""

from __future__ import annotations

import hashlib
import logging
from asyncio import get_running_loop
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from skrytka import mime
from skrytka.core import Core
from skrytka.errors import TooLarge
from skrytka.extensions import Rendition
from skrytka.mime.structure import Part
from skrytka.services import room
from skrytka.services.packing import pack
from skrytka.store.operations.contents import Prepared, StoredRendition

LARGE_OCTETS = 65_536
"""From here on parsing and packing leave the event loop."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Draft(msgspec.Struct, frozen=True):
    """A mail as prepared, but for its header, which delivery may still exchange for one with other trace fields."""

    header: bytes
    body_octets: int
    body: bytes
    digest: bytes
    blob_key: str | None
    renditions: tuple[StoredRendition, ...]


async def off_loop(core: Core, size_octets: int, work: Callable[[], T]) -> T:
    """Run ``work`` here when it is small, else where it does not hold up the loop."""
    if size_octets < LARGE_OCTETS:
        return work()
    return await get_running_loop().run_in_executor(core.compute, work)


async def draft(core: Core, octets: bytes) -> Draft:
    """Parse and pack; a body too large for the shard is durable in the blob store afterwards.

    ``Unavailable`` when the disk has no room for that; ``TooLarge`` for a header over ``limits.header_octets``: headers are
    read many at a time, each whole.
    """
    made = await off_loop(core, len(octets), lambda: _draft(core, octets))
    if made.blob_key is not None:
        room.require_for_file(core)
        await core.blobs.put(made.blob_key, made.body)
    return made


async def finish(core: Core, made: Draft, header: bytes) -> Prepared:
    """The draft with this header."""
    body = made.body if made.blob_key is None else None
    size = len(header) + made.body_octets
    packed = await off_loop(core, len(header), lambda: pack(header))
    return Prepared(size, packed, body, made.blob_key, made.digest, made.renditions)


def _draft(core: Core, octets: bytes) -> Draft:
    part = mime.scan(octets)
    if part.body_start > core.settings.limits.header_octets:
        raise TooLarge(core.settings.limits.header_octets, "header of the message")
    header, body = octets[: part.body_start], octets[part.body_start :]
    packed = pack(body)
    blob_key = None
    if len(packed) > core.settings.blobs.inline_limit_octets:
        blob_key = hashlib.sha256(packed).hexdigest()
    wanted = [rendition for rendition in core.extensions.renditions if rendition.at_delivery]
    renditions = derive(wanted, octets, part)
    return Draft(header, len(body), packed, hashlib.sha256(body).digest(), blob_key, renditions)


def derive(renditions: Sequence[Rendition], octets: bytes, part: Part) -> tuple[StoredRendition, ...]:
    """One that fails is a bug of whoever registered it: it is logged and left out, and the mail is stored all the same."""
    derived: list[StoredRendition] = []
    for rendition in renditions:
        try:
            derived.append(StoredRendition(rendition.name, rendition.version, rendition.derive(octets, part)))
        except Exception:
            _log.exception("the rendition %s failed on a mail of %d octets", rendition.name, len(octets))
    return tuple(derived)
