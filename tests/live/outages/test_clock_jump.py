"""The clock jumps by more than a year and back: sessions stay, mail flows, locks hold, and background work goes on."""

from __future__ import annotations

import poplib
import re
from pathlib import Path

import pytest

from tests.live.conftest import StartService
from tests.live.ledger import Ledger, logged_in
from tests.live.outages.announcements import IdleSessions
from tests.live.outages.clock import MovedClock
from tests.live.serving import Service
from tests.live.waiting import until
from tests.mails import mail

DAY_S = 86_400
ROOT = Path(__file__).parent.parent.parent.parent
OTHER_CLOCKS = re.compile(r"datetime\.now|time\.time_ns|clock_gettime|unixepoch|CURRENT_TIMESTAMP|\bnow\(\)\s*AT TIME")
ALLOWED = {"backend/skrytka/serve/self_signed.py"}
"""Makes certificates, for which the day does not matter."""


def test_the_clock_that_is_moved_is_the_only_one() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in (
            *(ROOT / "backend").rglob("*.py"),
            *(ROOT / "plugins").rglob("*.py"),
            *ROOT.rglob("backend/**/*.sql"),
        )
        if OTHER_CLOCKS.search(path.read_text())
    }
    assert found == ALLOWED


def trash(service: Service, address: str, number: int) -> None:
    with logged_in(service, address) as imap:
        imap.send(f"t APPEND Trash {{{len(mail(number))}+}}")
        imap.send(mail(number))
        assert imap.until_tagged(b"t").startswith(b"t OK")


def trashed(service: Service, address: str) -> int:
    return len(service.api("GET", f"/mailboxes/{address}/messages?folder=Trash")["items"])


@pytest.mark.timeout(240)
def test_a_year_ahead_and_back(start_service: StartService, tmp_path: Path) -> None:
    clock = MovedClock(tmp_path)
    every_second = {"jobs.retention_interval_s": "1", "jobs.collect_interval_s": "1"}
    service = start_service(every_second, environment=clock.environment)
    ledger = Ledger(service, service.new_mailbox("secret"))
    service.api("PUT", "/retention-policies/trash", {"action": "delete", "days": 30, "role": "trash"})
    deliver_some(ledger)
    pop3 = login(service, ledger.address)
    with IdleSessions(service, [ledger.address], 10) as sessions:
        for jumps, days in enumerate((400, -40, 0), start=1):
            clock.set(days * DAY_S)
            until(lambda jumps=jumps: jumped(service) >= jumps * 2, "nobody notices that the clock jumped")  # type: ignore[misc]
            deliver_some(ledger)
            until(lambda: sessions.all_heard(len(ledger.acknowledged)), "not all sessions heard of new mail")
            assert_locked(service, ledger.address)
            trash(service, ledger.address, 1_000_000 + jumps)
        # Trash has a mail of a year ahead, one that is 40 days old by now, and a new one.
        until(lambda: trashed(service, ledger.address) == 2, "background work has stopped")
        assert service.metrics()["skrytka_clock_jumps_total"] == 6
    assert b"X-Test-Id: 0" in pop3.retr(1)[1]
    pop3.quit()
    assert service.log().count("the clock jumped by +34560000 s") == 2
    assert service.log().count("the clock jumped by -38016000 s") == 2
    ledger.assert_nothing_lost()


def jumped(service: Service) -> int:
    return service.log().count("the clock jumped by ")


def deliver_some(ledger: Ledger) -> None:
    """Among every 30 is a large one, whose body is a file of its own."""
    for _ in range(30):
        assert ledger.deliver()


def login(service: Service, address: str) -> poplib.POP3:
    pop3 = poplib.POP3("127.0.0.1", service.ports["pop3.listen"], timeout=60)
    pop3.user(address)
    try:
        pop3.pass_("secret")
    except poplib.error_proto:
        pop3.close()
        raise
    return pop3


def assert_locked(service: Service, address: str) -> None:
    with pytest.raises(poplib.error_proto, match="IN-USE"):
        login(service, address).close()
