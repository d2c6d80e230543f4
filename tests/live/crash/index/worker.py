"""Processes that make the search index: ``python -m tests.live.crash.index.worker SETTINGS``, settings as JSON.

For each line ``LEASE STEPS`` one is forked, which looks for new mail again and again and kills itself with SIGKILL after so many
steps, a step being what it asks of the store; 0: it goes on until somebody else kills it. Its process number is printed at once,
and when it is dead how it ended.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TypeVar

import msgspec

from skrytka.services import indexing, quiet
from skrytka.settings import Settings
from skrytka.store.interface import Committed, Database, Op
from skrytka.store.opening import Databases, open_databases
from tests import cores
from tests.contract.shards import Wrapped

V = TypeVar("V")
T = TypeVar("T")

_PAUSE_S = 0.002


class Mortal(Wrapped):
    """A shard whose process dies after so many steps: before what it asks of the store, or after that was done."""

    def __init__(self, real: Database, steps: list[int]) -> None:
        super().__init__(real)
        self._steps = steps

    async def write(self, op: Op[V, T], values: V, committed: Committed[T] | None = None) -> T:
        self._step()
        done = await super().write(op, values, committed)
        self._step()
        return done

    async def read(self, op: Op[V, T], values: V) -> T:
        self._step()
        return await super().read(op, values)

    def _step(self) -> None:
        self._steps[0] -= 1
        if self._steps[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def make_index(settings: Settings, lease: int, steps: int) -> None:
    opened = await open_databases(settings, migrating=False)
    left = [steps]
    shards = {name: Mortal(shard, left) for name, shard in opened.shards.items()}
    async with cores.open_core(Databases(opened.directory, shards), settings) as core:
        while True:
            await indexing.index_all(core, lease)
            await asyncio.sleep(_PAUSE_S)


def main() -> None:
    settings = msgspec.json.decode(sys.argv[1], type=Settings)
    settings = msgspec.structs.replace(settings, store=msgspec.structs.replace(settings.store, pool_size=1))
    quiet.LONGEST_REST_S = 0.0  # nobody else has to be served here
    for line in sys.stdin:
        lease, steps = map(int, line.split())
        pid = os.fork()
        if pid == 0:
            asyncio.run(make_index(settings, lease, steps))
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
