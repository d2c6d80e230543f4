"""Runs mail programs that were not written here. A missing one skips with its install command; in CI it fails."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = {"mbsync": "isync", "offlineimap": "offlineimap3", "getmail": "getmail6", "npm": "npm"}
"""Debian's, where its name is not the program's."""
TIMEOUT_S = 240


def wanted(program: str) -> None:
    """Skip where it is missing, with the command that installs it; in CI, fail."""
    if shutil.which(program) is None:
        text = f"{program} is missing; install it with: apt-get install {PACKAGES.get(program, program)}"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)


def environment(home: Path) -> dict[str, str]:
    """With a home of its own, so that a program reads no configuration of the machine's."""
    path = os.environ["PATH"]
    return {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "TERM": "xterm", "FETCHMAILHOME": str(home)}


def run(program: str, *arguments: str, home: Path, stdin: bytes = b"", check: bool = True) -> bytes:
    """What the program printed on stdout."""
    wanted(program)
    done = subprocess.run(
        [program, *arguments], input=stdin, capture_output=True, timeout=TIMEOUT_S, env=environment(home), check=False
    )
    if check:
        assert done.returncode == 0, f"{program} {arguments}: {done.returncode}\n{done.stdout!r}\n{done.stderr!r}"
    return done.stdout


def private_file(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path
