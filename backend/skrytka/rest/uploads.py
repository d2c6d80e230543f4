"""Mails as request bodies: of a type that is a mail, bounded, and counted while they are in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Request
from litestar.exceptions import HTTPException

from skrytka.core import Core
from skrytka.errors import Invalid, TooLarge, Unavailable
from skrytka.services import inflight

MAIL_TYPES = frozenset(("message/rfc822", "message/global", "application/octet-stream"))
"""A form would be stored with its wrapping. A request without a type is let through: it cannot mean anything else."""


@asynccontextmanager
async def received(core: Core, request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """The octets of the mail; they count as in flight until the end."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type and media_type not in MAIL_TYPES:
        raise HTTPException(status_code=415, detail="A mail is sent as message/rfc822")
    upload = _Upload(core)
    try:
        upload.expect(request.content_length or 0)
        async for piece in request.stream():
            upload.take(piece)
        if not upload.octets:
            raise Invalid("body", "is empty; send the mail as message/rfc822")
        yield bytes(upload.octets)
    finally:
        inflight.release(core, upload.reserved)


class _Upload:
    def __init__(self, core: Core) -> None:
        self._core = core
        self.octets = bytearray()
        self.reserved = 0

    def expect(self, size: int) -> None:
        """Reserve for so many in all."""
        limit = self._core.settings.limits.message_octets
        if size > limit:
            raise TooLarge(limit)
        more = size - self.reserved
        if more > 0:
            if not inflight.reserve(self._core, more):
                raise Unavailable("Too many mails are on their way in")
            self.reserved = size

    def take(self, piece: bytes) -> None:
        self.expect(len(self.octets) + len(piece))
        self.octets += piece
