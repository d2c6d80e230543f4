"""Skrytka as ``skrytka serve`` starts it: one worker a core, SQLite, everything on; only the limits per address are raised,
because all clients of a benchmark share one.
"""

from __future__ import annotations

from pathlib import Path

from tests.bench.peers.interface import PASSWORD
from tests.live.serving import Service

_MANY = "20000"


class Skrytka:
    """One running instance in a folder of its own. Implements ``Peer``."""

    name = "Skrytka"

    def __init__(self, folder: Path, workers: int) -> None:
        limits = {f"{front_end}.max_connections_per_address": _MANY for front_end in ("imap", "pop3", "lmtp")}
        self._service = Service(folder, limits, workers=workers).start()
        self._made: set[int] = set()
        ports = self._service.ports
        self.imap, self.pop3, self.lmtp = ports["imap.listen"], ports["pop3.listen"], ports["lmtp.listen"]
        self.imaps = ports["imap.listen_tls"]

    @property
    def pid(self) -> int:
        return self._service.process.pid

    def address(self, number: int) -> str:
        address = f"user{number}@example.org"
        if number not in self._made:
            self._service.provision(address, PASSWORD)
            self._made.add(number)
        return address

    def restart(self) -> None:
        """On the same mail and ports, with nothing in memory yet."""
        self._service.stop()
        self._service.start_once()

    def stop(self) -> None:
        self._service.stop()
