"""Clients that ask for much and read nothing: memory is bounded, they are cut, and others are served meanwhile and after."""

from __future__ import annotations

import socket

from tests.live.conftest import StartService
from tests.live.ledger import Ledger, logged_in
from tests.live.serving import Service
from tests.live.waiting import until

CLIENTS = 20
MAILS, MAIL_OCTETS = 3, 10_000_000
LIMIT_OCTETS = 60_000_000
BOUND_OCTETS = 150_000_000
"""Without the limit it is twice as much."""
SETTINGS = {
    "limits.outgoing_octets": str(LIMIT_OCTETS),
    "limits.outgoing_octets_per_mailbox": str(LIMIT_OCTETS),
    "imap.write_stall_s": "2",
    "pop3.write_stall_s": "2",
}


def ask(service: Service, address: str, key: str) -> socket.socket:
    """Ask for everything and read no answer. The small buffer keeps the kernel from reading instead."""
    requests = {
        "imap.listen": f"a LOGIN {address} secret\r\nb SELECT INBOX\r\nc FETCH 1:* (BODY.PEEK[])\r\n",
        "pop3.listen": f"USER {address}\r\nPASS secret\r\n" + "".join(f"RETR {n + 1}\r\n" for n in range(MAILS)),
    }
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.connect(("127.0.0.1", service.ports[key]))
    client.sendall(requests[key].encode())
    return client


def test_they_hold_little_and_not_for_long(start_service: StartService) -> None:
    service = start_service(SETTINGS, workers=1)
    [pid] = service.workers()
    large, popped = service.new_mailbox("secret"), service.new_mailbox("secret")
    for number in range(MAILS):
        octets = b"Subject: large\r\n\r\n" + (b"%078d\r\n" % number) * (MAIL_OCTETS // 80)
        service.upload(large, octets)
        service.upload(popped, octets)
    ledger = Ledger(service, service.new_mailbox("secret"))
    assert ledger.deliver()
    memory = service.memory()[pid]
    clients = [ask(service, large, "imap.listen") for _ in range(CLIENTS)] + [ask(service, popped, "pop3.listen")]
    try:
        highest = memory
        while stalled(service, "imap.listen") < CLIENTS or stalled(service, "pop3.listen") < 1:
            highest = max(highest, service.memory()[pid])
            with logged_in(service, ledger.address) as quick:
                assert quick.command("FETCH 1 (BODY.PEEK[])")
        assert ledger.deliver()
    finally:
        for client in clients:
            client.close()
    assert highest - memory < BOUND_OCTETS, f"{highest - memory:,} octets"
    assert "was too slow in reading" in service.log()
    until(lambda: len(whole(service, large)) > MAILS * MAIL_OCTETS * 0.9, "large mails are not sent any more")
    assert service.workers() == [pid]
    ledger.assert_nothing_lost()


def stalled(service: Service, key: str) -> float:
    return service.metrics().get(f'skrytka_connections_too_slow_total{{direction="reading",listener="{key}"}}', 0)


def whole(service: Service, address: str) -> bytes:
    with logged_in(service, address) as imap:
        return b"".join(imap.command("FETCH 1:* (BODY.PEEK[])"))
