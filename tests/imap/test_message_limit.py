"""RFC 9738: more messages than a command takes, where COPY and MOVE alone have a limit, and where all commands have one."""

from __future__ import annotations

import ssl

import msgspec
import pytest

from skrytka.settings import Settings
from skrytka_imap.settings import Settings as ImapSettings
from tests.front_ends import Served
from tests.imap.test_transcripts import TRANSCRIPTS
from tests.transcripts import Action, load, replay

CASES = ("savelimit", "messagelimit")


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(settings: Settings, case: str) -> Settings:
    if case == "messagelimit":
        return settings
    return msgspec.structs.replace(settings, limits=msgspec.structs.replace(settings.limits, copy_messages=2))


@pytest.fixture
def imap_settings(imap_settings: ImapSettings, case: str) -> ImapSettings:
    return msgspec.structs.replace(imap_settings, message_limit=2 if case == "messagelimit" else None)


@pytest.mark.parametrize("octet_by_octet", [False, True], ids=["whole", "octets"])
async def test_so_many_messages_at_once(
    octet_by_octet: bool,
    case: str,
    served: Served,
    actions: dict[str, Action],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    steps = load(TRANSCRIPTS / "special" / f"{case}.txt")
    await replay(steps, served.connect, octet_by_octet=octet_by_octet, actions=actions, client_tls=tls_contexts[1])


@pytest.mark.parametrize("limit", [0, 1, 999])
def test_the_limit_is_not_below_what_the_rfc_recommends(limit: int) -> None:
    with pytest.raises(msgspec.ValidationError, match="message_limit"):
        msgspec.convert({"message_limit": limit}, ImapSettings)
    assert ImapSettings().message_limit == 10_000_000
