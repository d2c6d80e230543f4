"""Databases and blobs that do not belong together stop the start."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from skrytka.blobs.files import FileBlobs
from skrytka.core import Core
from skrytka.errors import Invalid
from skrytka.extensions import Extensions
from skrytka.serve import composition
from skrytka.services.ownership import claim_blobs
from skrytka.settings import Blobs, Settings, SettingsError
from skrytka.store import opening
from skrytka.store.interface import Database, Tx, Unsuitable
from skrytka.store.operations import deployments
from tests.contract.provisioning import make_mailbox, vary


def with_shards(settings: Settings, count: int) -> Settings:
    return msgspec.structs.replace(settings, store=msgspec.structs.replace(settings.store, shards=count))


async def run(tx: Tx, sql: str) -> None:
    assert await tx.execute(sql) > 0


async def start(settings: Settings) -> None:
    await (await opening.open_databases(settings)).close()


async def test_two_first_starts_found_one_deployment(empty_settings: Settings) -> None:
    both = await asyncio.gather(*(opening.open_databases(empty_settings) for _ in range(2)))
    first, second = [await databases.directory.read(deployments.get, None) for databases in both]
    assert first is not None
    assert first == second
    for databases in both:
        await databases.close()
    await start(empty_settings)


async def test_a_shard_with_mailboxes_cannot_be_left_out(core: Core, settings: Settings) -> None:
    await start(with_shards(settings, 1))
    for name in ("ann", "bob"):
        await make_mailbox(vary(core), f"{name}@{name}.example")
    with pytest.raises(Unsuitable, match=r"store\.shards.*shard-[01] is not among them"):
        await start(with_shards(settings, 1))
    await start(with_shards(settings, 3))


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("DELETE FROM identity", "the database of shard-1 is empty, but shard-1 has mailboxes"),
        ("UPDATE identity SET deployment_id = 'x'", "the database of shard-1 belongs to another deployment"),
        ("UPDATE identity SET name = 'shard-0'", "the database given for shard-1 is that of shard-0"),
    ],
)
async def test_a_shard_that_is_not_the_one_it_was(core: Core, settings: Settings, sql: str, reason: str) -> None:
    for name in ("ann", "bob"):
        await make_mailbox(vary(core), f"{name}@{name}.example")
    await core.shards["shard-1"].write(run, sql)
    with pytest.raises(Unsuitable, match=f"store.url, store.shard_urls: {reason}"):
        await start(settings)


@pytest.fixture
def directory(open_databases: opening.Databases) -> Database:
    return open_databases.directory


async def blobs_in(folder: Path) -> FileBlobs:
    store = FileBlobs(folder)
    await store.open()
    return store


async def test_one_place_for_blobs_and_no_other(directory: Database, tmp_path: Path) -> None:
    first = await blobs_in(tmp_path / "first")
    await claim_blobs(directory, first)
    await claim_blobs(directory, first)
    for elsewhere in (await blobs_in(tmp_path / "second"), await blobs_in(tmp_path / "third")):
        with pytest.raises(Invalid, match=r"blobs\.url: this deployment has its large bodies elsewhere"):
            await claim_blobs(directory, elsewhere)
    assert not (tmp_path / "second" / "owner").exists()


async def test_two_machines_that_start_for_the_first_time_find_out(directory: Database, tmp_path: Path) -> None:
    places = [await blobs_in(tmp_path / name) for name in ("first", "second")]
    outcomes = await asyncio.gather(*(claim_blobs(directory, place) for place in places), return_exceptions=True)
    assert sorted(str(type(outcome).__name__) for outcome in outcomes) == ["Invalid", "NoneType"]


async def test_a_crash_in_between_is_made_up_for(directory: Database, tmp_path: Path) -> None:
    place = await blobs_in(tmp_path / "blobs")
    await claim_blobs(directory, place)
    await directory.write(run, "UPDATE deployment SET blobs = NULL")
    await claim_blobs(directory, place)


async def test_the_blobs_of_another_deployment_stop_the_start(tmp_path: Path) -> None:
    """Both on SQLite: a deployment of its own is a data directory of its own."""
    shared = Blobs(url=f"file://{tmp_path}/blobs")
    one, two = (Settings(data_dir=str(tmp_path / name), blobs=shared) for name in ("one", "two"))
    async with composition.open_core(one, Extensions(), migrating=True):
        with pytest.raises(SettingsError, match=r"^blobs\.url: the large bodies there belong to another deployment$"):
            async with composition.open_core(two, Extensions(), migrating=True):
                pass
    async with composition.open_core(one, Extensions(), migrating=True):
        pass
