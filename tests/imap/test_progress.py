"""What a client hears of a command that takes long."""

from __future__ import annotations

import ssl

import msgspec
import pytest

from skrytka_imap.handlers import storing
from skrytka_imap.settings import Settings
from tests.front_ends import Served
from tests.imap.test_transcripts import TRANSCRIPTS
from tests.transcripts import Action, load, replay


@pytest.fixture
def imap_settings() -> Settings:
    """Everything takes longer than the interval."""
    return msgspec.structs.replace(Settings(), progress_interval_s=1e-9)


@pytest.mark.parametrize("octet_by_octet", [False, True], ids=["whole", "octets"])
async def test_progress_is_told(
    monkeypatch: pytest.MonkeyPatch,
    octet_by_octet: bool,
    served: Served,
    actions: dict[str, Action],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    monkeypatch.setattr(storing, "CHUNK", 2)
    steps = load(TRANSCRIPTS / "special" / "inprogress.txt")
    await replay(steps, served.connect, octet_by_octet=octet_by_octet, actions=actions, client_tls=tls_contexts[1])
