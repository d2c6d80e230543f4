"""Runs programs so that everything they ask of the disk below one folder is written down."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

_SOURCE = Path(__file__).with_name("shim.c")


class NoCompiler(Exception):
    """The text is the command that installs one."""


@cache
def build(folder: Path) -> Path:
    """The compiled shim."""
    compiler = shutil.which("gcc")
    if compiler is None:
        raise NoCompiler("apt-get install gcc libc6-dev")
    made = folder / "shim.so"
    options = ["-Wall", "-Wextra", "-O1", "-fPIC", "-shared", "-fvisibility=hidden"]
    subprocess.run([compiler, *options, "-o", str(made), str(_SOURCE), "-ldl", "-pthread"], check=True)
    return made


class Recording:
    """A folder that stands for the disk, and the log of what was asked of it. A place in the log is its length in octets."""

    def __init__(self, shim: Path, folder: Path) -> None:
        self.root = (folder / "disk").resolve()
        self.root.mkdir()
        self.log = folder / "disk.log"
        self.log.touch()
        self.variables = {"LD_PRELOAD": str(shim), "SHIM_ROOT": str(self.root), "SHIM_LOG": str(self.log)}

    def position(self) -> int:
        """Everything asked so far lies before it."""
        return self.log.stat().st_size
