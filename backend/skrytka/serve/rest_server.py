"""The REST API, or the probes alone, in a worker: uvicorn on the worker's loop and sockets."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, cast

import uvicorn

from skrytka.serve.bounded_http import BoundedHttp, Door
from skrytka.settings import Settings

SWEEP_S = 1.0
_QUEUE_TURNS = 3
_START_POLL_S = 0.005


class _Server(uvicorn.Server):
    """The worker handles signals, not uvicorn."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class RestServer:
    """Serves until drained."""

    def __init__(
        self,
        app: Callable[..., Awaitable[None]],
        settings: Settings,
        listener: str,
        sockets: Sequence[socket.socket],
    ) -> None:
        """``app`` is an ASGI application, ``listener`` the settings key that the metrics name."""
        self._door = Door(settings.rest, listener)
        config = uvicorn.Config(
            cast(Any, app),
            loop="none",
            http=cast(Any, functools.partial(BoundedHttp, self._door)),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
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
        self._sweeping = asyncio.create_task(self._sweep())

    async def drain(self) -> None:
        """Answer what is queued and in flight, then stop."""
        for _ in range(_QUEUE_TURNS):
            await asyncio.sleep(0)
        self._server.should_exit = True
        await self._task
        self._sweeping.cancel()

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            self._door.sweep(loop.time())
