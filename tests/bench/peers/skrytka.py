"""Skrytka as ``skrytka serve`` starts it: one worker a core, SQLite, everything on; only the limits per address are raised,
because all clients of a benchmark share one.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from skrytka.settings import Search
from tests.bench.peers.interface import PASSWORD, IndexSize
from tests.live.serving import Service

_MANY = "20000"

_MISSING = (
    "SELECT COALESCE(SUM(m.next_content_id - 1 - COALESCE(p.indexed_id, 0)), 0)"
    " FROM mailbox m LEFT JOIN search_progress p ON p.mailbox_id = m.mailbox_id"
    f" WHERE m.next_content_id - 1 - COALESCE(p.indexed_id, 0) >= {Search().segment_messages}"
)
"""Fewer are never indexed."""
_SIZES = (
    "SELECT COALESCE((SELECT SUM(octets) FROM search_segment), 0),"
    " COALESCE((SELECT SUM(LENGTH(filter) + LENGTH(left_out)) FROM search_segment), 0)"
    " + COALESCE((SELECT SUM(LENGTH(data)) FROM search_header), 0)"
    " + COALESCE((SELECT SUM(LENGTH(data)) FROM search_body), 0)"
)


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

    async def indexed(self) -> IndexSize:
        while (missing := sum(self._sums(_MISSING))) > 0:
            await asyncio.sleep(min(1.0, 0.1 + missing / 10_000))
        return IndexSize(*self._sums(_SIZES))

    def _sums(self, sql: str) -> list[int]:
        """One row of sums of each shard, added up."""
        rows = []
        for path in sorted(self._service.data_dir.glob("shard-*.db")):
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as shard:
                rows.append(shard.execute(sql).fetchone())
        return [sum(column) for column in zip(*rows, strict=True)]

    def stop(self) -> None:
        self._service.stop()
