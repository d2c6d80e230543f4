"""Where tests keep their files: in memory where the machine has room for them, else in the usual temporary folder.

A test waits for no disk then; that a process died its files survive in memory as they do on a disk. What a disk itself has to
do with, the crash tests above all, asks for ``DISK``. Containers often have a small ``/dev/shm``: it is left alone. A
``TMPDIR`` that is set is obeyed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

DISK = Path(tempfile.gettempdir())
_MEMORY = Path("/dev/shm")  # world-writable like the usual one; folders in it get names of their own
_ROOM_OCTETS = 4_000_000_000


def folder() -> Path:
    """An existing folder for temporary files."""
    if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK) and _room_octets() >= _ROOM_OCTETS:
        return _MEMORY
    return DISK


def _room_octets() -> int:
    """What ``/dev/shm`` may still hold, and the machine's memory too."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    available = int(fields["MemAvailable"].split()[0]) * 1024
    return min(shutil.disk_usage(_MEMORY).free, available)
