"""Write turns between the processes that share a SQLite file.

SQLite's own lock is polled with growing sleeps, so under load one process starves the others. A ``flock`` on a file of
its own has a queue in the kernel: who waits gets the next turn. Waiting there cannot be called off, so it is done in a
thread that nobody waits for. It is a file beside the database, because closing any
descriptor of the database itself would drop SQLite's POSIX locks. The kernel frees the turn of a process that dies.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Turns:
    """One process's place at the turn of one database."""

    def __init__(self, database: Path) -> None:
        self._file = os.open(f"{database}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def try_take(self) -> bool:
        """Take the turn if nobody has it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def wait(self) -> None:
        """Take the turn, blocking the calling thread until the others have given it back.

        The turn that a thread gets after ``close`` goes back at once: the kernel frees it with the last use of the file.
        """
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def give_back(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._file)


class DaemonThread(Executor):
    """One thread that does one thing after the other, and that the end of the process does not wait for."""

    def __init__(self, name: str) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """The future of a call."""
        future: Future[T] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:
                future.set_exception(error)

        self._work.put(call)
        return future

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:
        """End after what is queued, without waiting for it."""
        self._work.put(None)

    def _run(self) -> None:
        while (call := self._work.get()) is not None:
            call()
