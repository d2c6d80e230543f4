"""Where large bodies live: immutable octets under their content hash."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class BlobStore(Protocol):
    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def owner(self, claim: str | None) -> str | None:
        """What the place says about whose it is. Where it says nothing it says ``claim`` from now on, durably, if given."""

    async def now(self) -> int:
        """The Unix time by the clock that gives blobs their age: only the two may be compared."""

    async def put(self, key: str, octets: bytes) -> None:
        """Store durably: on return the octets survive a power cut. A key that exists has its age renewed instead."""

    async def get(self, key: str) -> bytes:
        """The octets; ``errors.NotFound('blob', key)`` when there are none."""

    async def delete(self, key: str, put_before: int) -> bool:
        """Remove a blob last put before then (Unix time); True when it was removed.

        A ``put`` that returned, or returns, leaves the octets there whatever deletes at the same time: either it renewed the
        age first, and nothing is removed, or it finds nothing and writes the blob again.
        """

    def keys(self) -> AsyncIterator[tuple[str, int]]:
        """Every key with the Unix time of its last put, in no order."""
