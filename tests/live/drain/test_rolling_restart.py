"""SIGUSR2 replaces the workers one by one: no client is refused, reset or thrown out of what it is at."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from tests.live.clients import maildir
from tests.live.clients.programs import run
from tests.live.clients.test_mbsync import rc
from tests.live.conftest import StartService
from tests.live.dialogue import Dialogue
from tests.live.drain.arrivals import Arrivals
from tests.live.ledger import Ledger, logged_in
from tests.live.serving import Service
from tests.live.waiting import until
from tests.mails import mail

PER_SECOND = 200
ROLLED = "all workers were replaced"


def sync_in_a_loop(home: Path, config: str, stop: Event) -> int:
    """mbsync again and again, until told to stop; how often. One that fails ends the test."""
    rounds = 0
    while not stop.is_set():
        run("mbsync", "-c", config, "all", home=home)
        rounds += 1
    return rounds


def roll(service: Service) -> None:
    before = service.workers()
    service.process.send_signal(signal.SIGUSR2)
    until(lambda: ROLLED in service.log(), "the workers were not replaced", 150)
    after = service.workers()
    assert len(after) == len(before)
    assert not set(after) & set(before)


@pytest.mark.timeout(300)
def test_mbsync_new_connections_and_deliveries_go_on(start_service: StartService, tmp_path: Path) -> None:
    service = start_service({"serve.leave_quiet_s": "1"})
    ledger = Ledger(service, service.new_mailbox("secret"))
    near = maildir.make(tmp_path / "near" / "INBOX")
    config = str(rc(tmp_path, service, ledger.address))
    arrivals, stop = Arrivals(service, PER_SECOND), Event()
    with ThreadPoolExecutor(1) as threads:
        syncing = threads.submit(sync_in_a_loop, tmp_path, config, stop)
        try:
            with arrivals.coming(), ledger.under_load(1, mails_each=1, pause_s=0.02):
                until(lambda: len(ledger.acknowledged) > 10, "there is no load")
                roll(service)
        finally:
            stop.set()
        assert syncing.result() >= 2
    assert arrivals.faults == []
    assert arrivals.ok >= PER_SECOND
    assert ledger.broken == []
    assert ledger.refusals == []
    ledger.assert_nothing_lost()
    run("mbsync", "-c", config, "all", home=tmp_path)
    assert set(maildir.files(near)) >= ledger.acknowledged


def test_who_is_quiet_is_told_to_come_again(start_service: StartService) -> None:
    service = start_service({"serve.leave_quiet_s": "0.2"}, workers=1)
    with logged_in(service, service.new_mailbox("secret")) as idle:
        idle.send("i IDLE")
        roll(service)
        assert idle.rest()[-1].startswith(b"* BYE ")


def test_who_is_busy_finishes_first(start_service: StartService) -> None:
    service = start_service({"serve.leave_quiet_s": "3"}, workers=1)
    with logged_in(service, service.new_mailbox("secret")) as busy:
        service.process.send_signal(signal.SIGUSR2)
        until(lambda: "leaving, the successor serves" in service.log(), "the worker does not leave")
        for _ in range(20):
            busy.command("NOOP")
            time.sleep(0.1)
        assert busy.rest()[-1].startswith(b"* BYE ")
    until(lambda: ROLLED in service.log(), "the worker was not replaced")


def test_a_successor_that_cannot_start_changes_nothing(start_service: StartService) -> None:
    service = start_service(workers=1, plugins="imap,rest")
    [worker] = service.workers()
    (service.data_dir / "tls" / "key.pem").write_text("broken")
    service.process.send_signal(signal.SIGUSR2)
    until(lambda: "the old one stays" in service.log(), "nothing is said of it")
    assert service.workers() == [worker]
    logged_in(service, service.new_mailbox("secret")).socket.close()


def test_sigterm_meanwhile_waits_for_the_successor_too(start_service: StartService) -> None:
    """Both drain; the supervisor ends after both."""
    service = start_service({"serve.leave_quiet_s": "60"}, workers=1)
    address = service.new_mailbox("secret")
    [old] = service.workers()
    with logged_in(service, address) as idle:
        service.process.send_signal(signal.SIGUSR2)
        until(lambda: "leaving, the successor serves" in service.log(), "the worker does not leave")
        with Dialogue(service.ports["lmtp.listen"]) as busy:
            begin_mail(busy, address)
            service.process.send_signal(signal.SIGTERM)
            assert idle.rest()[-1].startswith(b"* BYE ")
            until(lambda: old not in service.workers(), "the old worker does not end")
            time.sleep(1)
            assert service.process.poll() is None, "it did not wait for the worker that takes a mail"
            busy.send(mail(0) + b".")
            assert busy.line().startswith(b"250 2.0.0 ")
    assert service.process.wait(15) == 0


def begin_mail(client: Dialogue, address: str) -> None:
    assert client.line().startswith(b"220 ")
    client.send("LHLO mta.example")
    while client.line()[3:4] == b"-":
        pass
    for command in ("MAIL FROM:<>", f"RCPT TO:<{address}>", "DATA"):
        client.send(command)
        assert client.line()[:1] in b"23"
