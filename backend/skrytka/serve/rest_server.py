"""The REST API, or the probes alone, in a worker: uvicorn on the worker's loop and sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, cast

import uvicorn

from skrytka.connections.accept_loop import AcceptLoop
from skrytka.serve.bounded_http import BoundedHttp, Door
from skrytka.settings import Settings

SWEEP_S = 1.0
_POLL_S = 0.005
_FIRST_REQUEST_S = 1.0
"""At the end, a client that was just accepted has so long to send its first request."""


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
            http=BoundedHttp,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=max(1, int(settings.serve.drain_timeout_s)),
        )
        self._config = config
        self._server = _Server(config)
        self._accepting = [AcceptLoop(each, listener, self._take) for each in sockets]
        self._connecting: set[asyncio.Task[object]] = set()

    async def start(self) -> None:
        """Return when requests are answered; a fault in the application's start is raised."""
        self._task = asyncio.create_task(self._server.serve([]))
        while not self._server.started and not self._task.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(_POLL_S)  # uvicorn tells of its start by this attribute alone
        if self._task.done():
            await self._task
        for each in self._accepting:
            each.start()
        self._sweeping = asyncio.create_task(self._sweep())

    def _take(self, client: socket.socket, _peer: str) -> None:
        task = asyncio.create_task(self._connect(client))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):  # it went before it was connected
            await loop.connect_accepted_socket(self._new_connection, client)

    def _new_connection(self) -> asyncio.Protocol:
        server = self._server
        return BoundedHttp(
            self._door, config=self._config, server_state=server.server_state, app_state=server.lifespan.state
        )

    async def leave(self, timeout_s: float) -> None:
        """Answer what is queued and what comes on the connections there are, each answer the last one of its connection."""
        await self._stop_accepting()
        await self._clients_gone(timeout_s, all_of_them=True)

    async def drain(self) -> None:
        """Answer what is queued and in flight, then stop."""
        await self._stop_accepting()
        await self._clients_gone(_FIRST_REQUEST_S, all_of_them=False)
        self._server.should_exit = True
        await self._task
        self._sweeping.cancel()

    async def _stop_accepting(self) -> None:
        for each in self._accepting:
            each.stop()
        if self._connecting:
            await asyncio.wait(tuple(self._connecting))
        self._door.leaving = True

    async def _clients_gone(self, timeout_s: float, *, all_of_them: bool) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._door.awaits_clients(all_of_them=all_of_them):  # noqa: ASYNC110 - uvicorn has no event for it
                    await asyncio.sleep(_POLL_S)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            self._door.sweep(loop.time())
