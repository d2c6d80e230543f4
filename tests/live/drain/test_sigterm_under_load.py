"""SIGTERM while clients work: every acknowledged change is kept, every client hears why, and the end comes in time."""

from __future__ import annotations

import signal
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

from tests.live.conftest import StartService
from tests.live.dialogue import Dialogue
from tests.live.ledger import Ledger, logged_in, stored_mails
from tests.live.serving import Service
from tests.live.waiting import until
from tests.mails import mail

LIMIT_S = 15.0
CLIENTS = 4
FIRST = 100_000


class Appender:
    """An IMAP client that appends mail after mail and remembers which it was told are kept."""

    def __init__(self, session: Dialogue, number: int) -> None:
        self.session = session
        self.first = FIRST * (number + 1)
        self.kept: set[int] = set()
        self.farewell = b""

    def run(self) -> None:
        number = self.first
        while not self.farewell:
            self.session.send(f"a{number} APPEND INBOX {{{len(mail(number))}+}}")
            self.session.send(mail(number))
            if self._answer(f"a{number} OK".encode()):
                self.kept.add(number)
            number += 1

    def _answer(self, wanted: bytes) -> bool:
        while True:
            line = self.session.line()
            if line.startswith(b"* BYE"):
                self.farewell = line
                return False
            if line.startswith(wanted):
                return True
            assert line.startswith(b"* "), line


def test_nothing_acknowledged_is_lost_and_everybody_is_told(start_service: StartService) -> None:
    service = start_service({"serve.drain_timeout_s": "10"})
    ledger = Ledger(service, service.new_mailbox("secret"))
    address = service.new_mailbox("secret")
    with ExitStack() as opened:
        idle = [opened.enter_context(logged_in(service, address)) for _ in range(20)]
        quiet = [opened.enter_context(Dialogue(service.ports["lmtp.listen"])) for _ in range(5)]
        popped = [opened.enter_context(Dialogue(service.ports["pop3.listen"])) for _ in range(5)]
        for session in idle:
            session.send("i IDLE")
        appenders = [Appender(opened.enter_context(logged_in(service, address)), number) for number in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as threads, ledger.under_load(CLIENTS):
            running = [threads.submit(appender.run) for appender in appenders]
            until(lambda: len(ledger.acknowledged) > 50 and all(each.kept for each in appenders), "there is no load")
            end(service, ledger)
        assert_told(idle, b"* BYE ")
        assert_told(quiet, b"421 4.3.2 ")
        assert_told(popped, b"-ERR [SYS/TEMP] ")
    assert_all_were_told(running, appenders, ledger)
    assert_kept(service, ledger, address, appenders)


def end(service: Service, ledger: Ledger) -> None:
    service.process.send_signal(signal.SIGTERM)
    ledger.stop()
    assert service.process.wait(LIMIT_S) == 0
    assert "cut at the end of draining" not in service.log()
    assert "killed" not in service.log()


def assert_told(sessions: list[Dialogue], farewell: bytes) -> None:
    for session in sessions:
        lines = session.rest()
        assert lines[-1].startswith(farewell), lines


def assert_all_were_told(running: list[Future[None]], appenders: list[Appender], ledger: Ledger) -> None:
    for each in running:
        each.result()
    assert all(appender.farewell for appender in appenders)
    assert {refusal[:9] for refusal in ledger.refusals} <= {"421 4.3.2"}
    assert all("ConnectionRefusedError" in broken for broken in ledger.broken), ledger.broken


def assert_kept(service: Service, ledger: Ledger, address: str, appenders: list[Appender]) -> None:
    service.start_once()
    ledger.assert_nothing_lost()
    stored = stored_mails(service, address)
    for appender in appenders:
        assert appender.kept - set(stored) == set()
        session_numbers = [number for number in stored if number // FIRST == appender.first // FIRST]
        assert len(session_numbers) <= len(appender.kept) + 1
