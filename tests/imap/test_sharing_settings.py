"""The limits on shared folders, a server that shows none, and with whom they may be shared."""

from __future__ import annotations

import ssl
from functools import partial

import msgspec
import pytest

from skrytka.core import Core
from skrytka.services import aliases, domains, mailboxes
from skrytka.services.mailboxes import MailboxChange
from skrytka.settings import Settings
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings as ImapSettings
from tests import front_ends
from tests.front_ends import ACTOR, PASSWORD, Served
from tests.imap.test_transcripts import TRANSCRIPTS
from tests.transcripts import load, replay


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, limits=msgspec.structs.replace(settings.limits, acl_entries=2))


@pytest.fixture(autouse=True)
async def carl(core: Core) -> None:
    """Of another domain, with an alias in that of the others."""
    await domains.put(core, ACTOR, "example.net")
    await mailboxes.put(core, ACTOR, "carl@example.net", MailboxChange(password=PASSWORD))
    await aliases.put(core, ACTOR, "carl@example.net", "carl@example.org")


@pytest.mark.parametrize("octet_by_octet", [False, True], ids=["whole", "octets"])
@pytest.mark.parametrize(
    ("name", "imap"),
    [
        ("acl_across_domains", ImapSettings(share_across_domains=True)),
        ("acl_domains", ImapSettings()),
        ("acl_limits", ImapSettings(max_shared_folders=1)),
        ("acl_off", ImapSettings(other_users="", shared="")),
        ("acl_utf8", ImapSettings(other_users="Życiowcy", shared="Wspólne")),
        ("shared_off", ImapSettings(shared="")),
        ("shared_only", ImapSettings(other_users="")),
    ],
    ids=["across_domains", "domains", "limits", "off", "utf8", "shared_off", "shared_only"],
)
async def test_settings_of_sharing(
    name: str,
    imap: ImapSettings,
    octet_by_octet: bool,
    core: Core,
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    served = Served(partial(converse, core, imap), tls_contexts[0])
    steps = load(TRANSCRIPTS / "special" / f"{name}.txt")
    actions = front_ends.actions(core)
    await replay(steps, served.connect, octet_by_octet=octet_by_octet, actions=actions, client_tls=tls_contexts[1])
    await served.stop()
