"""New mail is deferred before the disk is full, so that deleting mail, which has to write too, always can.

SQLite only, whose files lie in the data directory; the disk of a PostgreSQL server is not ours to look at.
"""

from __future__ import annotations

import logging
import os

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.metrics import STORE_ERRORS
from skrytka.outage import Outage
from skrytka.store.interface import Database
from skrytka.store.operations import probing

_log = logging.getLogger(__name__)


async def require(core: Core, shard: Database) -> None:
    """``Unavailable`` while ``store.reserve_octets`` are not free. What was deleted inside the shard's file counts as free."""
    reserve = core.settings.store.reserve_octets
    if shard.engine != "sqlite" or not reserve:
        return
    free = _free_on_disk(core.settings.data_dir)
    if free < reserve:
        free += await shard.read(probing.free_octets, None)
    _judge(core, shard.name, free)


def require_for_file(core: Core) -> None:
    """The same for a body that is to be a file beside the shards, which room inside of them does not help."""
    if core.directory.engine == "sqlite" and core.settings.store.reserve_octets and not core.settings.blobs.url:
        _judge(core, "blobs", _free_on_disk(core.settings.data_dir))


def _judge(core: Core, store: str, free: int) -> None:
    reserve, outage = core.settings.store.reserve_octets, core.state(_Outages)[store]
    if free < reserve:
        STORE_ERRORS.labels(store, "disk_full").inc()
        outage.failed(f"disk_full: {free} octets are free, store.reserve_octets are {reserve}")
        raise Unavailable("The disk has no room for new mail")
    outage.worked()


def _free_on_disk(folder: str) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


class _Outages(dict[str, Outage]):
    """By shard, and of the files."""

    def __missing__(self, name: str) -> Outage:
        made = self[name] = Outage(f"new mail in the store {name}", _log)
        return made
