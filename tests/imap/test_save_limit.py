"""COPY and MOVE of more messages than may be at once."""

from __future__ import annotations

import ssl

import msgspec
import pytest

from skrytka.settings import Settings
from tests.front_ends import Served
from tests.imap.test_transcripts import TRANSCRIPTS
from tests.transcripts import Action, load, replay


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, limits=msgspec.structs.replace(settings.limits, copy_messages=2))


@pytest.mark.parametrize("octet_by_octet", [False, True], ids=["whole", "octets"])
async def test_nothing_is_copied_or_moved(
    octet_by_octet: bool,
    served: Served,
    actions: dict[str, Action],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    steps = load(TRANSCRIPTS / "special" / "savelimit.txt")
    await replay(steps, served.connect, octet_by_octet=octet_by_octet, actions=actions, client_tls=tls_contexts[1])
