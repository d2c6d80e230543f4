"""EXTERNAL (RFC 4422 appendix A) over IMAP and POP3: who shows a certificate of the authority that is set, and who does not."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import ssl
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from skrytka.core import Core
from skrytka.model import Status
from skrytka.serve.self_signed import make_self_signed
from skrytka.serve.tls import server_context
from skrytka.services import mailboxes
from skrytka.services.mailboxes import MailboxChange
from skrytka.settings import SettingsError, Tls
from skrytka_imap.server import converse as imap
from skrytka_imap.settings import Settings as ImapSettings
from skrytka_pop3.server import converse as pop3
from skrytka_pop3.settings import Pop3Settings
from tests.certificates import Authority, showing
from tests.front_ends import ACTOR, Served

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


class Ends:
    """Both front ends behind one certificate, and clients that show theirs."""

    def __init__(self, core: Core, folder: Path) -> None:
        self.authority = Authority(folder / "ours")
        pair = folder / "certificate.pem", folder / "key.pem"
        make_self_signed(*pair, "mx.example.org")
        tls = server_context(*pair, str(self.authority.certificate))
        self.imap = Served(partial(imap, core, ImapSettings(login_failure_delay_s=0)), tls)
        self.pop3 = Served(partial(pop3, core, Pop3Settings(login_failure_delay_s=0)), tls)

    async def ask_imap(self, certificate: Path | None, *commands: str) -> list[str]:
        return await _ask(self.imap, certificate, "s STARTTLS", [*commands, "z LOGOUT"])

    async def ask_pop3(self, certificate: Path | None, *commands: str) -> list[str]:
        return await _ask(self.pop3, certificate, "STLS", [*commands, "QUIT"])

    async def answer(self, certificate: Path | None, response: str = "=") -> str:
        """What AUTHENTICATE EXTERNAL is answered."""
        said = response if response == "=" else base64.b64encode(response.encode()).decode()
        lines = await self.ask_imap(certificate, f"a AUTHENTICATE EXTERNAL {said}")
        return lines[0].partition(" ")[2].partition("[CAPABILITY")[0]


async def _ask(served: Served, certificate: Path | None, start: str, commands: list[str]) -> list[str]:
    """What is answered after the handshake, until the server hangs up."""
    reader, writer = await served.connect()
    await reader.readline()
    writer.write(f"{start}\r\n".encode())
    await reader.readline()
    await writer.start_tls(showing(certificate))
    writer.write("".join(f"{command}\r\n" for command in commands).encode())
    try:
        return (await asyncio.wait_for(reader.read(), 15)).decode().split("\r\n")
    finally:
        writer.close()


@pytest.fixture
async def ends(core: Core, tmp_path: Path) -> AsyncIterator[Ends]:
    ends = Ends(core, tmp_path)
    yield ends
    await ends.imap.stop()
    await ends.pop3.stop()


def naming(core: Core, kind: str) -> Core:
    tls = msgspec.convert({"client_name": kind}, Tls)
    return dataclasses.replace(core, settings=msgspec.structs.replace(core.settings, tls=tls))


async def test_it_is_announced_to_whom_it_lets_in(ends: Ends) -> None:
    certificate = ends.authority.issue("ann@example.org")
    assert "AUTH=EXTERNAL" in (await ends.ask_imap(certificate, "a CAPABILITY"))[0].split()
    assert "AUTH=EXTERNAL" not in (await ends.ask_imap(None, "a CAPABILITY"))[0].split()
    assert "SASL EXTERNAL SCRAM-SHA-256-PLUS SCRAM-SHA-256 OAUTHBEARER XOAUTH2 PLAIN LOGIN" in await ends.ask_pop3(
        certificate, "CAPA"
    )
    assert "SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 OAUTHBEARER XOAUTH2 PLAIN LOGIN" in await ends.ask_pop3(None, "CAPA")
    assert await ends.answer(None) == "NO [CANNOT] There is no such mechanism here"


async def test_the_certificate_says_who_it_is(ends: Ends) -> None:
    certificate = ends.authority.issue("Ann@Example.ORG")
    assert await ends.answer(certificate) == "OK "
    assert await ends.answer(certificate, "ann@example.org") == "OK "
    assert await ends.answer(certificate, "bob@example.org") == (
        "NO [AUTHORIZATIONFAILED] Nobody may act for another here"
    )
    assert await ends.answer(ends.authority.issue("alias@example.org")) == "OK "
    waiting = await ends.ask_imap(certificate, "a AUTHENTICATE EXTERNAL", "")
    assert waiting[0] == "+ "
    assert waiting[1].startswith("a OK ")
    assert (await ends.ask_imap(certificate, "a AUTHENTICATE EXTERNAL /w=="))[0] == (
        "a BAD EXTERNAL is a name in UTF-8, or nothing"
    )
    assert (await ends.ask_pop3(certificate, "AUTH EXTERNAL ="))[0] == "+OK 0 messages (0 octets)"
    other = await ends.ask_pop3(certificate, "AUTH EXTERNAL Ym9iQGV4YW1wbGUub3Jn")
    assert other[0] == "-ERR [AUTH] Nobody may act for another here"


async def test_one_of_several_names_has_to_be_said(ends: Ends) -> None:
    certificate = ends.authority.issue("ann@example.org", "bob@example.org")
    assert await ends.answer(certificate) == (
        "NO [AUTHENTICATIONFAILED] Your certificate has several names: say which one"
    )
    assert await ends.answer(certificate, "bob@example.org") == "OK "


async def test_a_name_that_is_no_mailbox_lets_nobody_in(core: Core, ends: Ends) -> None:
    refused = "NO [AUTHENTICATIONFAILED] There is no mailbox of the name in your certificate"
    assert await ends.answer(ends.authority.issue("nobody@example.org")) == refused
    nameless = ends.authority.issue(subject={"commonName": "ann@example.org"})
    assert await ends.answer(nameless) == "NO [CANNOT] There is no such mechanism here"
    certificate = ends.authority.issue("ann@example.org")
    await mailboxes.put(core, ACTOR, "ann@example.org", MailboxChange(status=Status.SUSPENDED))
    assert await ends.answer(certificate) == "NO [CONTACTADMIN] The mailbox is suspended"


@pytest.mark.parametrize("kind", ["commonName", "emailAddress"])
async def test_the_subject_names_where_that_is_set(core: Core, tmp_path: Path, kind: str) -> None:
    """``tls.client_name``."""
    ends = Ends(naming(core, kind), tmp_path)
    assert await ends.answer(ends.authority.issue("bob@example.org", subject={kind: "ann@example.org"})) == "OK "
    lines = await ends.ask_imap(ends.authority.issue("bob@example.org"), "a CAPABILITY")
    assert "AUTH=EXTERNAL" not in lines[0].split()
    await ends.imap.stop()


async def _sent_away(ends: Ends, certificate: Path) -> bool:
    """Over TLS 1.3 the client has done its part of the handshake before it hears of it."""
    try:
        return await ends.ask_imap(certificate, "a CAPABILITY") == [""]
    except (ConnectionError, ssl.SSLError):
        return True


async def test_certificates_of_others_are_sent_away(ends: Ends, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "strange").issue("ann@example.org")
    for certificate in (stranger, ends.authority.issue("ann@example.org", days=0)):
        assert await _sent_away(ends, certificate)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no file"),
        ("", "is no PEM file of certificates"),
        ("nonsense", "is no PEM file of certificates"),
    ],
)
def test_a_wrong_file_is_a_wrong_setting(engine: str, tmp_path: Path, text: str | None, said: str) -> None:
    """``tls.client_ca``."""
    pair = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make_self_signed(*pair, "mx.example.org")
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match=f"tls.client_ca: .*{said}"):
        server_context(*pair, str(path))
