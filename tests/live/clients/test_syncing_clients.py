"""offlineimap and getmail fetch and sync, imapfilter sorts, neomutt reads and files: each as its users set it up."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tests.live.clients import maildir
from tests.live.clients.far import Far
from tests.live.clients.programs import environment, private_file, run, wanted
from tests.live.serving import Service
from tests.mails import mail

COUNT = 30


@pytest.fixture
def address(service: Service) -> str:
    made = service.new_mailbox(password="secret")
    with Far(service, made) as far:
        for number in range(COUNT):
            far.append(number, frozenset({"\\Flagged"}) if number % 3 == 0 else frozenset())
    return made


def test_offlineimap_syncs_both_ways(service: Service, address: str, tmp_path: Path) -> None:
    config = private_file(
        tmp_path / "offlineimaprc",
        f"""
[general]
accounts = ours
metadata = {tmp_path}/metadata
ui = basic
[Account ours]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {tmp_path}/near
[Repository far]
type = IMAP
remotehost = localhost
remoteport = {service.ports["imap.listen_tls"]}
remoteuser = {address}
remotepass = secret
ssl = yes
sslcacertfile = {service.certificate}
""",
    )
    run("offlineimap", "-o", "-c", str(config), home=tmp_path)
    near = tmp_path / "near" / "INBOX"
    fetched = maildir.files(near)
    assert sorted(fetched) == list(range(COUNT))
    for number, path in fetched.items():
        assert maildir.comparable(path.read_bytes()) == maildir.comparable(mail(number))
        assert ("\\Flagged" in maildir.letters(path)) == (number % 3 == 0)
    maildir.put(near, "1234.new", mail(100), "S")
    fetched[1].unlink()
    with Far(service, address) as far:
        far.imap.store("3", "+FLAGS", "(\\Answered)")
    run("offlineimap", "-o", "-c", str(config), home=tmp_path)
    assert "\\Answered" in maildir.letters(maildir.files(near)[2])
    with Far(service, address) as far:
        everything = far.everything()
    assert sorted(everything) == [0, *range(2, COUNT), 100]
    assert "\\Seen" in everything[100][1]


def test_getmail_fetches_over_imap(service: Service, address: str, tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.mkdir()
    private_file(
        tmp_path / "getmailrc",
        f"""
[retriever]
type = SimpleIMAPSSLRetriever
server = 127.0.0.1
port = {service.ports["imap.listen_tls"]}
ca_certs = {service.certificate}
username = {address}
password = secret
mailboxes = ("INBOX",)
[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat > {box}/$$")
allow_root_commands = true
[options]
delete = true
delivered_to = false
received = false
""",
    )
    run("getmail", f"--getmaildir={tmp_path}", home=tmp_path)
    fetched = {maildir.number_of(octets): octets for octets in (path.read_bytes() for path in box.iterdir())}
    assert sorted(fetched) == list(range(COUNT))
    for number, octets in fetched.items():
        assert without_marks(octets).rstrip(b"\n") == maildir.comparable(mail(number)).rstrip(b"\n"), number
    assert service.message_count(address) == 0


def without_marks(octets: bytes) -> bytes:
    """A mail without the two lines that getmail adds to its header."""
    return re.sub(rb"^(Return-Path|X-getmail-[a-z-]+): [^\n]*\n", b"", maildir.comparable(octets), flags=re.MULTILINE)


def test_imapfilter_sorts(service: Service, address: str, tmp_path: Path) -> None:
    (tmp_path / ".imapfilter").mkdir()
    config = private_file(
        tmp_path / "config.lua",
        f"""
options.timeout = 60
options.create = true
options.subscribe = true
options.starttls = false
ours = IMAP {{ server = "127.0.0.1", port = {service.ports["imap.listen"]}, username = "{address}", password = "secret" }}
flagged = ours.INBOX:is_flagged()
flagged:move_messages(ours["Lists/Marked"])
late = ours.INBOX:contain_subject("number 2") * ours.INBOX:is_unseen()
late:copy_messages(ours["Lists/Two"])
late:mark_seen()
""",
    )
    run("imapfilter", "-c", str(config), home=tmp_path)
    with Far(service, address) as far:
        far.imap.select('"Lists/Marked"')
        assert sorted(far.everything()) == list(range(0, COUNT, 3))
        far.imap.select('"Lists/Two"')
        twos = [number for number in range(COUNT) if number % 3 and str(number).startswith("2")]
        assert sorted(far.everything()) == twos
        far.imap.select("INBOX")
        rest = far.everything()
    assert sorted(rest) == [number for number in range(COUNT) if number % 3]
    assert sorted(number for number, (_, flags, _) in rest.items() if "\\Seen" in flags) == twos


def test_neomutt_reads_and_files(service: Service, address: str, tmp_path: Path) -> None:
    """Keys as a person types them: all flagged mails are saved to a folder, another is read, and out."""
    wanted("neomutt")
    config = private_file(
        tmp_path / "neomuttrc",
        f"""
set folder = "imap://{address.replace("@", "%40")}@127.0.0.1:{service.ports["imap.listen"]}/"
set imap_user = "{address}"
set imap_pass = "secret"
set imap_qresync = yes
set ssl_starttls = no
set ssl_force_tls = no
set spoolfile = "+INBOX"
set confirmcreate = no
set confirmappend = no
set quit = yes
set sort = mailbox-order
set delete = yes
set wait_key = no
set mark_old = no
push "<tag-pattern>~F<enter><tag-prefix><save-message><kill-line>=Marked<enter><sync-mailbox><first-entry><display-message>\
<exit><sync-mailbox><quit>"
""",
    )
    typed(["neomutt", "-n", "-F", str(config)], tmp_path)
    with Far(service, address) as far:
        far.imap.select("Marked")
        assert sorted(far.everything()) == list(range(0, COUNT, 3))
        far.imap.select("INBOX")
        rest = far.everything()
    assert sorted(rest) == [number for number in range(COUNT) if number % 3]
    assert [number for number, (_, flags, _) in rest.items() if "\\Seen" in flags] == [1]


def typed(command: list[str], home: Path) -> None:
    """Run a program that wants a terminal, to its end."""
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as screen:
        done = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(home))
        os.close(theirs)
        shown = b""
        try:
            while octets := screen.read(65_536):
                shown += octets
        except OSError:  # the other end was closed
            pass
        assert done.wait(60) == 0, shown
