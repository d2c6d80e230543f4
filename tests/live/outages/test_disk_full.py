"""The disk of the data directory is full: what can be read is read, what would be written is deferred, nothing is lost."""

from __future__ import annotations

import contextlib
import os
import poplib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import StartService
from tests.live.ledger import Ledger, logged_in
from tests.live.serving import Service
from tests.live.waiting import until
from tests.mails import mail

BEGAN, OVER = "outage: disk_full", "works again after"
LARGE = b"X-Test-Id: 999999\r\nSubject: large\r\n\r\n" + os.urandom(150_000).hex().encode() + b"\r\n"
"""Its body would be a file of its own."""


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Not an octet is free meanwhile."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4_096))
    try:
        yield
    finally:
        ballast.unlink()


@pytest.fixture
def ledger(small_disk: Path, start_service: StartService) -> Ledger:
    service = start_service({"store.shards": "1"}, data_dir=small_disk)
    ledger = Ledger(service, service.new_mailbox("secret"))
    for _ in range(10):
        assert ledger.deliver()
    return ledger


def test_what_clients_get_and_what_is_there_afterwards(ledger: Ledger, small_disk: Path) -> None:
    service, address = ledger.service, ledger.address
    workers = service.workers()
    memory = service.memory()
    with logged_in(service, address) as imap:
        with filled(small_disk):
            until(lambda: not ledger.deliver(), "a full disk takes mail without end")
            assert ledger.refusals[-1].startswith("451 4.3.0 ")
            assert_writes_are_deferred(service, address)
            for number in range(200):
                imap.command(f"STORE 1 {'+-'[number % 2]}FLAGS (\\Flagged)", "NO [UNAVAILABLE]")
            imap.command("FETCH 1:5 (BODY.PEEK[])")
            assert service.request("GET", f"/v1/mailboxes/{address}/messages")[0] == 200
            errors = service.metrics()
        until(ledger.deliver, "no mail is taken although there is room again")
        imap.command("STORE 1 +FLAGS (\\Flagged)")
    assert errors['skrytka_store_errors_total{cause="disk_full",database="shard-0"}'] >= 200
    until(lambda: ledger.deliver() and OVER in service.log(), "nobody says that it is over")
    assert service.workers() == workers, "a worker died of it"
    assert all(octets < memory[pid] + 64 * 2**20 for pid, octets in service.memory().items())
    assert 1 <= service.log().count(BEGAN) <= 12, service.log()
    ledger.assert_nothing_lost()


def assert_writes_are_deferred(service: Service, address: str) -> None:
    with logged_in(service, address) as imap:
        imap.send(f"a APPEND INBOX {{{len(mail(0))}+}}".encode())
        imap.send(mail(0))
        assert imap.line().startswith(b"a NO [UNAVAILABLE] ")
        imap.send(f"b APPEND INBOX {{{len(LARGE)}+}}".encode())
        imap.send(LARGE)
        assert imap.line().startswith(b"b NO [UNAVAILABLE] ")
    pop3 = poplib.POP3("127.0.0.1", service.ports["pop3.listen"], timeout=20)
    pop3.user(address)
    with pytest.raises(poplib.error_proto, match=r"-ERR \[SYS/TEMP\]"):
        pop3.pass_("secret")
    pop3.close()
    assert_rest_says_when_to_come_again(service, f"/v1/mailboxes/{address}/messages", mail(0))


def assert_rest_says_when_to_come_again(service: Service, path: str, body: bytes) -> None:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{service.ports['rest.listen']}{path}",
        data=body,
        headers={"Authorization": f"Bearer {service.key}", "Content-Type": "message/rfc822"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=20)
    with refused.value as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_worker_that_dies_meanwhile_starts_again(ledger: Ledger, small_disk: Path) -> None:
    service, address = ledger.service, ledger.address
    before = service.workers()
    with filled(small_disk):
        os.kill(before[0], 9)
        until(lambda: len(set(service.workers()) - set(before)) == 1, "it does not start again")
        for _ in range(12):
            logged_in(service, address).socket.close()
        assert not ledger.deliver()
        assert service.log().count("it starts again") == 1, service.log()
    until(ledger.deliver, "no mail is taken although there is room again")
    ledger.assert_nothing_lost()
