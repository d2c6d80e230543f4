"""Two IMAP sessions, a POP3 session, LMTP and REST on one mailbox at once: each sees what the others did."""

from __future__ import annotations

import poplib

from tests.live.dialogue import Dialogue
from tests.live.serving import Service
from tests.mails import mail


def imap(service: Service, address: str) -> Dialogue:
    session = Dialogue(service.ports["imap.listen"])
    assert session.line().startswith(b"* OK")
    session.command(f"LOGIN {address} secret")
    session.command("SELECT INBOX")
    return session


def pop3(service: Service, address: str) -> poplib.POP3:
    session = poplib.POP3("127.0.0.1", service.ports["pop3.listen"], timeout=20)
    session.user(address)
    session.pass_("secret")
    return session


def uids(session: Dialogue) -> list[bytes]:
    return [line.split()[-1].rstrip(b")") for line in session.command("FETCH 1:* (UID)") if b"FETCH" in line]


def test_each_sees_what_the_others_did(service_on_engine: Service) -> None:
    address = service_on_engine.new_mailbox(password="secret")
    with imap(service_on_engine, address) as one, imap(service_on_engine, address) as other:
        converse(service_on_engine, address, one, other)


def converse(service: Service, address: str, one: Dialogue, other: Dialogue) -> None:
    for number in range(4):
        service.deliver(address, mail(number))
    service.upload(address, mail(4))
    assert b"* 5 EXISTS" in one.command("NOOP")
    assert b"* 5 EXISTS" in other.command("NOOP")

    popped = pop3(service, address)
    assert popped.stat()[0] == 5
    service.deliver(address, mail(5))
    assert popped.stat()[0] == 5, "a POP3 session sees the mailbox as it was at its login"
    popped.dele(2)
    assert len(uids(one)) in (5, 6), "a POP3 delete is nothing before QUIT"
    popped.quit()
    told = one.command("NOOP")
    assert b"* 2 EXPUNGE" in told

    other.command("STORE 1 +FLAGS (\\Deleted \\Seen)")
    fetched = other.command("FETCH 3 (BODY.PEEK[])")
    assert mail(2) in fetched[0], "number 3 is still the third message for a session that was told nothing"
    other.command("EXPUNGE")
    assert uids(one) in ([b"1", b"3", b"4", b"5", b"6"], [b"3", b"4", b"5", b"6"])
    told = one.command("NOOP")
    assert uids(one) == uids(other) == [b"3", b"4", b"5", b"6"]

    listed = service.api("GET", f"/mailboxes/{address}/messages")["items"]
    assert [item["uid"] for item in listed] == [3, 4, 5, 6]
    service.api("PATCH", f"/mailboxes/{address}/messages/{listed[0]['id']}/flags", {"add": ["flagged"]})
    assert any(b"* 1 FETCH" in line and b"\\Flagged" in line for line in one.command("NOOP"))
    service.api("DELETE", f"/mailboxes/{address}/messages/{listed[1]['id']}")
    assert b"* 2 EXPUNGE" in one.command("NOOP")
    assert b"* 2 EXPUNGE" in other.command("NOOP")
    assert uids(one) == uids(other) == [b"3", b"5", b"6"]

    locked = pop3(service, address)
    assert locked.stat()[0] == 3
    one.command("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    one.command("EXPUNGE")
    read = b"".join(line + b"\r\n" for line in locked.retr(1)[1])
    assert read.endswith(mail(2)), "within the grace it can still be read"
    locked.quit()
    assert service.api("GET", f"/mailboxes/{address}")["usage"] == {"storage_octets": 0, "messages": 0, "folders": 6}
