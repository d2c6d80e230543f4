"""SETQUOTA where the provider lets users limit themselves."""

from __future__ import annotations

import ssl

import msgspec
import pytest

from skrytka_imap.settings import Settings
from tests.front_ends import Served
from tests.imap.test_transcripts import TRANSCRIPTS
from tests.transcripts import Action, load, replay


@pytest.fixture
def imap_settings(imap_settings: Settings) -> Settings:
    return msgspec.structs.replace(imap_settings, setquota=True)


@pytest.mark.parametrize("octet_by_octet", [False, True], ids=["whole", "octets"])
async def test_users_limit_themselves(
    octet_by_octet: bool,
    served: Served,
    actions: dict[str, Action],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    steps = load(TRANSCRIPTS / "special" / "setquota.txt")
    await replay(steps, served.connect, octet_by_octet=octet_by_octet, actions=actions, client_tls=tls_contexts[1])
