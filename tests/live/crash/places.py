"""Where in the log the power is cut: at every kind of step on the way of a mail to the disk."""

from __future__ import annotations

from collections import defaultdict

from tests.live.crash.disk import records
from tests.live.crash.disk.records import Record

BLOB_STEPS = ("blob written", "blob synced", "blob renamed", "blob's folder synced")
LOG_STEPS = ("log written", "log synced", "database written", "database synced")
NAME_STEPS = ("name made", "name removed")

_SYNCS = {records.SYNC, records.SYNCED}
_MADE = {records.CREATE, records.MKDIR, records.LINK}


def steps(log: list[Record]) -> dict[str, list[int]]:
    """The places behind each kind of step. An fsync counts at its beginning too: what it is about is not durable yet."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    synced = {record.number: record.path for record in log if record.kind == records.SYNC}
    folders = {record.path for record in log if record.kind == records.MKDIR} | {""}
    for record in log:
        path = synced.get(record.number, "") if record.kind == records.SYNCED else record.path
        step = _step(record, path, path in folders)
        if step is not None:
            found[step].append(record.at)
    return dict(found)


def _step(record: Record, path: str, is_folder: bool) -> str | None:
    if record.kind in _MADE:
        return "name made"
    if record.kind == records.UNLINK:
        return "name removed"
    written = "written" if record.kind in (records.WRITE, records.TRUNCATE) else None
    done = "synced" if record.kind in _SYNCS else written
    if "/blobs/" in f"/{path}":
        return _blob_step(record.kind, done, is_folder)
    if done is None:
        return None
    return f"log {done}" if path.endswith("-wal") else f"database {done}" if path.endswith(".db") else None


def _blob_step(kind: str, done: str | None, is_folder: bool) -> str | None:
    if kind == records.RENAME:
        return "blob renamed"
    if is_folder:
        return "blob's folder synced" if done == "synced" else None
    return f"blob {done}" if done else None
