"""Folders that survive a power cut: a new folder is an entry of the one above, which has to reach the disk as well."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def make_folder(path: Path, mode: int = 0o777) -> None:
    """Make a folder and those above it that are missing, each durably; ``mode`` is that of the last."""
    path = path.absolute()
    if not path.parent.is_dir():
        make_folder(path.parent)
    path.mkdir(mode=mode, exist_ok=True)
    with contextlib.suppress(PermissionError):  # one that may not be read was there before us
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
