"""What a PostgreSQL server must promise: a commit that it has confirmed survives its crash.

SQLite's files are opened with the settings that do; a server has its own, which a database or a role may change.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from skrytka.store.interface import Database, Unsuitable
from skrytka.store.operations import probing

_log = logging.getLogger(__name__)


async def refuse_lossy(databases: Sequence[Database]) -> None:
    """``Unsuitable`` where commits are confirmed before they are on the disk; a warning where only a power cut loses them."""
    risks: set[str] = set()
    for database in databases:
        if database.engine != "postgresql":
            continue
        found = await database.read(probing.durability, None)
        if found.synchronous_commit == "off":
            raise Unsuitable(
                f"store.url, store.shard_urls: synchronous_commit is off for {database.name}: a crash of the server would lose"
                f" mail that was accepted"
            )
        risks |= {name for name in ("fsync", "full_page_writes") if getattr(found, name) == "off"}
    if risks:
        _log.warning(
            "PostgreSQL runs with %s off: a power cut may lose mail, or all of it", " and ".join(sorted(risks))
        )
