"""``Idempotency-Key``: a POST that is repeated with the same key gets the first answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from litestar import Request, Response
from litestar.params import HeaderParameter

from skrytka import errors
from skrytka.core import Core
from skrytka.services import idempotency

T = TypeVar("T")

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="A repeated request with the same key is answered as the first was",
        min_length=1,
        max_length=255,
    ),
]


@dataclass(frozen=True, slots=True)
class OnceOnly(Generic[T]):
    """``act`` is done once per ``key``, without one always; ``answer`` makes status and JSON of what it returns."""

    key: str | None
    octets: bytes
    act: Callable[[], Awaitable[T]]
    answer: Callable[[T], Awaitable[tuple[int, bytes]]]


async def once(core: Core, request: Request[Any, Any, Any], asked: OnceOnly[T]) -> Response[bytes]:
    """The answer, or the one that the first request with this key and these octets got."""
    key = asked.key
    if key is None:
        status, body = await asked.answer(await asked.act())
        return Response(body, status_code=status, media_type="application/json")
    digest = hashlib.sha256()
    for piece in (request.method, str(request.url.path), str(request.url.query)):
        digest.update(piece.encode() + b"\n")
    digest.update(asked.octets)
    scope = f"{request.user.credential}:{key}"
    begun = await idempotency.begin(core, scope, digest.hexdigest())
    if isinstance(begun, idempotency.Answer):
        return Response(
            begun.body,
            status_code=begun.status,
            media_type="application/json",
            headers={"Idempotent-Replayed": "true"},
        )
    try:
        done = await asked.act()
    except errors.Unavailable:
        raise  # whether it was committed is not known: the key stays taken as if this process had died
    except errors.DomainError:
        await idempotency.forget(core, begun)
        raise
    # From here on it is done: whatever fails now, the key stays taken.
    status, body = await asked.answer(done)
    await idempotency.finish(core, begun, status, body)
    return Response(body, status_code=status, media_type="application/json")
