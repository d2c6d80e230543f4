"""A worker as the supervisor sees it: a process, and the socket through which the two know of each other."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

from skrytka.metrics import DIRECTORY_VARIABLE
from skrytka.serve import boot
from skrytka.serve.listening import Listening
from skrytka.settings import Settings


class WorkerProcess:
    """One run of a worker; ``number`` counts from 1 and stays the same when it starts again."""

    def __init__(
        self, number: int, workers: int, settings: Settings, listening: list[Listening], metrics: Path
    ) -> None:
        self._listening = [(each.key, each.sockets[number - 1].fileno()) for each in listening]
        self._boot = boot.encode(number, workers, settings, self._listening)
        self._metrics = metrics
        self._process: asyncio.subprocess.Process | None = None
        self._spawned = asyncio.Event()

    @property
    def pid(self) -> int:
        """Its process number, once it was started."""
        assert self._process is not None
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    async def start(self) -> bool:
        """Start it and wait until it serves; False when it ended before."""
        ours, theirs = socket.socketpair()
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
        self._spawned.set()
        try:
            self._channel.write(self._boot)
            return await reader.readline() == boot.READY
        except ConnectionError:
            return False

    async def wait(self) -> int:
        """Its exit status, once it has ended."""
        await self._spawned.wait()
        assert self._process is not None
        status = await self._process.wait()
        self._channel.close()
        return status

    def send(self, number: signal.Signals) -> None:
        """Send a signal; to one that is not there yet, or has ended, it is none."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
