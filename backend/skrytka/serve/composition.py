"""Opens the parts of a running process from the settings: the one place where services get their implementations."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from skrytka.blobs.folders import make_folder
from skrytka.blobs.opening import open_blobs
from skrytka.bus.opening import open_bus
from skrytka.core import Core
from skrytka.errors import Invalid
from skrytka.extensions import Extensions
from skrytka.services.ownership import claim_blobs
from skrytka.settings import Settings, SettingsError
from skrytka.store.opening import open_databases, versions

_COMPUTE_THREADS = 4


@asynccontextmanager
async def open_core(settings: Settings, extensions: Extensions, *, migrating: bool) -> AsyncIterator[Core]:
    """An open core; with ``migrating`` the schemas are brought to this release first."""
    _make_data_dir(Path(settings.data_dir))
    async with AsyncExitStack() as stack:
        databases = await open_databases(settings, migrating=migrating)
        stack.push_async_callback(databases.close)
        with _wrong_settings():
            blobs = await open_blobs(settings)
        stack.push_async_callback(blobs.close)
        with _wrong_settings():
            await claim_blobs(databases.directory, blobs)
        with _wrong_settings():
            bus = await open_bus(settings)
        stack.push_async_callback(bus.close)
        threads = min(_COMPUTE_THREADS, os.cpu_count() or 1)
        hashing = stack.enter_context(ThreadPoolExecutor(settings.auth.argon2_concurrency, "hashing"))
        compute = stack.enter_context(ThreadPoolExecutor(threads, "compute"))
        yield Core(settings, databases.directory, databases.shards, blobs, bus, hashing, compute, extensions)


async def migrate(settings: Settings) -> dict[str, int]:
    """Bring the schemas to this release and open nothing else; the version of each database by name."""
    _make_data_dir(Path(settings.data_dir))
    databases = await open_databases(settings)
    try:
        return await versions(databases)
    finally:
        await databases.close()


def _make_data_dir(path: Path) -> None:
    try:
        make_folder(path, 0o700)
    except OSError as error:
        raise SettingsError(f"data_dir: {path} cannot be made: {error.strerror}") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise SettingsError(f"data_dir: {path} may not be written to by user {os.geteuid()}")


@contextmanager
def _wrong_settings() -> Iterator[None]:
    """What the openers find invalid is a setting, and stops the start as every wrong setting does."""
    try:
        yield
    except Invalid as error:
        raise SettingsError(str(error)) from None
