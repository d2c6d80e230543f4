"""Every LMTP transcript, whole and octet by octet, on both engines."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from skrytka.core import Core
from skrytka_lmtp.settings import LmtpSettings
from tests.front_ends import Serve, actions
from tests.lmtp.conftest import MESSAGE_OCTETS
from tests.transcripts import load, replay

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))
NAMES = {"big": "x" * (MESSAGE_OCTETS + 1), "long": "x" * 3_000}


@pytest.mark.parametrize("octet_by_octet", [False, True], ids=["whole", "octets"])
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=[path.stem for path in TRANSCRIPTS])
async def test_transcript(
    path: Path,
    octet_by_octet: bool,
    core: Core,
    serve: Serve[LmtpSettings],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    served = serve(LmtpSettings(max_recipients=4, max_errors=12))
    await replay(
        load(path),
        served.connect,
        octet_by_octet=octet_by_octet,
        actions=actions(core),
        client_tls=tls_contexts[1],
        names=NAMES,
    )
