"""How many connections a process takes for one front end, in all and from one client."""

from __future__ import annotations

from collections import Counter


class ConnectionLimits:
    """Counts of one front end in one process. ``enter`` and ``enter_from`` answer whether there was room."""

    def __init__(self, connections: int, connections_per_address: int) -> None:
        self._connections = connections
        self._per_address = connections_per_address
        self._total = 0
        self._by_client: Counter[int] = Counter()

    @property
    def total(self) -> int:
        return self._total

    def enter(self) -> bool:
        """Count a connection at accept, before anything is known of the client."""
        if self._total >= self._connections:
            return False
        self._total += 1
        return True

    def leave(self) -> None:
        self._total -= 1

    def enter_from(self, client: int) -> bool:
        """Count a connection of ``client`` (``networks.client_key``), once a PROXY header told who that is."""
        if self._by_client[client] >= self._per_address:
            return False
        self._by_client[client] += 1
        return True

    def leave_from(self, client: int) -> None:
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]
