"""The disk of the data directory is full: what can be read is read, what would be written is deferred, nothing is lost."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import StartService
from tests.live.ledger import Ledger, logged_in
from tests.live.outages.answers import assert_append_is_deferred, assert_deferred, assert_pop3_refuses
from tests.live.serving import Service
from tests.live.waiting import until

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
        assert_append_is_deferred(imap, LARGE)
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
