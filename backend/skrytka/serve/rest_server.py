"""The REST API, or the probes alone, in a worker: uvicorn on the worker's loop and sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence
from typing import Any, cast

import uvicorn
from litestar import Litestar

from skrytka.settings import Settings

_QUEUE_TURNS = 3
_START_POLL_S = 0.005


class _Server(uvicorn.Server):
    """The worker handles signals, not uvicorn."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class RestServer:
    """Serves until drained."""

    def __init__(self, app: Litestar, settings: Settings, sockets: Sequence[socket.socket]) -> None:
        config = uvicorn.Config(
            cast(Any, app),
            loop="none",
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=settings.rest.max_connections,
            timeout_graceful_shutdown=max(1, int(settings.serve.drain_timeout_s)),
        )
        self._server = _Server(config)
        self._sockets = list(sockets)

    async def start(self) -> None:
        """Return when requests are answered; a fault in the application's start is raised."""
        self._task = asyncio.create_task(self._server.serve(self._sockets))
        while not self._server.started and not self._task.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(_START_POLL_S)  # uvicorn tells of its start by this attribute alone
        if self._task.done():
            await self._task

    async def drain(self) -> None:
        """Answer what is queued and in flight, then stop."""
        for _ in range(_QUEUE_TURNS):
            await asyncio.sleep(0)
        self._server.should_exit = True
        await self._task
