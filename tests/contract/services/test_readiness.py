"""Whether a process says that it is ready."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skrytka.core import Core
from skrytka.serve import worker
from skrytka.services import readiness
from tests.contract.shards import Down, Finished


async def test_all_parts_answer(core: Core) -> None:
    assert (await readiness.probe(core)).ready
    down = Down(core.shards["shard-1"])
    found = await readiness.probe(replace(core, shards={**core.shards, "shard-1": down}))
    assert (found.ready, found.shards) == (False, {"shard-0": True, "shard-1": False})


async def test_a_store_that_nothing_writes_to_any_more(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """It still answers reads, so the worker has to end to be started again."""
    monkeypatch.setattr(worker, "WATCH_S", 0.01)
    finished = replace(core, shards={**core.shards, "shard-1": Finished(core.shards["shard-1"])})
    assert (await readiness.probe(finished)).shards == {"shard-0": True, "shard-1": False}
    with pytest.raises(RuntimeError, match="shard-1"):
        await worker._watch_stores(finished)
