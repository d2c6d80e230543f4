"""Write turns between the processes that share a SQLite file.

SQLite's own lock is polled with growing sleeps, so under load one process starves the others. A ``flock`` on a file of
its own has a queue in the kernel: who waits gets the next turn. Waiting there cannot be called off, so it is done in a
thread that nobody waits for. It is a file beside the database, because closing any
descriptor of the database itself would drop SQLite's POSIX locks. The kernel frees the turn of a process that dies.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


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
