"""curl over imap:// and pop3://, Python's imaplib, and swaks over LMTP."""

from __future__ import annotations

import imaplib
from pathlib import Path

from tests.live.clients.programs import run
from tests.live.serving import Service
from tests.mails import mail


def test_curl_reads_over_imap_and_pop3(service: Service, tmp_path: Path) -> None:
    address = service.new_mailbox(password="secret")
    service.upload(address, mail(12))
    login = ("-sSf", "-u", f"{address}:secret")
    imap, pop3 = service.ports["imap.listen"], service.ports["pop3.listen"]
    assert run("curl", *login, f"imap://127.0.0.1:{imap}/INBOX;UID=1", home=tmp_path) == mail(12)
    assert run("curl", *login, f"pop3://127.0.0.1:{pop3}/1", home=tmp_path) == mail(12)
    listing = run("curl", *login, f"imap://127.0.0.1:{imap}/", home=tmp_path)
    assert b'"/" "INBOX"\r\n' in listing
    assert b"\\Trash" in listing
    tls = service.ports["imap.listen_tls"]
    assert run("curl", "-k", *login, f"imaps://127.0.0.1:{tls}/INBOX;UID=1", home=tmp_path) == mail(12)
    upgraded = run("curl", "-k", "--ssl-reqd", *login, f"imap://127.0.0.1:{imap}/INBOX;UID=1", home=tmp_path)
    assert upgraded == mail(12)


def test_curl_uploads_over_imap(service: Service, tmp_path: Path) -> None:
    address = service.new_mailbox(password="secret")
    path = tmp_path / "mail.eml"
    path.write_bytes(mail(30))
    url = f"imap://127.0.0.1:{service.ports['imap.listen']}/INBOX"
    run("curl", "-sSf", "-u", f"{address}:secret", "-T", str(path), url, home=tmp_path)
    assert run("curl", "-sSf", "-u", f"{address}:secret", url + ";UID=1", home=tmp_path) == mail(30)


def test_swaks_delivers_over_lmtp(service: Service, tmp_path: Path) -> None:
    address = service.new_mailbox(password="secret")
    lmtp = f"127.0.0.1:{service.ports['lmtp.listen']}"
    arguments = ("--protocol", "LMTP", "--server", lmtp, "--from", "bob@example.net")
    said = run("swaks", *arguments, "--to", address, "--body", "Hello.", home=tmp_path)
    assert b"<-  250 2.1.5" in said or b"<-  250 2.0.0" in said
    assert service.message_count(address) == 1
    domain = address.partition("@")[2]
    refused = run("swaks", *arguments, "--to", f"nobody@{domain}", home=tmp_path, check=False)
    assert b"550 5.1.1" in refused


def test_imaplib(service: Service) -> None:
    address = service.new_mailbox(password="secret")
    imap = imaplib.IMAP4("127.0.0.1", service.ports["imap.listen"])
    assert imap.login(address, "secret")[0] == "OK"
    assert imap.create("Projects/2026")[0] == "OK"
    assert imap.append("Projects/2026", "(\\Seen)", "", mail(5))[0] == "OK"
    assert imap.select("Projects/2026") == ("OK", [b"1"])
    status, data = imap.fetch("1", "(FLAGS RFC822.SIZE BODY[])")
    assert status == "OK"
    assert isinstance(data[0], tuple)
    assert data[0][1] == mail(5)
    assert imap.search(None, "SUBJECT", '"number 5"') == ("OK", [b"1"])
    assert imap.copy("1", "INBOX")[0] == "OK"
    assert imap.store("1", "+FLAGS", "(\\Deleted)")[0] == "OK"
    assert imap.expunge() == ("OK", [b"1"])
    assert imap.status("INBOX", "(MESSAGES UNSEEN)")[1] == [b'"INBOX" (MESSAGES 1 UNSEEN 0)']
    assert imap.logout()[0] == "BYE"
