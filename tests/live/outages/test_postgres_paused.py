"""PostgreSQL is up and does not answer (SIGSTOP): every client has its answer within the store's timeout, twice at most."""

from __future__ import annotations

import pytest

from tests.live.conftest import StartService
from tests.live.ledger import Ledger
from tests.live.outages.answers import assert_store_is_down
from tests.live.outages.store_outages import CLIENTS, lived_through
from tests.live.waiting import until
from tests.servers import Postgres

TIMEOUT_S = 2
BEGAN = "outage: "


@pytest.mark.timeout(240)
def test_a_sleeping_server(start_service: StartService, own_postgres: Postgres) -> None:
    url = own_postgres.create_database()
    service = start_service({"store.url": url, "store.shards": "1", "store.statement_timeout_s": str(TIMEOUT_S)})
    ledger = Ledger(service, service.new_mailbox("secret"))
    with lived_through(ledger) as imap:
        own_postgres.pause()
        try:
            assert_store_is_down(service, ledger.address, imap)
            until(lambda: len(ledger.refusals) >= CLIENTS, "mail is not deferred")
        finally:
            own_postgres.resume()
    assert BEGAN in service.log()
    assert store_errors(service.metrics()) > 0


def store_errors(metrics: dict[str, float]) -> float:
    """Cut lines count as ``connection``, waiting for a free one as ``timeout``."""
    causes = ("connection", "timeout")
    return sum(metrics.get(f'skrytka_store_errors_total{{cause="{cause}",database="shard-0"}}', 0) for cause in causes)
