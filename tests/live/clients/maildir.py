"""The Maildir side of the syncing tests: names, flags and comparison of mail that passed through mbsync."""

from __future__ import annotations

import re
from pathlib import Path

FLAG_LETTERS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen"}


def make(folder: Path) -> Path:
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    return folder


def put(folder: Path, name: str, octets: bytes, letters: str) -> None:
    """A Maildir holds LF line ends."""
    (folder / "cur" / f"{name}:2,{letters}").write_bytes(octets.replace(b"\r\n", b"\n"))


def files(folder: Path) -> dict[int, Path]:
    """The file of every test mail, by its ``X-Test-Id``."""
    return {number_of(path.read_bytes()): path for name in ("cur", "new") for path in (folder / name).iterdir()}


def letters(path: Path) -> frozenset[str]:
    """Flags of a file as IMAP names."""
    info = path.name.rpartition(":2,")[2] if ":2," in path.name else ""
    return frozenset(FLAG_LETTERS[letter] for letter in info if letter in FLAG_LETTERS)


def number_of(octets: bytes) -> int:
    found = re.search(rb"^X-Test-Id: ([0-9]+)", octets, re.MULTILINE)
    assert found, octets[:200]
    return int(found[1])


def comparable(octets: bytes) -> bytes:
    """Octets without what mbsync does to a mail: LF line ends, and a line ``X-TUID`` in those it uploads."""
    return re.sub(rb"^X-TUID: [^\n]*\n", b"", octets.replace(b"\r\n", b"\n"), count=1, flags=re.MULTILINE)
