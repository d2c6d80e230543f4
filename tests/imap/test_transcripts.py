"""Every transcript: whole on both engines, and octet by octet on one, since framing knows of no engine."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.front_ends import Served
from tests.transcripts import Action, load, replay

TRANSCRIPTS = Path(__file__).parent / "transcripts"


@pytest.mark.parametrize(
    ("engine", "octet_by_octet"),
    [("sqlite", False), ("postgresql", False), ("sqlite", True)],
    ids=["sqlite-whole", "postgresql-whole", "sqlite-octets"],
    indirect=["engine"],
)
@pytest.mark.parametrize("name", sorted(path.stem for path in TRANSCRIPTS.glob("*.txt")))
async def test_transcript(
    name: str,
    octet_by_octet: bool,
    served: Served,
    actions: dict[str, Action],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
    client_certificates: dict[str, ssl.SSLContext],
    known_names: dict[str, str],
) -> None:
    steps = load(TRANSCRIPTS / f"{name}.txt")
    await replay(
        steps,
        served.connect,
        octet_by_octet=octet_by_octet,
        actions=actions,
        client_tls=tls_contexts[1],
        names=known_names,
        connect_tls=served.connect_tls,
        certificates=client_certificates,
    )
