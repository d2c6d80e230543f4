"""Refuses network file systems for SQLite, whose write-ahead log is shared memory and whose locks must be real."""

from __future__ import annotations

import re
from pathlib import Path

from skrytka.store.interface import Unsuitable

_NETWORK = frozenset(
    """afs beegfs ceph cifs coda davfs fuse.ceph fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs gfs2 gpfs lustre ncpfs
    nfs nfs4 ocfs2 orangefs smb2 smb3 smbfs""".split()  # noqa: SIM905 - reads better than 22 lines
)
_MOUNTS = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(r"\\([0-7]{3})")


def refuse_network_file_system(folder: Path, mounts: Path = _MOUNTS) -> None:
    """Raise ``Unsuitable`` when the folder is on a file system that other hosts can write to."""
    kind = file_system_of(folder, mounts)
    if kind in _NETWORK:
        raise Unsuitable(f"{folder} is on a network file system ({kind}): SQLite needs a local disk, or use PostgreSQL")


def file_system_of(folder: Path, mounts: Path = _MOUNTS) -> str:
    """The type of the file system that holds a folder; empty where the kernel does not tell (not Linux)."""
    if not mounts.exists():
        return ""
    real = folder.resolve()
    best, kind = -1, ""
    for line in mounts.read_text().splitlines():
        before, _, after = line.partition(" - ")
        point = Path(_ESCAPED.sub(lambda match: chr(int(match[1], 8)), before.split()[4]))
        # A later line covers an earlier one on the same mount point.
        if real.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split()[0]
    return kind
