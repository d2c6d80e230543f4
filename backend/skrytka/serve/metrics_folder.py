"""The folder in which the workers of one supervisor count together, and its cleaning.

Every supervisor has one of its own and holds a lock in it, so that those of dead supervisors can be told and removed: their
counters ended with them.

It lies in memory where the machine has that: the counters are mapped files, and who writes into a new page of one on a full
disk is killed (SIGBUS), and killed again whenever it is started.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import multiprocess

MEMORY = Path("/dev/shm")  # noqa: S108 - names are checked for their owner
_LOCK = "lock"


@contextlib.contextmanager
def metrics_folder(data_dir: Path) -> Iterator[Path]:
    """A fresh folder, removed at the end."""
    parent = _parent(data_dir)
    for old in parent.iterdir():
        _remove_if_dead(old)
    folder = parent / f"{os.getpid()}-{secrets.token_hex(4)}"
    draft = parent / f".{folder.name}"  # the lock is held before anybody else can see the folder as a supervisor's
    draft.mkdir(mode=0o700)
    with (draft / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        draft.rename(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _parent(data_dir: Path) -> Path:
    """One for all supervisors of this user; in the data directory where there is no memory, or somebody took the name."""
    user = os.geteuid()
    shared = MEMORY / f"skrytka-metrics-{user}"
    with contextlib.suppress(OSError):
        shared.mkdir(mode=0o700, exist_ok=True)
        found = shared.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == user:
            return shared
    own = data_dir / "metrics"
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    return own


def forget_worker(folder: Path, pid: int) -> None:
    """Drop what a dead worker said of the present; what it counted stays."""
    multiprocess.mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def _remove_if_dead(folder: Path) -> None:
    if folder.name.startswith("."):
        return
    with contextlib.suppress(FileNotFoundError, BlockingIOError), (folder / _LOCK).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
