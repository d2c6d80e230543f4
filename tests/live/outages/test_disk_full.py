"""The disk of the data directory is full: what can be read is read, what would be written is deferred, nothing is lost."""

from __future__ import annotations

import contextlib
import os
import poplib
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from skrytka.outage import CALM_S
from tests.live.conftest import StartService
from tests.live.ledger import Ledger, logged_in
from tests.live.outages.answers import assert_append_is_deferred, assert_deferred, assert_pop3_refuses
from tests.live.outages.clock import MovedClock
from tests.live.serving import Service
from tests.live.waiting import until

BEGAN, OVER = "outage: disk_full", "works again after"


def large() -> bytes:
    """A mail whose body would be a file of its own, of 150 000 octets."""
    return b"X-Test-Id: 999999\r\nSubject: large\r\n\r\n" + os.urandom(150_000).hex().encode() + b"\r\n"


@contextlib.contextmanager
def filled(disk: Path, left_octets: int = 0) -> Iterator[None]:
    """No more than that is free meanwhile: something else has all the rest."""
    foreign = disk / "foreign"
    with foreign.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while free(disk) > left_octets or not left_octets:
            file.write(bytes(4_096))
    try:
        yield
    finally:
        foreign.unlink()


def free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


@pytest.fixture
def ledger(small_disk: Path, start_service: StartService) -> Ledger:
    """Of a service that keeps nothing back."""
    service = start_service({"store.shards": "1", "store.reserve_octets": "0"}, data_dir=small_disk)
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
    assert errors['skrytka_store_errors_total{cause="disk_full",database="blobs"}'] >= 1
    until(lambda: ledger.deliver() and OVER in service.log(), "nobody says that it is over")
    assert service.workers() == workers, "a worker died of it"
    assert all(octets < memory[pid] + 64 * 2**20 for pid, octets in service.memory().items())
    assert 1 <= service.log().count(BEGAN) <= 12, service.log()
    ledger.assert_nothing_lost()


def assert_writes_are_deferred(service: Service, address: str) -> None:
    with logged_in(service, address) as imap:
        assert_append_is_deferred(imap, large())
        assert_deferred(service, address, imap)
    assert_pop3_refuses(service, address)


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


RESERVE_OCTETS = 4_000_000
MAIL_STOPS = "new mail in the store shard-0: outage: disk_full"


@pytest.mark.timeout(240)
def test_who_deletes_mail_can_and_makes_room(small_disk: Path, start_service: StartService, tmp_path: Path) -> None:
    """Mail fills the disk up to the reserve. Nothing restarts, and the files need not shrink, for mail to come again."""
    clock = MovedClock(tmp_path)
    settings = {"store.shards": "1", "store.reserve_octets": str(RESERVE_OCTETS), "jobs.collect_interval_s": "1"}
    service = start_service(settings, data_dir=small_disk, environment=clock.environment)
    ledger = Ledger(service, service.new_mailbox("secret"))
    popped = Ledger(service, service.new_mailbox("secret"))
    assert popped.deliver()
    with filled(small_disk, RESERVE_OCTETS + 10_000_000), logged_in(service, ledger.address) as imap:
        fill_with_mail(service, ledger)
        assert free(small_disk) > RESERVE_OCTETS / 2, "the reserve was given to mail"
        assert_append_is_deferred(imap, large())
        assert_deferred(service, ledger.address, imap)
        assert delete_over_pop3(service, popped.address) == 1
        imap.command("STORE 1:* +FLAGS (\\Deleted)")
        imap.command("EXPUNGE")
        assert ledger.deliver() is False, "what was expunged is kept for a while"
        clock.set(3_600)
        until(ledger.deliver, "what was expunged makes no room")
        time.sleep(CALM_S)
        until(lambda: ledger.deliver() and OVER in service.log(), "nobody says that it is over")
        for _ in range(20):
            assert_append_is_deferred(imap, large())
        assert free(small_disk) > RESERVE_OCTETS / 2, (
            "the reserve was given to files, which need more than room in the shard"
        )
    assert service.metrics()['skrytka_store_errors_total{cause="disk_full",database="shard-0"}'] > 0
    assert 1 <= service.log().count(MAIL_STOPS) <= 8, service.log()


def test_mail_that_is_deferred_takes_no_room(small_disk: Path, start_service: StartService) -> None:
    service = start_service({"store.shards": "1", "store.reserve_octets": str(RESERVE_OCTETS)}, data_dir=small_disk)
    address = service.new_mailbox("secret")
    with filled(small_disk, RESERVE_OCTETS // 2):
        before = free(small_disk)
        for _ in range(10):
            assert_delivery_is_deferred(service, address, large())
        assert before - free(small_disk) < 200_000, "its body was written all the same"


def assert_delivery_is_deferred(service: Service, address: str, octets: bytes) -> None:
    mta = smtplib.LMTP("127.0.0.1", service.ports["lmtp.listen"])
    with mta, pytest.raises(smtplib.SMTPDataError) as refused:
        mta.sendmail("bob@example.net", [address], octets)
    assert refused.value.smtp_code == 451


def fill_with_mail(service: Service, ledger: Ledger) -> None:
    """With mails whose bodies lie in the shard's file and cannot be compressed."""
    with logged_in(service, ledger.address) as imap:
        for number in range(1_000):
            octets = b"Subject: filler\r\n\r\n" + os.urandom(24_000).hex().encode() + b"\r\n"
            imap.send(f"f{number} APPEND INBOX {{{len(octets)}+}}")
            imap.send(octets)
            if not imap.until_tagged(f"f{number}".encode()).startswith(f"f{number} OK".encode()):
                return
    pytest.fail("the disk takes mail without end")


def delete_over_pop3(service: Service, address: str) -> int:
    pop3 = poplib.POP3("127.0.0.1", service.ports["pop3.listen"], timeout=60)
    pop3.user(address)
    pop3.pass_("secret")
    count = pop3.stat()[0]
    for number in range(count):
        pop3.dele(number + 1)
    pop3.quit()
    return count
