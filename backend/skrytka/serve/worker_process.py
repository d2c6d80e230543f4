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

import msgspec

from skrytka.metrics import DIRECTORY_VARIABLE
from skrytka.serve import boot
from skrytka.serve.listening import Listening
from skrytka.settings import Settings

logger = logging.getLogger(__name__)

_LOOKS = 4
"""A worker is given up when nothing came at so many looks in a row. When the supervisor itself stood still for a time, as it does
where the machine is suspended, one look finds nothing, and the next one what was said meanwhile."""

_TO_TELL_S = 1.0
"""For a worker that hangs to write down where."""


class WorkerProcess:
    """One run of a worker; ``number`` counts from 1 and stays the same when it starts again."""

    def __init__(
        self,
        number: int,
        workers: int,
        settings: Settings,
        listening: list[Listening],
        metrics: Path,
        *,
        after_hang: bool = False,
    ) -> None:
        self._listening = [(each.key, each.sockets[number - 1].fileno()) for each in listening]
        told = boot.Boot(number, workers, msgspec.to_builtins(settings), self._listening, after_hang)
        self._boot = boot.encode(told)
        self._hang_timeout_s = settings.serve.hang_timeout_s
        self._metrics = metrics
        self._number = number
        self._process: asyncio.subprocess.Process | None = None
        self._begun = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self.serving = False
        """Whether it has said so; before, most signals would end it."""
        self.hung = False
        """Whether it was killed because it did nothing any more."""

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
        if self.serving and self._hang_timeout_s:
            self._watching = asyncio.create_task(self._watch(reader))
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
        if self._watching is not None:
            self._watching.cancel()
        self._channel.close()
        return status

    async def _watch(self, reader: asyncio.StreamReader) -> None:
        """Kill it when it hangs: its clients would wait for ever, and the kernel would give it new ones."""
        silent = 0
        while silent < _LOOKS:
            try:
                said = await asyncio.wait_for(reader.readline(), self._hang_timeout_s / _LOOKS)
            except TimeoutError:
                silent += 1
                continue
            except ConnectionError:
                return
            if not said:
                return
            silent = 0
        logger.error(
            "worker %d (process %d) did nothing for %g s and is killed", self._number, self.pid, self._hang_timeout_s
        )
        self.hung = True
        self.send(signal.SIGUSR1)
        await asyncio.sleep(_TO_TELL_S)
        self.send(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """Send a signal; to one that is not there yet, or has ended, it is none."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
