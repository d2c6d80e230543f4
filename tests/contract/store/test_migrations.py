"""Migrations, schema versions and opening."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from skrytka.settings import Settings, Store
from skrytka.store import opening
from skrytka.store.interface import Tx, Unsuitable
from skrytka.store.schema import Version, for_engine, kind_of, load, parse, read_version


async def test_migrated_databases_have_the_version_of_this_release(open_databases: opening.Databases) -> None:
    for database in open_databases.all():
        found = await database.read(read_version, database.engine)
        assert found.version == len(load(kind_of(database.name)))
    assert list(open_databases.shards) == ["shard-0", "shard-1"]


async def test_two_that_start_at_once_migrate_once(empty_settings: Settings) -> None:
    both = await asyncio.gather(*(opening.open_databases(empty_settings) for _ in range(2)))
    found = [await databases.directory.read(read_version, databases.directory.engine) for databases in both]
    assert found[0] == found[1] != Version()
    for databases in both:
        await databases.close()


async def test_a_schema_that_is_not_there_stops_a_start_without_migrations(empty_settings: Settings) -> None:
    ours = len(load("directory"))
    with pytest.raises(Unsuitable, match=f"schema of directory is version 0, but this release has version {ours}"):
        await opening.open_databases(empty_settings, migrating=False)


async def set_version(tx: Tx, version: Version) -> None:
    await tx.execute(
        "UPDATE schema_version SET version = ?, min_compatible = ?", version.version, version.min_compatible
    )


async def test_the_next_release_may_serve_beside_this_one(
    settings: Settings, open_databases: opening.Databases
) -> None:
    ours = len(load("directory"))
    await open_databases.directory.write(set_version, Version(ours + 1, ours))
    beside = await opening.open_databases(settings)
    assert (await beside.directory.read(read_version, beside.directory.engine)) == Version(ours + 1, ours)
    await beside.close()


async def test_a_later_release_stops_the_start(settings: Settings, open_databases: opening.Databases) -> None:
    ours = len(load("directory"))
    await open_databases.directory.write(set_version, Version(ours + 2, ours + 1))
    with pytest.raises(Unsuitable, match=f"is version {ours + 2} and serves releases from version {ours + 1} on"):
        await opening.open_databases(settings)


def test_statements_and_header_are_parsed() -> None:
    sql = "-- min_compatible: 3\n-- a; comment;\nCREATE TABLE a (\n  b INTEGER -- why;not\n);\n\nCREATE INDEX c ON a (b);\n"
    migration = parse(7, sql)
    assert migration.min_compatible == 3
    assert migration.statements == ("CREATE TABLE a (\n  b INTEGER -- why;not\n)", "CREATE INDEX c ON a (b)")
    assert parse(7, "").min_compatible == 6
    assert parse(1, "").min_compatible == 1


def test_types_are_translated_in_tables_only() -> None:
    table = "CREATE TABLE a (b INTEGER, c TEXT, d BLOB, e REAL)"
    assert for_engine(table, "sqlite") == table
    assert (
        for_engine(table, "postgresql") == 'CREATE TABLE a (b BIGINT, c TEXT COLLATE "C", d BYTEA, e DOUBLE PRECISION)'
    )
    assert for_engine("UPDATE a SET c = CAST(b AS TEXT)", "postgresql") == "UPDATE a SET c = CAST(b AS TEXT)"


@pytest.mark.parametrize(
    "store",
    [
        Store(url="mysql://x"),
        Store(url="sqlite:", shard_urls=("postgresql://x/y",)),
        Store(url="postgresql://x", shard_urls=("sqlite:",)),
    ],
)
def test_wrong_urls_stop_the_start(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Unsuitable, match=r"store\.(url|shard_urls)"):
        opening.build(Settings(data_dir=str(tmp_path), store=store))


def test_one_shard_for_each_url() -> None:
    urls = ("postgresql://one/x", "postgresql://two/x", "postgresql://three/x")
    store = msgspec.structs.replace(Store(), url="postgresql://zero/x", shard_urls=urls, shards=4)
    assert list(opening.build(Settings(store=store)).shards) == ["shard-0", "shard-1", "shard-2"]


async def test_a_file_that_is_no_database_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "directory.db").write_bytes(b"these octets are no database " * 200)
    with pytest.raises(Unsuitable, match="is not a SQLite database"):
        await opening.open_databases(Settings(data_dir=str(tmp_path)))
