"""What every blob store promises."""

from __future__ import annotations

import asyncio
import hashlib
import time

import pytest

from skrytka import errors
from skrytka.blobs.interface import BlobStore
from tests.contract.blobs.stores import Stores

ALWAYS = 2**40


def key_of(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


async def all_keys(store: BlobStore) -> dict[str, int]:
    return {key: put_at async for key, put_at in store.keys()}  # noqa: SIM118


@pytest.mark.parametrize("octets", [b"", b"\0", b"hello", bytes(range(256)) * 10_000], ids=len)
async def test_octets_come_back_exactly(store: BlobStore, octets: bytes) -> None:
    await store.put(key_of(octets), octets)
    assert await store.get(key_of(octets)) == octets


async def test_a_missing_blob_is_not_found(store: BlobStore) -> None:
    with pytest.raises(errors.NotFound) as caught:
        await store.get("0123abcd")
    assert (caught.value.kind, caught.value.name) == ("blob", "0123abcd")


async def test_the_first_owner_stays(store: BlobStore, stores: Stores) -> None:
    assert await store.owner(None) is None
    other = stores.make()
    await other.open()
    claimed = await asyncio.gather(*(each.owner(name) for each, name in ((store, "one"), (other, "two"))))
    assert claimed[0] == claimed[1] in {"one", "two"}
    assert await store.owner("three") == await other.owner(None) == claimed[0]
    assert await all_keys(store) == {}
    await other.close()


async def test_the_clock_is_the_one_that_gives_blobs_their_age(store: BlobStore) -> None:
    before = await store.now()
    await store.put("0123abcd", b"x")
    assert before <= (await all_keys(store))["0123abcd"] <= await store.now()
    assert abs(before - time.time()) < 100


async def test_delete_and_delete_again(store: BlobStore) -> None:
    await store.put("0123abcd", b"x")
    await store.delete("0123abcd", ALWAYS)
    with pytest.raises(errors.NotFound):
        await store.get("0123abcd")
    await store.delete("0123abcd", ALWAYS)
    assert await all_keys(store) == {}


async def test_a_blob_put_since_is_not_deleted(store: BlobStore, stores: Stores) -> None:
    await store.put("0123abcd", b"x")
    stores.age("0123abcd", 10_000)
    seen = (await all_keys(store))["0123abcd"]
    await store.put("0123abcd", b"x")
    assert not await store.delete("0123abcd", seen + 1)
    assert await store.get("0123abcd") == b"x"
    assert await store.delete("0123abcd", ALWAYS)
    assert not await store.delete("0123abcd", ALWAYS)


async def test_no_put_is_undone_by_deletions_at_the_same_time(store: BlobStore, stores: Stores) -> None:
    """What a put returned for is there, however the deletions of an old blob fall in between."""
    other = stores.make()
    await other.open()
    octets = b"same" * 100_000
    for _ in range(100):
        await store.put("0123abcd", octets)
        stores.age("0123abcd", 10_000)
        oldest = int(time.time()) - 5_000
        await asyncio.gather(*(other.delete("0123abcd", oldest) for _ in range(4)), store.put("0123abcd", octets))
        assert await store.get("0123abcd") == octets
    await other.close()


async def test_keys_have_the_time_of_their_put(store: BlobStore) -> None:
    before = int(time.time())
    bodies = [b"%d" % number for number in range(50)]
    for body in bodies:
        await store.put(key_of(body), body)
    found = await all_keys(store)
    assert sorted(found) == sorted(key_of(body) for body in bodies)
    assert all(before - 1 <= put_at <= time.time() + 1 for put_at in found.values())


async def test_a_second_put_renews_the_age(store: BlobStore, stores: Stores) -> None:
    await store.put("0123abcd", b"x")
    stores.age("0123abcd", 10_000)
    assert (await all_keys(store))["0123abcd"] < time.time() - 9_000
    await store.put("0123abcd", b"x")
    assert (await all_keys(store))["0123abcd"] > time.time() - 100
    assert await store.get("0123abcd") == b"x"


async def test_a_second_put_mends_a_damaged_blob(store: BlobStore, stores: Stores) -> None:
    await store.put("0123abcd", b"whole")
    stores.damage("0123abcd")
    assert await store.get("0123abcd") == b"whol"
    await store.put("0123abcd", b"whole")
    assert await store.get("0123abcd") == b"whole"


async def test_what_one_process_put_another_has(store: BlobStore, stores: Stores) -> None:
    await store.put("0123abcd", b"x")
    other = stores.make()
    await other.open()
    assert await other.get("0123abcd") == b"x"
    await other.delete("0123abcd", ALWAYS)
    await other.close()
    assert await all_keys(store) == {}


async def test_many_puts_of_one_blob_at_once(store: BlobStore, stores: Stores) -> None:
    other = stores.make()
    await other.open()
    octets = b"same" * 100_000
    await asyncio.gather(*(each.put("0123abcd", octets) for each in (store, other) * 10))
    assert await store.get("0123abcd") == octets
    assert list(await all_keys(store)) == ["0123abcd"]
    await other.close()


@pytest.mark.parametrize("key", ["", "abc", "../../etc/passwd", "ab/cd/ef", "a" * 300, "abcd\0", "żółw"])
async def test_what_is_no_key_is_refused(store: BlobStore, key: str) -> None:
    for refused in (store.put(key, b"x"), store.get(key), store.delete(key, ALWAYS)):
        with pytest.raises(errors.Invalid):
            await refused
