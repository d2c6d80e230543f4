"""The log of the shim, read."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HEAD = struct.Struct("=IHHHHQQ")
_MAGIC = 0x534B5259

CREATE, WRITE, TRUNCATE, MAP, SYNC, SYNCED, RENAME, LINK, UNLINK, MKDIR = "CWTPBERLUM"


@dataclass(frozen=True)
class Record:
    """``at`` is the place in the log behind it. ``number`` is an offset, a size, or joins the two ends of an fsync."""

    at: int
    kind: str
    path: str
    other: str
    number: int
    octets: bytes


def read(log: Path) -> Iterator[Record]:
    """In the order of the disk. A last record that a SIGKILL cut short was never answered: it is left out."""
    data = log.read_bytes()
    start = 0
    while start + _HEAD.size <= len(data):
        magic, kind, path, other, _, number, octets = _HEAD.unpack_from(data, start)
        assert magic == _MAGIC, f"no record at {start} of {log}"
        ends = [start + _HEAD.size, path, other, octets]
        for index in range(1, 4):
            ends[index] += ends[index - 1]
        if ends[3] > len(data):
            return
        names = [data[ends[index] : ends[index + 1]].decode() for index in range(2)]
        yield Record(ends[3], chr(kind), names[0], names[1], number, data[ends[2] : ends[3]])
        start = ends[3]
