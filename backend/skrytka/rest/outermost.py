"""Around the whole API: HEAD on everything that can be read (RFC 9110 section 9.3.2), and the counting of requests."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from litestar.enums import HttpMethod, ScopeType

from skrytka import metrics

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

_CLASSES = [f"{first}xx" for first in range(6)]


class Outermost:
    """Answers a HEAD with what a GET would, without the body; the router knows GET only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._requests = [metrics.REST_REQUESTS.labels(each) for each in _CLASSES]
        self._durations = metrics.REST_DURATION

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        asked = scope
        head = asked["method"] == "HEAD"
        if head:
            asked = asked.copy()
            asked["method"] = HttpMethod.GET

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._requests[message["status"] // 100].inc()
                self._durations.observe(perf_counter() - started)
            elif head and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        await self._app(asked, receive, sent)
