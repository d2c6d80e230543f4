"""Runs mail programs that were not written here. A missing one skips with its install command; in CI it fails."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = {"mbsync": "isync", "fetchmail": "fetchmail", "mpop": "mpop", "curl": "curl", "swaks": "swaks"}
TIMEOUT_S = 240


def run(program: str, *arguments: str, home: Path, stdin: bytes = b"", check: bool = True) -> bytes:
    """What the program printed on stdout. Its home is ``home``, so that it reads no configuration of the machine's."""
    if shutil.which(program) is None:
        text = f"{program} is missing; install it with: apt-get install {PACKAGES[program]}"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "FETCHMAILHOME": str(home)}
    done = subprocess.run(
        [program, *arguments], input=stdin, capture_output=True, timeout=TIMEOUT_S, env=environment, check=False
    )
    if check:
        assert done.returncode == 0, f"{program} {arguments}: {done.returncode}\n{done.stdout!r}\n{done.stderr!r}"
    return done.stdout


def private_file(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path
