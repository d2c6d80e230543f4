"""What only the file store has: a layout on disk, leftovers, a disk that fills up; and the setting that picks it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import resource
import shutil
from pathlib import Path

import pytest

from skrytka import errors
from skrytka.blobs.files import FileBlobs
from skrytka.blobs.opening import blob_store, open_blobs
from skrytka.settings import Blobs, Settings


async def opened(root: Path) -> FileBlobs:
    store = FileBlobs(root)
    await store.open()
    return store


async def test_layout(tmp_path: Path) -> None:
    store = await opened(tmp_path / "deep" / "blobs")
    await store.put("0123abcd", b"x")
    assert (tmp_path / "deep/blobs/01/23/0123abcd").read_bytes() == b"x"
    assert list((tmp_path / "deep/blobs/tmp").iterdir()) == []


async def test_a_write_that_fails_is_unavailable_and_leaves_nothing(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(errors.Unavailable):
            await store.put("0123abcd", bytes(2_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    await store.put("0123abcd", bytes(2_000_000))
    assert await store.get("0123abcd") == bytes(2_000_000)


async def test_leftovers_of_dead_processes_go_after_a_day(tmp_path: Path) -> None:
    await opened(tmp_path)
    old, fresh = tmp_path / "tmp" / "old", tmp_path / "tmp" / "fresh"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (1_000_000, 1_000_000))
    store = await opened(tmp_path)
    assert (old.exists(), fresh.exists()) == (False, True)
    assert [key async for key, _ in store.keys()] == []  # noqa: SIM118


async def test_the_setting_picks_the_folder(tmp_path: Path) -> None:
    store = await open_blobs(Settings(data_dir=str(tmp_path / "var")))
    await store.put("0123abcd", b"x")
    assert (tmp_path / "var/blobs/01/23/0123abcd").exists()
    store = await open_blobs(Settings(data_dir="/nowhere", blobs=Blobs(url=f"file://{tmp_path}/else%20where")))
    await store.put("0123abcd", b"x")
    assert (tmp_path / "else where/01/23/0123abcd").exists()


@pytest.mark.parametrize("url", ["s3://bucket", "file://host/path", "/path", "file:path", "file:"])
def test_other_urls_stop_the_start(url: str) -> None:
    with pytest.raises(errors.Invalid, match=r"^blobs\.url: "):
        blob_store(Settings(blobs=Blobs(url=url)))


async def test_a_put_in_the_middle_of_a_deletion_writes_again(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.put("0123abcd", b"x")
    with (tmp_path / "locks" / "01").open("rb+") as deleting:
        fcntl.flock(deleting, fcntl.LOCK_EX)
        put = asyncio.ensure_future(store.put("0123abcd", b"x"))
        done, _ = await asyncio.wait({put}, timeout=0.3)
        (tmp_path / "01/23/0123abcd").unlink()
    await put
    assert not done
    assert await store.get("0123abcd") == b"x"


async def test_what_is_not_ours_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    """A file system mounted there has a ``lost+found`` that only root may read."""
    store = await opened(tmp_path)
    await store.put("0123abcd", b"x")
    for stray in ("lost+found/#12", "01/stray", "01/note.txt", "01/23/.nfs0001", "ab"):
        (tmp_path / stray).parent.mkdir(exist_ok=True)
        (tmp_path / stray).write_bytes(b"stray")
    (tmp_path / "01/23/folder").mkdir()
    (tmp_path / "01/45/lost+found").mkdir(parents=True)
    assert [key async for key, _ in store.keys()] == ["0123abcd"]  # noqa: SIM118


async def test_a_folder_that_was_removed_is_made_again(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.put("0123abcd", b"x")
    shutil.rmtree(tmp_path / "01")
    await store.put("0123abcd", b"x")
    assert await store.get("0123abcd") == b"x"
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_every_folder_that_was_made_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    await opened(tmp_path / "a" / "b" / "blobs")
    assert {str(tmp_path), f"{tmp_path}/a", f"{tmp_path}/a/b", f"{tmp_path}/a/b/blobs"} <= set(synced)
