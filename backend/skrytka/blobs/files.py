"""Blobs as files: ``ab/cd/<key>`` below one folder, each written once and never changed.

A blob appears under its name only when it is whole and durable: written to ``tmp``, fsync, renamed, folder fsync. All disk
work runs in threads.

Renewing an age (or renaming a blob into place) and deleting an old blob exclude each other by a lock on a file of ``locks``,
one for each first two letters of the keys: a blob is never removed on the ground of an age that a put has just renewed.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

from skrytka import errors
from skrytka.blobs.folders import make_folder, sync_folder
from skrytka.metrics import STORE_ERRORS

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)

_KEY = re.compile(r"[A-Za-z0-9_-]{4,200}")
_FOLDER = re.compile(r"[A-Za-z0-9_-]{2}")
_TEMPORARY = "tmp"
_LOCKS = "locks"
_OWNER = "owner"
_CLOCK = "clock"
_TEMPORARY_AGE_S = 86_400
_COMPARE_OCTETS = 1 << 20
_CAUSES = {errno.ENOSPC: "disk_full", errno.EDQUOT: "disk_full", errno.EROFS: "read_only"}
"""For metrics and the log, in the words that a database has for them."""


class FileBlobs:
    """The blob store in a local folder; any number of processes may share it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._temporary = root / _TEMPORARY
        self._locks = root / _LOCKS
        # Folders of which this process knows that a power cut will not take them away.
        self._durable: set[Path] = set()

    async def open(self) -> None:
        await _in_thread(self._open)

    async def close(self) -> None:
        """Nothing is kept open."""

    async def owner(self, claim: str | None) -> str | None:
        return await _in_thread(self._owner, claim)

    async def now(self) -> int:
        return await _in_thread(self._now)

    async def put(self, key: str, octets: bytes) -> None:
        await _in_thread(self._put, key, octets)

    async def get(self, key: str) -> bytes:
        return await _in_thread(self._get, key)

    async def delete(self, key: str, put_before: int) -> bool:
        return await _in_thread(self._delete, key, put_before)

    async def keys(self) -> AsyncIterator[tuple[str, int]]:
        for folder in await _in_thread(_folders, self._root):
            for entry in await _in_thread(_blobs_below, folder):
                yield entry

    def _open(self) -> None:
        make_folder(self._root)
        make_folder(self._temporary)
        make_folder(self._locks)
        oldest = time.time() - _TEMPORARY_AGE_S
        for left in self._temporary.iterdir():  # by processes that died while they wrote
            with contextlib.suppress(FileNotFoundError):
                if left.stat().st_mtime < oldest:
                    left.unlink()

    def _owner(self, claim: str | None) -> str | None:
        path = self._root / _OWNER
        if claim is not None and not path.exists():
            temporary = self._new_temporary(_OWNER)
            try:
                _write(temporary, f"{claim}\n".encode())
                with contextlib.suppress(FileExistsError):  # another process was first
                    path.hardlink_to(temporary)
            finally:
                temporary.unlink(missing_ok=True)
            sync_folder(self._root)
        try:
            return path.read_text("utf-8", "replace").strip()
        except FileNotFoundError:
            return None

    def _now(self) -> int:
        """Of the host that has the disk: on a shared folder not every client's clock is that one."""
        path = self._root / _CLOCK
        path.touch()
        return int(path.stat().st_mtime)

    def _new_temporary(self, name: str) -> Path:
        return self._temporary / f"{name}.{os.getpid()}.{secrets.token_hex(4)}"

    def _put(self, key: str, octets: bytes) -> None:
        path = self._path(key)
        if self._renew(path, octets):
            return
        self._ensure_folder(path.parent)
        temporary = self._new_temporary(key)
        try:
            _write(temporary, octets)
            self._place(temporary, path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    def _place(self, temporary: Path, path: Path) -> None:
        """Give a blob its name; its folder is made again when somebody has removed it."""
        for again in (True, False):
            try:
                with self._locked(path.name, fcntl.LOCK_SH):
                    temporary.rename(path)
            except FileNotFoundError:
                if not again:
                    raise
                self._durable.discard(path.parent)
                self._ensure_folder(path.parent)
            else:
                return

    def _get(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise errors.NotFound("blob", key) from None

    def _renew(self, path: Path, octets: bytes) -> bool:
        """Renew the age of a blob that is there and whole, durably. False when it has to be written."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return False
        with file:
            if not _holds(file.fileno(), octets):
                return False
            with self._locked(path.name, fcntl.LOCK_SH):
                try:
                    os.utime(path)  # by name, to notice a deletion since it was opened
                except FileNotFoundError:
                    return False
            os.fsync(file.fileno())
        sync_folder(path.parent)  # whoever put it there may not have come so far yet
        return True

    def _delete(self, key: str, put_before: int) -> bool:
        path = self._path(key)
        with self._locked(key, fcntl.LOCK_EX):
            try:
                if path.stat().st_mtime >= put_before:
                    return False
                path.unlink()
            except FileNotFoundError:
                return False
        return True

    @contextlib.contextmanager
    def _locked(self, key: str, how: int) -> Iterator[None]:
        """Held for a system call or two; closing the file gives the lock back, and so does the end of the process."""
        descriptor = os.open(self._locks / key[:2], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise errors.Invalid("key", f"{key!r} is no blob key")
        return self._root / key[:2] / key[2:4] / key

    def _ensure_folder(self, folder: Path) -> None:
        """Make both levels and let them survive a power cut; another process may have made but not yet synced them."""
        if folder in self._durable:
            return
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
        sync_folder(self._root)
        self._durable.add(folder)


async def _in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run disk work in a thread; what the operating system refuses (no room, broken disk) is ``Unavailable``."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except OSError as error:
        cause = _CAUSES.get(error.errno or 0, "io_error")
        STORE_ERRORS.labels("blobs", cause).inc()
        _log.error("the blob store failed: %s: %s", cause, error)
        raise errors.Unavailable("The blob store failed") from error


def _holds(descriptor: int, octets: bytes) -> bool:
    """Whether a file consists of these octets; a file cut short by a broken disk does not."""
    if os.fstat(descriptor).st_size != len(octets):
        return False
    view = memoryview(octets)
    return all(
        os.pread(descriptor, _COMPARE_OCTETS, start) == view[start : start + _COMPARE_OCTETS]
        for start in range(0, len(octets), _COMPARE_OCTETS)
    )


def _write(path: Path, octets: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb", buffering=0) as file:
        view = memoryview(octets)
        while view:
            view = view[file.write(view) :]
        os.fsync(descriptor)


def _folders(root: Path) -> list[Path]:
    """The folders of blobs below one; what else lies there (``lost+found``) is not ours."""
    return [folder for folder in root.iterdir() if _FOLDER.fullmatch(folder.name) and folder.is_dir()]


def _blobs_below(folder: Path) -> list[tuple[str, int]]:
    """Keys and times of the blobs in a folder of ``root``; one that is deleted meanwhile is left out."""
    found: list[tuple[str, int]] = []
    for below in _folders(folder):
        for blob in os.scandir(below):
            with contextlib.suppress(FileNotFoundError):
                if _KEY.fullmatch(blob.name) and blob.is_file():
                    found.append((blob.name, int(blob.stat().st_mtime)))
    return found
