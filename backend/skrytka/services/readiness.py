"""Whether the parts that this process works with answer."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.store.interface import Database
from skrytka.store.operations import probing


class Readiness(msgspec.Struct, frozen=True):
    """What answers. Without the bus a process is still ready: idle sessions live by polling then."""

    directory: bool
    shards: Mapping[str, bool]
    bus: bool

    @property
    def ready(self) -> bool:
        return self.directory and all(self.shards.values())


async def probe(core: Core) -> Readiness:
    """Ask every database once. One that a bug has closed for writing does not count as there."""
    shards = {name: await _answers(shard) for name, shard in core.shards.items()}
    return Readiness(await _answers(core.directory), shards, core.bus.healthy)


async def _answers(database: Database) -> bool:
    try:
        await database.read(probing.probe, None)
    except Unavailable:
        return False
    return database.alive
