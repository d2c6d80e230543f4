"""The clock of a running service, moved by a test. How, and why so, says ``moved_clock/sitecustomize.py``."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path


class MovedClock:
    """The clock of a service that was started with ``environment``."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "offset"
        self.set(0)
        path = os.pathsep.join([str(Path(__file__).parent / "moved_clock"), *filter(None, sys.path)])
        self.environment = {"CLOCK_OFFSET_FILE": str(self._file), "PYTHONPATH": path}

    def set(self, offset_s: float) -> None:
        """By how much it is off. Written in place: the processes have the file mapped."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("d", offset_s))
