"""PostgreSQL is up and does not answer (SIGSTOP): every client has its answer within the store's timeout, twice at most."""

from __future__ import annotations

import pytest

from tests.live.conftest import StartService
from tests.live.ledger import Ledger, logged_in
from tests.live.outages.answers import assert_store_is_down
from tests.live.waiting import until
from tests.servers import Postgres

TIMEOUT_S = 2
BEGAN, OVER = "outage: ", "works again after"


@pytest.mark.timeout(240)
def test_a_sleeping_server(start_service: StartService, own_postgres: Postgres) -> None:
    url = own_postgres.create_database()
    service = start_service({"store.url": url, "store.shards": "1", "store.statement_timeout_s": str(TIMEOUT_S)})
    workers, memory = service.workers(), service.memory()
    ledger = Ledger(service, service.new_mailbox("secret"))
    with logged_in(service, ledger.address) as imap, ledger.under_load(3):
        until(lambda: len(ledger.acknowledged) > 20, "there is no load")
        own_postgres.pause()
        try:
            assert_store_is_down(service, ledger.address, imap)
            until(lambda: len(ledger.refusals) >= 3, "mail is not deferred")
        finally:
            own_postgres.resume()
        before = len(ledger.acknowledged)
        until(lambda: len(ledger.acknowledged) > before + 20, "no mail is taken although PostgreSQL is back")
        imap.command("NOOP")
    assert {refusal[:10] for refusal in ledger.refusals} == {"451 4.3.0 "}
    assert ledger.broken == []
    until(lambda: ledger.deliver() and OVER in service.log(), "nobody says that it is over")
    assert BEGAN in service.log()
    assert store_errors(service.metrics()) > 0
    assert service.workers() == workers
    assert all(octets < memory[pid] + 64 * 2**20 for pid, octets in service.memory().items())
    ledger.assert_nothing_lost()


def store_errors(metrics: dict[str, float]) -> float:
    """Cut lines count as ``connection``, waiting for a free one as ``timeout``."""
    causes = ("connection", "timeout")
    return sum(metrics.get(f'skrytka_store_errors_total{{cause="{cause}",database="shard-0"}}', 0) for cause in causes)
