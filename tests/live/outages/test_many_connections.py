"""5 000 connections at once: as many are served as the limits say, the others hear so, and memory stays bounded."""

from __future__ import annotations

import pytest

from tests.live.conftest import StartService
from tests.live.dialogue import Dialogue
from tests.live.ledger import Ledger, logged_in
from tests.live.outages.strangers import connected, first_words
from tests.live.serving import Service
from tests.live.waiting import until

COUNT = 5_000
EACH_WORKER = 1_500
OCTETS_PER_CONNECTION = 40_000
BEGAN, OVER = "limit of connections: outage: too many connections", "limit of connections: works again"


def flood(service: Service) -> int:
    """How many were refused."""
    with connected(service.ports["imap.listen"], COUNT) as clients:
        words = first_words(clients, 90)
        refused = [each for each in words if not each.startswith(b"* OK")]
        assert set(refused) == {b"* BYE [UNAVAILABLE] Too many connections, try again later\r\n"}
        assert COUNT - len(refused) <= 2 * EACH_WORKER
        assert COUNT - len(refused) >= EACH_WORKER, "the kernel spreads them over the workers"
        assert service.request("GET", "/healthz/ready")[0] == 200
    until(lambda: open_connections(service) == 1, "connections whose clients went are still counted")
    return len(refused)


def open_connections(service: Service) -> float:
    return service.metrics()['skrytka_connections_open{listener="imap.listen"}']


def greeted(service: Service) -> bool:
    with Dialogue(service.ports["imap.listen"]) as client:
        return client.line().startswith(b"* OK")


@pytest.mark.timeout(240)
def test_a_flood(start_service: StartService) -> None:
    service = start_service({"imap.max_connections": str(EACH_WORKER)})
    workers = service.workers()
    ledger = Ledger(service, service.new_mailbox("secret"))
    with logged_in(service, ledger.address) as imap:
        before = service.memory()
        refused = flood(service)
        once = service.memory()
        imap.command("NOOP")
        assert ledger.deliver()
        refused += flood(service)
        twice = service.memory()
        assert b"* 1 EXISTS" in imap.command("NOOP")
        assert imap.command("FETCH 1 (BODY.PEEK[])")
    bound = EACH_WORKER * OCTETS_PER_CONNECTION
    assert all(once[pid] - before[pid] < bound for pid in workers), (before, once)
    assert all(twice[pid] - once[pid] < bound / 4 for pid in workers), ("a leak", once, twice)
    counted = service.metrics()['skrytka_connections_refused_total{listener="imap.listen",reason="connections"}']
    assert counted == refused
    assert 2 <= service.log().count(BEGAN) <= 8, service.log()
    until(lambda: ledger.deliver() and greeted(service) and OVER in service.log(), "nobody says that it is over")
    assert service.workers() == workers
    ledger.assert_nothing_lost()
