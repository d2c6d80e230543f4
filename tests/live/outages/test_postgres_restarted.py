"""PostgreSQL is killed and started again under load: mail is deferred, readers hear so, and nobody has to restart."""

from __future__ import annotations

import poplib

import pytest

from tests.live.conftest import StartService
from tests.live.ledger import Ledger
from tests.live.outages.answers import assert_store_is_down
from tests.live.outages.store_outages import lived_through
from tests.live.waiting import until
from tests.servers import Postgres

BEGAN = "outage: connection"


@pytest.mark.timeout(240)
def test_a_killed_server(start_service: StartService, own_postgres: Postgres) -> None:
    url = own_postgres.create_database()
    service = start_service({"store.url": url, "store.shards": "1", "store.pool_size": "4"})
    ledger = Ledger(service, service.new_mailbox("secret"))
    with lived_through(ledger) as imap:
        own_postgres.kill()
        assert_store_is_down(service, ledger.address, imap)
        until(lambda: len(ledger.refusals) > 20, "mail is not deferred")
        own_postgres.start()
    assert service.metrics()['skrytka_store_errors_total{cause="connection",database="shard-0"}'] > 0
    assert 1 <= service.log().count(BEGAN) <= 2 * 2 * len(service.workers()), service.log()
    assert pop3_count(service.ports["pop3.listen"], ledger.address) >= len(ledger.acknowledged)


def pop3_count(port: int, address: str) -> int:
    session = poplib.POP3("127.0.0.1", port, timeout=60)
    session.user(address)
    session.pass_("secret")
    count = session.stat()[0]
    session.quit()
    return count
