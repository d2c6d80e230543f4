"""Mail programs that log in with each mechanism: mbsync (Cyrus SASL), mpop (GNU SASL), curl, imapclient and Python's imaplib."""

from __future__ import annotations

import hashlib
import imaplib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from tests.certificates import Authority
from tests.issuers import AUDIENCE, Issuer
from tests.live.clients import maildir
from tests.live.clients.programs import private_file, run
from tests.live.serving import Service
from tests.mails import mail
from tests.scram_client import ScramClient


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer, authority: Authority) -> Iterator[Service]:
    """With an issuer of tokens and an authority of client certificates."""
    settings = {
        "tls.client_ca": str(authority.certificate),
        "oauth.jwks_url": f"{issuer.url}/jwks",
        "oauth.issuer": issuer.url,
        "oauth.audience": AUDIENCE,
        "imap.login_failure_delay_s": "0",
    }
    served = Service(tmp_path_factory.mktemp("clients") / "var", settings, workers=1).start()
    yield served
    served.stop()
    assert "Traceback" not in served.log(), served.log()


@pytest.fixture
def address(service: Service) -> str:
    made = service.new_mailbox("open sesame")
    service.upload(made, mail(3))
    return made


def test_mbsync_with_scram(service: Service, address: str, tmp_path: Path) -> None:
    config = private_file(
        tmp_path / "mbsyncrc",
        f"""
IMAPStore far
Host localhost
Port {service.ports["imap.listen_tls"]}
User {address}
Pass "open sesame"
SSLType IMAPS
CertificateFile {service.certificate}
AuthMechs SCRAM-SHA-256

MaildirStore near
Path {tmp_path}/near/
Inbox {tmp_path}/near/INBOX

Channel all
Far :far:
Near :near:
Create Near
SyncState *
""",
    )
    (tmp_path / "near").mkdir()
    run("mbsync", "-c", str(config), "all", home=tmp_path)
    assert set(maildir.files(tmp_path / "near" / "INBOX")) == {3}


@pytest.mark.parametrize("mechanism", ["scram-sha-256", "login", "external", "oauthbearer", "xoauth2"])
def test_mpop(
    service: Service, issuer: Issuer, authority: Authority, address: str, tmp_path: Path, mechanism: str
) -> None:
    box = maildir.make(tmp_path / "box")
    token = mechanism in ("oauthbearer", "xoauth2")
    certificate = authority.issue(address)
    config = private_file(
        tmp_path / ".mpoprc",
        f"""
account ours
host localhost
port {service.ports["pop3.listen_tls"]}
user {address}
password {issuer.token(email=address) if token else "open sesame"}
tls on
tls_starttls off
tls_trust_file {service.certificate}
{f"tls_cert_file {certificate}" if mechanism == "external" else ""}
{f"tls_key_file {certificate}" if mechanism == "external" else ""}
auth {mechanism}
received_header off
delivery maildir {box}
uidls_file {tmp_path}/uidls
""",
    )
    run("mpop", "-C", str(config), "ours", home=tmp_path)
    assert set(maildir.files(box)) == {3}


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2", "EXTERNAL"])
def test_curl(
    service: Service, issuer: Issuer, authority: Authority, address: str, tmp_path: Path, mechanism: str
) -> None:
    login = ["-u", f"{address}:open sesame"]
    if "OAUTH" in mechanism:
        login = ["-u", f"{address}:", "--oauth2-bearer", issuer.token(email=address)]
    elif mechanism == "EXTERNAL":
        login = ["-u", f"{address}:", "--cert", str(authority.issue(address))]
    common = ("-sSf", "--cacert", str(service.certificate), "--login-options", f"AUTH={mechanism}", *login)
    imap, pop3 = service.ports["imap.listen_tls"], service.ports["pop3.listen_tls"]
    assert run("curl", *common, f"imaps://localhost:{imap}/INBOX;UID=1", home=tmp_path) == mail(3)
    assert run("curl", *common, f"pop3s://localhost:{pop3}/1", home=tmp_path) == mail(3)


def test_imapclient_with_tokens(service: Service, issuer: Issuer, address: str) -> None:
    trust = ssl.create_default_context(cafile=str(service.certificate))
    token = issuer.token(email=address)
    for mechanism in ("oauthbearer_login", "oauth2_login"):
        with IMAPClient("localhost", service.ports["imap.listen_tls"], ssl_context=trust) as client:
            getattr(client, mechanism)(address, token)
            assert client.select_folder("INBOX")[b"EXISTS"] == 1
        other = IMAPClient("localhost", service.ports["imap.listen_tls"], ssl_context=trust)
        with pytest.raises(LoginError, match="Nobody may act for another here"):
            getattr(other, mechanism)("somebody@example.org", token)
        other.shutdown()


def test_imaplib_with_channel_binding(service: Service, address: str) -> None:
    """The certificate that a first start makes is signed with SHA-256."""
    trust = ssl.create_default_context(cafile=str(service.certificate))
    imap = imaplib.IMAP4_SSL("localhost", service.ports["imap.listen_tls"], ssl_context=trust)
    assert isinstance(imap.sock, ssl.SSLSocket)
    shown = imap.sock.getpeercert(True)
    assert shown is not None
    client = ScramClient(address, "open sesame", "p=tls-server-end-point", hashlib.sha256(shown).digest())
    said: list[bytes] = []

    def respond(challenge: bytes) -> bytes:
        said.append(challenge)
        return (client.first, lambda: client.final(challenge), lambda: b"")[len(said) - 1]()

    assert "AUTH=SCRAM-SHA-256-PLUS" in imap.capabilities
    assert imap.authenticate("SCRAM-SHA-256-PLUS", respond)[0] == "OK"
    assert client.accepts(said[2])
    assert imap.select("INBOX") == ("OK", [b"1"])
    imap.logout()
