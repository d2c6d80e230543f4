"""An outage of the store that a service lives through, under load: what holds before and after, whatever kind it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.live.dialogue import Dialogue
from tests.live.ledger import Ledger, logged_in
from tests.live.waiting import until

OVER = "works again after"
CLIENTS = 3
GROWN_OCTETS = 64 * 2**20


@contextlib.contextmanager
def lived_through(ledger: Ledger) -> Iterator[Dialogue]:
    """The body makes the outage and ends it, with a session of the mailbox at hand. Afterwards mail is taken again by the same
    workers, clients were answered and not cut, and nothing is lost."""
    service = ledger.service
    workers, memory = service.workers(), service.memory()
    with logged_in(service, ledger.address) as imap, ledger.under_load(CLIENTS):
        until(lambda: len(ledger.acknowledged) > 20, "there is no load")
        yield imap
        before = len(ledger.acknowledged)
        until(lambda: len(ledger.acknowledged) > before + 20, "no mail is taken although PostgreSQL is back")
        imap.command("NOOP")
    assert {refusal[:10] for refusal in ledger.refusals} == {"451 4.3.0 "}
    assert ledger.broken == []
    until(lambda: ledger.deliver() and OVER in service.log(), "nobody says that it is over")
    assert service.workers() == workers
    assert all(octets < memory[pid] + GROWN_OCTETS for pid, octets in service.memory().items())
    ledger.assert_nothing_lost()
