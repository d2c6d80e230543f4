"""Builds and opens the directory and the shards that the settings name.

``sqlite:`` puts ``directory.db`` and ``shard-0.db`` ... into the data directory. With a PostgreSQL URL each logical database
has a schema of its own (``skrytka_directory``, ``skrytka_shard_0`` ...), so one server can hold them all. With
``store.shard_urls`` there is one shard per URL, in that order: a URL added at the end is a new shard, and none may move
or go while mailboxes are on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from skrytka.settings import Settings
from skrytka.store.belonging import refuse_strangers
from skrytka.store.durability import refuse_lossy
from skrytka.store.engines.sqlite import SqliteDatabase
from skrytka.store.interface import Database, Unsuitable
from skrytka.store.migrate import migrate, postgresql_schema
from skrytka.store.schema import is_behind, read_version, refuse_older
from skrytka.store.watched import WatchedDatabase

_MIGRATION_TIMEOUT_S = 24 * 3600.0
_POSTGRESQL = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class Databases:
    """The directory and the shards by name, in a stable order."""

    directory: Database
    shards: Mapping[str, Database]

    def all(self) -> list[Database]:
        return [self.directory, *self.shards.values()]

    async def open(self) -> None:
        """Open all, or none."""
        try:
            for database in self.all():
                await database.open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await asyncio.gather(*(database.close() for database in self.all()))


def build(settings: Settings, *, timeout_s: float | None = None) -> Databases:
    """The databases that the settings name, not opened. ``timeout_s`` replaces ``store.statement_timeout_s``."""
    patience_s = timeout_s or settings.store.statement_timeout_s
    names = ["directory", *(f"shard-{number}" for number in range(_shard_count(settings)))]
    if settings.store.url == "sqlite:":
        databases = [_sqlite(settings, name, patience_s) for name in names]
    else:
        databases = [
            _postgres(settings, name, url, patience_s) for name, url in zip(names, _urls(settings), strict=True)
        ]
    directory, *shards = (WatchedDatabase(database) for database in databases)
    return Databases(directory, {shard.name: shard for shard in shards})


async def open_databases(settings: Settings, *, migrating: bool = True) -> Databases:
    """Migrate (unless another process did) and open all.

    ``Unsuitable`` when a schema is not of this release's range, the databases do not belong together, or a server confirms
    commits too early.
    """
    databases = build(settings)
    await databases.open()
    try:
        await refuse_lossy(databases.all())
        if migrating and await _are_behind(databases):
            await migrate_databases(settings)
        for database in databases.all():
            await refuse_older(database)
        await refuse_strangers(databases.directory, databases.shards)
    except BaseException:
        await databases.close()
        raise
    return databases


async def _are_behind(databases: Databases) -> bool:
    return any([await is_behind(database) for database in databases.all()])


async def migrate_databases(settings: Settings) -> None:
    """Bring all databases to this release's schema; may take as long as it takes."""
    databases = build(settings, timeout_s=_MIGRATION_TIMEOUT_S)
    await databases.open()
    try:
        for database in databases.all():
            await migrate(database)
    finally:
        await databases.close()


async def versions(databases: Databases) -> dict[str, int]:
    """The schema version of each open database, by its name."""
    return {each.name: (await each.read(read_version, each.engine)).version for each in databases.all()}


def _shard_count(settings: Settings) -> int:
    return len(settings.store.shard_urls) or settings.store.shards


def _urls(settings: Settings) -> list[str]:
    """One URL per database, the directory's first."""
    store = settings.store
    urls = [store.url, *(store.shard_urls or [store.url] * store.shards)]
    for url in urls:
        if not url.startswith(_POSTGRESQL):
            raise Unsuitable(
                "store.url and store.shard_urls must be 'sqlite:' (without shard_urls) or postgresql://..."
            )
    return urls


def _sqlite(settings: Settings, name: str, patience_s: float) -> Database:
    if settings.store.shard_urls:
        raise Unsuitable("store.shard_urls needs a postgresql:// store.url")
    folder = Path(settings.data_dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return SqliteDatabase(name, folder / f"{name}.db", patience_s)


def _postgres(settings: Settings, name: str, url: str, patience_s: float) -> Database:
    from skrytka.store.engines.postgres import PostgresDatabase  # noqa: PLC0415 - as much again

    return PostgresDatabase(name, url, postgresql_schema(name), settings.store.pool_size, patience_s)
