"""``Idempotency-Key``: a POST that is repeated with the same key gets the first answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import HeaderParameter

from skrytka import errors
from skrytka.core import Core
from skrytka.services import idempotency

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="A repeated request with the same key is answered as the first was",
        min_length=1,
        max_length=255,
    ),
]


async def once(
    core: Core,
    request: Request[Any, Any, Any],
    key: str | None,
    act: Callable[[], Awaitable[tuple[int, bytes]]],
) -> Response[bytes]:
    """Run ``act``, which answers a status and a JSON body, at most once per key; without a key, always."""
    if key is None:
        status, body = await act()
        return Response(body, status_code=status, media_type="application/json")
    digest = hashlib.sha256()
    for piece in (request.method, str(request.url.path), str(request.url.query)):
        digest.update(piece.encode() + b"\n")
    digest.update(await request.body())
    scope = f"{request.user.credential}:{key}"
    stored = await idempotency.begin(core, scope, digest.hexdigest())
    if stored is not None:
        return Response(
            stored.body,
            status_code=stored.status,
            media_type="application/json",
            headers={"Idempotent-Replayed": "true"},
        )
    try:
        status, body = await act()
    except errors.Unavailable:
        raise  # whether it was committed is not known: the key stays taken as if this process had died
    except errors.DomainError:
        await idempotency.forget(core, scope)
        raise
    await idempotency.finish(core, scope, status, body)
    return Response(body, status_code=status, media_type="application/json")
