"""Idempotency-Key: a POST that is sent again gets the first answer again instead of being done again."""

from __future__ import annotations

import msgspec

from skrytka.core import Core
from skrytka.errors import Conflict, Invalid
from skrytka.store.operations import idempotency_keys
from skrytka.store.operations.idempotency_keys import Begin, Claim, Finish

__all__ = ["Answer", "Claim", "begin", "finish", "forget"]

STALE_S = 600
"""A first request that has not finished after this long died with its process, or does not know what became of it.

The key is free again then: who asks again so late may have it done twice.
"""


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes


async def begin(core: Core, key: str, digest: str) -> Answer | Claim:
    """A claim: do the request, then ``finish`` or ``forget`` it. An answer: give it again.

    ``key`` names who asks and the client's key, ``digest`` the request. ``Conflict`` while the first request runs,
    ``Invalid`` for the same key on another request.
    """
    now = int(core.now())
    asked = Begin(
        key=key,
        digest=digest,
        now=now,
        stale_before=now - STALE_S,
        expired_before=now - core.settings.rest.idempotency_hours * 3_600,
    )
    stored = await core.directory.write(idempotency_keys.begin, asked)
    if isinstance(stored, Claim):
        return stored
    if stored.digest != digest:
        raise Invalid("Idempotency-Key", "was used for another request")
    if stored.status is None:
        raise Conflict("The first request with this Idempotency-Key is not finished yet")
    return Answer(stored.status, stored.response or b"")


async def finish(core: Core, claim: Claim, status: int, body: bytes) -> None:
    """Keep the answer for a repeat, unless the claim was taken over meanwhile."""
    await core.directory.write(idempotency_keys.finish, Finish(claim, status, body))


async def forget(core: Core, claim: Claim) -> None:
    """The request failed and changed nothing: it may be tried again under the same key."""
    await core.directory.write(idempotency_keys.forget, claim)
