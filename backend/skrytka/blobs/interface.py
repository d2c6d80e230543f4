"""Where large bodies live: immutable octets under their content hash."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class BlobStore(Protocol):
    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def put(self, key: str, octets: bytes) -> None:
        """Store durably: on return the octets survive a power cut. A key that exists has its age renewed instead."""

    async def get(self, key: str) -> bytes:
        """The octets; ``errors.NotFound('blob', key)`` when there are none."""

    async def delete(self, key: str) -> None:
        """Remove; a key that is not there is no error."""

    def keys(self) -> AsyncIterator[tuple[str, int]]:
        """Every key with the Unix time of its last put, in no order."""
