"""Builds the services for tests: real stores, blobs and bus, cheap password hashing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from skrytka.blobs.opening import open_blobs
from skrytka.bus.opening import open_bus
from skrytka.core import Core
from skrytka.extensions import Extensions
from skrytka.settings import Settings

if TYPE_CHECKING:
    from skrytka.store.opening import Databases


@asynccontextmanager
async def open_core(
    databases: Databases,
    settings: Settings,
    extensions: Extensions | None = None,
    now: Callable[[], float] = time.time,
) -> AsyncIterator[Core]:
    """Everything is closed at the end but the databases, which have their own fixture."""
    auth = msgspec.structs.replace(settings.auth, argon2_time_cost=1, argon2_memory_kib=8_192)
    blobs, bus = await open_blobs(settings), await open_bus(settings)
    with ThreadPoolExecutor(1) as hashing, ThreadPoolExecutor(2) as compute:
        yield Core(
            settings=msgspec.structs.replace(settings, auth=auth),
            directory=databases.directory,
            shards=databases.shards,
            blobs=blobs,
            bus=bus,
            hashing=hashing,
            compute=compute,
            extensions=extensions or Extensions(),
            now=now,
        )
    await bus.close()
    await blobs.close()
