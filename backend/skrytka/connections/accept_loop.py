"""Accepting on one listening socket, for every protocol.

The sockets are accepted here and not by the event loop's server: draining must first take what is queued, and uvloop closes
a listening socket for good when the process once has no descriptor for a connection.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Mapping

from skrytka import metrics
from skrytka.outage import CALM_S, Outage

logger = logging.getLogger(__name__)

BACKLOG = 4_096
_ACCEPTS_AT_ONCE = 64
_PAUSE_S = 0.5
CAUSES: Mapping[int, str] = {
    errno.EMFILE: "process_files",
    errno.ENFILE: "system_files",
    errno.ENOBUFS: "memory",
    errno.ENOMEM: "memory",
}
"""What may be lacking, as the metric's label. Every other error is of one connection: its client went while queued."""


class AcceptLoop:
    """Hands every accepted connection, with its client's address, to ``take``. Who lacks a descriptor waits, its clients too."""

    def __init__(self, listening: socket.socket, name: str, take: Callable[[socket.socket, str], None]) -> None:
        listening.setblocking(False)
        self._listening = listening
        self._name = name
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._outage = Outage(f"{name}: accepting connections", logger)
        self._stopped = False

    def start(self) -> None:
        self._loop.add_reader(self._listening, self._accept_some)

    def stop(self) -> None:
        """Take what is queued, and no more."""
        if self._stopped:
            return
        self._loop.remove_reader(self._listening)
        for _ in range(BACKLOG // _ACCEPTS_AT_ONCE):
            if not self._accept_some():
                break
        self._stopped = True
        self._listening.close()

    def _accept_some(self) -> bool:
        """Accept what is queued, boundedly; True when more may be."""
        for _ in range(_ACCEPTS_AT_ONCE):
            try:
                client, peer = self._listening.accept()
            except (BlockingIOError, InterruptedError):
                return False
            except OSError as error:
                return self._failed(error)
            client.setblocking(False)
            self._take(client, peer[0])
        return True

    def _failed(self, error: OSError) -> bool:
        cause = CAUSES.get(error.errno or 0)
        if cause is None:
            return True  # accept(2): the next one may be fine
        metrics.ACCEPT_ERRORS.labels(self._name, cause).inc()
        self._outage.failed(error.strerror)
        self._loop.remove_reader(self._listening)
        self._loop.call_later(_PAUSE_S, self._resume)
        self._loop.call_later(2 * CALM_S, self._outage.worked)
        return False

    def _resume(self) -> None:
        if not self._stopped:
            self.start()
