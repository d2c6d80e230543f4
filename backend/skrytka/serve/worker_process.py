"""A worker as the supervisor sees it: a process, and the socket through which the two know of each other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from skrytka.metrics import DIRECTORY_VARIABLE
from skrytka.serve import boot
from skrytka.serve.listening import Listening
from skrytka.settings import Settings

logger = logging.getLogger(__name__)


class WorkerProcess:
    """One run of a worker; ``number`` counts from 1 and stays the same when it starts again."""

    def __init__(
        self, number: int, workers: int, settings: Settings, listening: list[Listening], metrics: Path
    ) -> None:
        self._listening = [(each.key, each.sockets[number - 1].fileno()) for each in listening]
        self._boot = boot.encode(number, workers, settings, self._listening)
        self._metrics = metrics
        self._number = number
        self._process: asyncio.subprocess.Process | None = None
        self._begun = asyncio.Event()
        self.serving = False
        """Whether it has said so; before, most signals would end it."""

    @property
    def pid(self) -> int:
        """Its process number, once it was started; 0 when it could not be."""
        return 0 if self._process is None else self._process.pid

    @property
    def ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    async def start(self) -> bool:
        """Start it and wait until it serves; False when it ended before, or the system had nothing to start it with."""
        try:
            reader = await self._begin()
        except OSError as error:
            logger.error("worker %d cannot be started: %s", self._number, error)
            return False
        finally:
            self._begun.set()
        try:
            self._channel.write(self._boot)
            self.serving = await reader.readline() == boot.READY
        except ConnectionError:
            return False
        return self.serving

    async def _begin(self) -> asyncio.StreamReader:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "skrytka.serve.worker",
                    stdin=theirs.fileno(),
                    pass_fds=[fd for _, fd in self._listening],
                    env={**os.environ, DIRECTORY_VARIABLE: str(self._metrics)},
                )
            reader, self._channel = await asyncio.open_connection(sock=ours)
        except BaseException:
            ours.close()
            raise
        return reader

    async def wait(self) -> int | None:
        """Its exit status, once it has ended; None when it could not be started."""
        await self._begun.wait()
        if self._process is None:
            return None
        status = await self._process.wait()
        self._channel.close()
        return status

    def send(self, number: signal.Signals) -> None:
        """Send a signal; to one that is not there yet, or has ended, it is none."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
