"""PostgreSQL is killed and started again under load: mail is deferred, readers hear so, and nobody has to restart."""

from __future__ import annotations

import poplib

import pytest

from tests.live.conftest import StartService
from tests.live.ledger import Ledger, logged_in
from tests.live.outages.answers import assert_store_is_down
from tests.live.waiting import until
from tests.servers import Postgres

BEGAN, OVER = "outage: connection", "works again after"


@pytest.mark.timeout(240)
def test_a_killed_server(start_service: StartService, own_postgres: Postgres) -> None:
    url = own_postgres.create_database()
    service = start_service({"store.url": url, "store.shards": "1", "store.pool_size": "4"})
    workers, memory = service.workers(), service.memory()
    ledger = Ledger(service, service.new_mailbox("secret"))
    with logged_in(service, ledger.address) as imap, ledger.under_load(3):
        until(lambda: len(ledger.acknowledged) > 20, "there is no load")
        own_postgres.kill()
        assert_store_is_down(service, ledger.address, imap)
        until(lambda: len(ledger.refusals) > 20, "mail is not deferred")
        own_postgres.start()
        before = len(ledger.acknowledged)
        until(lambda: len(ledger.acknowledged) > before + 20, "no mail is taken although PostgreSQL is back")
        imap.command("NOOP")
    assert {refusal[:10] for refusal in ledger.refusals} == {"451 4.3.0 "}
    assert ledger.broken == []
    until(lambda: ledger.deliver() and OVER in service.log(), "nobody says that it is over")
    assert service.metrics()['skrytka_store_errors_total{cause="connection",database="shard-0"}'] > 0
    assert 1 <= service.log().count(BEGAN) <= 2 * 2 * len(workers), service.log()
    assert service.workers() == workers
    assert all(octets < memory[pid] + 64 * 2**20 for pid, octets in service.memory().items())
    ledger.assert_nothing_lost()
    assert pop3_count(service.ports["pop3.listen"], ledger.address) >= len(ledger.acknowledged)


def pop3_count(port: int, address: str) -> int:
    session = poplib.POP3("127.0.0.1", port, timeout=60)
    session.user(address)
    session.pass_("secret")
    count = session.stat()[0]
    session.quit()
    return count
