"""Answers to SEARCH that are made in parts are the same as those made in one go; what is kept of searches is bounded."""

from __future__ import annotations

import ssl

import pytest

from skrytka_imap.handlers import contexts, esearch
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


async def test_what_is_kept_of_searches_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
    served: Served,
    actions: dict[str, Action],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    monkeypatch.setattr(esearch, "MOST_SAVED", 1)
    monkeypatch.setattr(contexts, "HEAVIEST", 10)
    steps = load(TRANSCRIPTS / "special" / "search_limits.txt")
    await replay(steps, served.connect, octet_by_octet=False, actions=actions, client_tls=tls_contexts[1])
