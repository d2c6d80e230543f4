"""What others change in metadata, told page by page, and after a store that did not answer."""

from __future__ import annotations

import ssl
from dataclasses import replace
from functools import partial

import pytest

from skrytka.core import Core
from skrytka.services import metadata as service
from skrytka.store.operations import metadata
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings
from tests.contract.shards import ReadsFail
from tests.front_ends import Served
from tests.imap.test_transcripts import TRANSCRIPTS
from tests.transcripts import Action, load, replay


async def test_many_changes_are_told_page_by_page(
    monkeypatch: pytest.MonkeyPatch, served: Served, actions: dict[str, Action]
) -> None:
    for module in (metadata, service):
        monkeypatch.setattr(module, "PAGE", 2)
    await replay(load(TRANSCRIPTS / "metadata_enable.txt"), served.connect, actions=actions)


async def test_what_cannot_be_told_now_is_told_later(
    core: Core, imap_settings: Settings, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """And ENABLE enables all or nothing."""
    down: set[object] = set()
    shards = {name: ReadsFail(shard, down) for name, shard in core.shards.items()}
    served = Served(partial(converse, replace(core, shards=shards), imap_settings), tls_contexts[0])

    async def go_down(words: object) -> None:
        down.update((metadata.changes, metadata.last_modseq))

    async def come_up(words: object) -> None:
        down.clear()

    steps = load(TRANSCRIPTS / "special" / "metadata_outage.txt")
    await replay(steps, served.connect, actions={"down": go_down, "up": come_up})
    await served.stop()
