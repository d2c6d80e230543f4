"""What others change in metadata, told page by page, and after a store that did not answer."""

from __future__ import annotations

import ssl
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pytest

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.services import metadata as service
from skrytka.store.interface import Database, Op
from skrytka.store.operations import metadata
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings
from tests.contract.shards import Wrapped
from tests.front_ends import Served
from tests.imap.test_transcripts import TRANSCRIPTS
from tests.transcripts import Action, load, replay

V = TypeVar("V")
T = TypeVar("T")


async def test_many_changes_are_told_page_by_page(
    monkeypatch: pytest.MonkeyPatch, served: Served, actions: dict[str, Action]
) -> None:
    for module in (metadata, service):
        monkeypatch.setattr(module, "PAGE", 2)
    await replay(load(TRANSCRIPTS / "metadata_enable.txt"), served.connect, actions=actions)


class ChangesFail(Wrapped):
    """While it is ``down``, nobody can see what changed in metadata."""

    def __init__(self, real: Database) -> None:
        super().__init__(real)
        self.down = False

    async def read(self, op: Op[V, T], values: V) -> T:
        if self.down and op in (metadata.changes, metadata.last_modseq):
            raise Unavailable("The shard is down")
        return await super().read(op, values)


async def test_what_cannot_be_told_now_is_told_later(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """And ENABLE enables all or nothing."""
    shards = {name: ChangesFail(shard) for name, shard in core.shards.items()}
    served = Served(partial(converse, replace(core, shards=shards), imap_settings), tls_contexts[0])

    async def down(words: object) -> None:
        for shard in shards.values():
            shard.down = not shard.down

    steps = load(TRANSCRIPTS / "special" / "metadata_outage.txt")
    await replay(steps, served.connect, actions={"down": down, "up": down})
    await served.stop()
