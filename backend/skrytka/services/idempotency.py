"""Idempotency-Key: a POST that is sent again gets the first answer again instead of being done again."""

from __future__ import annotations

import msgspec

from skrytka.core import Core
from skrytka.errors import Conflict
from skrytka.store.operations import idempotency_keys
from skrytka.store.operations.idempotency_keys import Begin, Finish

STALE_S = 600
"""A first request that has not finished after this long died with its process, or does not know what became of it.

The key is free again then: who asks again so late may have it done twice.
"""


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes


async def begin(core: Core, key: str, digest: str) -> Answer | None:
    """None: do the request, then ``finish`` or ``forget``. An answer: give it again.

    ``key`` names who asks and the client's key, ``digest`` the request. ``Conflict`` while the first request runs, and for
    the same key on another request.
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
    if stored is None:
        return None
    if stored.digest != digest:
        raise Conflict("The Idempotency-Key was used for another request")
    if stored.status is None:
        raise Conflict("The first request with this Idempotency-Key is not finished yet")
    return Answer(stored.status, stored.response or b"")


async def finish(core: Core, key: str, status: int, body: bytes) -> None:
    """Keep the answer for a repeat."""
    await core.directory.write(idempotency_keys.finish, Finish(key, status, body))


async def forget(core: Core, key: str) -> None:
    """The request failed and changed nothing: it may be tried again under the same key."""
    await core.directory.write(idempotency_keys.forget, key)
