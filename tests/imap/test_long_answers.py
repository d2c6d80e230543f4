"""Answers that are made in parts are the same as those made in one go; what is kept of searches and sorts is bounded."""

from __future__ import annotations

import ssl
from functools import partial

import pytest

from skrytka.core import Core
from skrytka_imap.handlers import esearch, ordering, sort_facts
from skrytka_imap.responses import threads
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings
from skrytka_imap.sorting import positions, slowly
from skrytka_imap.threads import by_references, by_subject, forest, links, merging
from tests.front_ends import Served
from tests.imap.test_transcripts import TRANSCRIPTS
from tests.transcripts import Action, load, replay


async def test_sets_written_in_parts(
    monkeypatch: pytest.MonkeyPatch,
    served: Served,
    actions: dict[str, Action],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    monkeypatch.setattr(esearch, "TOLD_TOGETHER", 1)
    steps = load(TRANSCRIPTS / "esearch.txt")
    await replay(steps, served.connect, octet_by_octet=False, actions=actions, client_tls=tls_contexts[1])


@pytest.mark.parametrize("name", ["search_limits", "sort_limits"])
async def test_what_is_kept_of_searches_and_sorts_is_bounded(
    name: str,
    core: Core,
    actions: dict[str, Action],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    settings = Settings(login_failure_delay_s=0, saved_ranges=1, search_context_octets=10, sorted_updates_octets=2 * 80)
    served = Served(partial(converse, core, settings), tls_contexts[0])
    steps = load(TRANSCRIPTS / "special" / f"{name}.txt")
    await replay(steps, served.connect, octet_by_octet=False, actions=actions, client_tls=tls_contexts[1])
    await served.stop()


@pytest.mark.parametrize(
    ("name", "bounded"),
    [
        ("search_octets", Settings(login_failure_delay_s=0, search_octets=3 * 3)),
        ("sort_octets", Settings(login_failure_delay_s=0, sort_octets=220)),
    ],
)
async def test_what_a_search_or_sort_holds_of_the_messages_is_bounded(
    name: str,
    bounded: Settings,
    core: Core,
    actions: dict[str, Action],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    served = Served(partial(converse, core, bounded), tls_contexts[0])
    steps = load(TRANSCRIPTS / "special" / f"{name}.txt")
    await replay(steps, served.connect, octet_by_octet=False, actions=actions, client_tls=tls_contexts[1])
    await served.stop()


@pytest.mark.parametrize("name", ["sort", "esort", "thread", "context_sort"])
async def test_orders_and_threads_made_in_parts(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    served: Served,
    actions: dict[str, Action],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    for module in (sort_facts, slowly, positions, forest, merging, by_subject, by_references, threads, ordering, links):
        for constant in ("CHUNK", "TOGETHER", "PIECES"):
            if hasattr(module, constant):
                monkeypatch.setattr(module, constant, 1)
    steps = load(TRANSCRIPTS / f"{name}.txt")
    await replay(steps, served.connect, octet_by_octet=False, actions=actions, client_tls=tls_contexts[1])
