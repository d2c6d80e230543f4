"""What the contract suite needs of an implementation besides the store itself. A new one joins by a line in ``conftest``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from skrytka.blobs.files import FileBlobs
from skrytka.blobs.interface import BlobStore


class Stores(Protocol):
    """One place for blobs, which several processes may have open."""

    def make(self) -> BlobStore:
        """A store over that place, not yet open."""

    def age(self, key: str, seconds: int) -> None:
        """Pretend that the last put of this blob was so long ago."""

    def damage(self, key: str) -> None:
        """Lose the last octet of a blob, as a broken disk would."""


class FileStores:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> FileBlobs:
        return FileBlobs(self.folder)

    def age(self, key: str, seconds: int) -> None:
        path = self._path(key)
        when = path.stat().st_mtime - seconds
        os.utime(path, (when, when))

    def damage(self, key: str) -> None:
        path = self._path(key)
        path.write_bytes(path.read_bytes()[:-1])

    def _path(self, key: str) -> Path:
        return next(self.folder.rglob(key))
