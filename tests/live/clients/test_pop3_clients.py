"""fetchmail, mpop and poplib fetch mail, keeping it on the server and not."""

from __future__ import annotations

import poplib
from pathlib import Path

import pytest

from tests.live.clients import maildir
from tests.live.clients.programs import private_file, run
from tests.live.serving import Service
from tests.mails import mail

COUNT = 30


@pytest.fixture
def address(service: Service) -> str:
    made = service.new_mailbox(password="secret")
    for number in range(COUNT):
        service.upload(made, mail(number))
    return made


def body_of(octets: bytes) -> bytes:
    """The mail from its own first line on, without what a fetching program puts before it."""
    return octets.replace(b"\r\n", b"\n").partition(b"From: Sender")[2]


def fetchmail(service: Service, address: str, home: Path, *, keep: bool) -> bytes:
    config = private_file(
        home / ".fetchmailrc",
        f"""
poll 127.0.0.1 protocol pop3 port {service.ports["pop3.listen"]} uidl no dns
  user "{address}" password "secret" {"keep" if keep else "nokeep"} fetchall sslproto ''
  mda "cat >> {home}/box; printf '\\001' >> {home}/box"
""",
    )
    return run("fetchmail", "-f", str(config), "--nodetach", "--nosyslog", home=home)


@pytest.mark.parametrize("keep", [True, False])
def test_fetchmail(service: Service, address: str, tmp_path: Path, keep: bool) -> None:
    fetchmail(service, address, tmp_path, keep=keep)
    fetched = [part for part in (tmp_path / "box").read_bytes().split(b"\x01") if part]
    assert [maildir.number_of(part) for part in fetched] == list(range(COUNT))
    for number, part in enumerate(fetched):
        assert body_of(part).rstrip(b"\n") == body_of(mail(number)).rstrip(b"\n")
    assert service.message_count(address) == (COUNT if keep else 0)


@pytest.mark.parametrize("keep", [True, False])
def test_mpop(service: Service, address: str, tmp_path: Path, keep: bool) -> None:
    box = maildir.make(tmp_path / "box")
    config = private_file(
        tmp_path / ".mpoprc",
        f"""
account ours
host 127.0.0.1
port {service.ports["pop3.listen"]}
user {address}
password secret
tls off
auth user
keep {"on" if keep else "off"}
received_header off
delivery maildir {box}
uidls_file {tmp_path}/uidls
""",
    )
    run("mpop", "-C", str(config), "ours", home=tmp_path)
    found = maildir.files(box)
    assert set(found) == set(range(COUNT))
    for number, path in found.items():
        assert body_of(path.read_bytes()).rstrip(b"\n") == body_of(mail(number)).rstrip(b"\n")
    assert service.message_count(address) == (COUNT if keep else 0)
    run("mpop", "-C", str(config), "ours", home=tmp_path)
    assert len(maildir.files(box)) == COUNT, "a second run fetches nothing that it has seen"


def test_poplib(service: Service, address: str) -> None:
    pop = poplib.POP3("127.0.0.1", service.ports["pop3.listen"])
    pop.utf8()
    pop.user(address)
    pop.pass_("secret")
    assert pop.stat() == (COUNT, sum(len(mail(number)) for number in range(COUNT)))
    identifiers = pop.uidl()[1]
    assert len(set(identifiers)) == COUNT
    for number in range(COUNT):
        lines = pop.retr(number + 1)[1]
        assert b"".join(line + b"\r\n" for line in lines) == mail(number)
    pop.dele(1)
    pop.quit()
    assert service.message_count(address) == COUNT - 1
