"""Answers to SEARCH that are made in parts are the same as those made in one go."""

from __future__ import annotations

import ssl

import pytest

from skrytka_imap.handlers import esearch
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
