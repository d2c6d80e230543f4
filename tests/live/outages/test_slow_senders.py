"""Clients that send an octet a second and come to nothing: they are sent away, and nobody else notices them."""

from __future__ import annotations

import contextlib
import itertools
import selectors
import socket
import time
from typing import cast

from tests.live.conftest import StartService
from tests.live.ledger import Ledger, logged_in
from tests.live.outages.strangers import connected
from tests.live.serving import Service
from tests.live.waiting import until

EACH = 60
SENT = {
    "imap.listen": itertools.cycle(b"a NOOP "),
    "pop3.listen": itertools.cycle(b"CAPA "),
    "lmtp.listen": itertools.cycle(b"LHLO x"),
    "rest.listen": itertools.chain(b"GET /healthz/live HTTP/1.1\r\nx: ", itertools.cycle(b"y")),
}
FAREWELLS = {
    "imap.listen": b"* BYE Autologout; ",
    "pop3.listen": b"-ERR No login came for too long, closing",
    "lmtp.listen": b"421 4.4.2 Nothing was heard for too long, closing",
    "rest.listen": b"HTTP/1.1 408 ",
}
TIMEOUTS = {
    "imap.login_timeout_s": "4",
    "pop3.login_timeout_s": "4",
    "lmtp.idle_timeout_s": "4",
    "rest.header_timeout_s": "4",
}


def until_ended(clients: dict[socket.socket, str], timeout_s: float) -> dict[socket.socket, bytes]:
    """Send an octet to everybody each second, until all were closed; what each was sent."""
    heard = dict.fromkeys(clients, b"")
    left = set(clients)
    deadline, due = time.monotonic() + timeout_s, 0.0
    with selectors.DefaultSelector() as selector:
        for client in left:
            selector.register(client, selectors.EVENT_READ)
        while left:
            assert time.monotonic() < deadline, f"{len(left)} slow clients are still there"
            if time.monotonic() >= due:
                send_an_octet(clients, left)
                due = time.monotonic() + 1
            for key, _ in selector.select(0.1):
                client = cast(socket.socket, key.fileobj)
                octets = receive(client)
                heard[client] += octets
                if not octets:
                    selector.unregister(client)
                    left.discard(client)
    return heard


def send_an_octet(clients: dict[socket.socket, str], left: set[socket.socket]) -> None:
    octets = {key: bytes([next(sent)]) for key, sent in SENT.items()}
    for client in left:
        with contextlib.suppress(OSError):  # it was just closed, which ``receive`` sees
            client.send(octets[clients[client]])


def receive(client: socket.socket) -> bytes:
    """A reset ends it as well: the last octet may have crossed the farewell."""
    try:
        return client.recv(4_096)
    except ConnectionResetError:
        return b""


def test_they_are_sent_away(start_service: StartService) -> None:
    service = start_service(TIMEOUTS)
    workers, memory = service.workers(), service.memory()
    ledger = Ledger(service, service.new_mailbox("secret"))
    with logged_in(service, ledger.address) as imap:
        slow_clients(service, ledger)
        imap.command("NOOP")
    until(lambda: open_connections(service) == 0, "connections that ended are still counted")
    assert all(too_slow(service, key) >= 0.9 * EACH for key in FAREWELLS)
    assert all(f"{key}: 127.0.1.1 was too slow in sending" in service.log() for key in FAREWELLS)
    assert all(octets < memory[pid] + 32 * 2**20 for pid, octets in service.memory().items())
    assert service.workers() == workers
    ledger.assert_nothing_lost()


def slow_clients(service: Service, ledger: Ledger) -> None:
    with (
        connected(service.ports["imap.listen"], EACH) as imap,
        connected(service.ports["pop3.listen"], EACH) as pop3,
        connected(service.ports["lmtp.listen"], EACH) as lmtp,
        connected(service.ports["rest.listen"], EACH) as rest,
    ):
        groups = zip(SENT, (imap, pop3, lmtp, rest), strict=True)
        clients = {client: key for key, group in groups for client in group}
        until(lambda: open_connections(service) >= 4 * EACH, "not all were accepted")
        assert ledger.deliver()
        heard = until_ended(clients, 60)
        for client, key in clients.items():
            assert FAREWELLS[key] in heard[client], (key, heard[client])
        assert ledger.deliver()


def too_slow(service: Service, key: str) -> float:
    """An octet that came in the very moment may have won."""
    return service.metrics().get(f'skrytka_connections_too_slow_total{{direction="sending",listener="{key}"}}', 0)


def open_connections(service: Service) -> float:
    """Without the one that asks, and the session of the test."""
    counted = service.metrics()
    return sum(value for name, value in counted.items() if name.startswith("skrytka_connections_open")) - 1
