"""What the services work with: the open parts of a running process. Built by the composition root in ``serve`` and ``cli``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TypeVar

from skrytka.blobs.interface import BlobStore
from skrytka.bus.interface import Bus
from skrytka.extensions import Extensions
from skrytka.settings import Settings
from skrytka.store.interface import Database

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Core:
    """Every service function takes this first. ``shards`` maps the shard's name to its database, in a stable order.

    ``hashing`` runs argon2 with bounded concurrency; ``compute`` takes parsing and compression of large mails. ``now`` is the
    Unix time, ``elapsed`` are seconds that go on evenly whatever the clock is set to; tests replace both.
    ``states`` is what this process keeps beside the store; services and plugins reach it through ``state``.
    """

    settings: Settings
    directory: Database
    shards: Mapping[str, Database]
    blobs: BlobStore
    bus: Bus
    hashing: Executor
    compute: Executor
    extensions: Extensions = field(default_factory=Extensions)
    now: Callable[[], float] = time.time
    elapsed: Callable[[], float] = time.monotonic
    states: dict[type, object] = field(default_factory=dict)

    def state(self, kind: type[S]) -> S:
        """The one object of this class in the process, made without arguments at the first call.

        Whose class it is, his state it is: nobody else has it by accident. Another process has another one, so it may only
        be what costs time, not mail, when it is lost or old.
        """
        found = self.states.get(kind)
        if not isinstance(found, kind):
            found = self.states[kind] = kind()
        return found
