"""Builds the blob store that the settings name."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from skrytka import errors
from skrytka.blobs.files import FileBlobs
from skrytka.blobs.interface import BlobStore
from skrytka.settings import Settings


def blob_store(settings: Settings) -> BlobStore:
    """The store of ``blobs.url``, not yet open: a folder in the data directory, or ``file:///path``."""
    if not settings.blobs.url:
        return FileBlobs(Path(settings.data_dir) / "blobs")
    url = urlsplit(settings.blobs.url)
    path = unquote(url.path)
    if url.scheme != "file" or url.netloc not in {"", "localhost"} or not path.startswith("/"):
        raise errors.Invalid("blobs.url", f"{settings.blobs.url!r} is neither empty nor file:///path")
    return FileBlobs(Path(path))


async def open_blobs(settings: Settings) -> BlobStore:
    """The same, open."""
    store = blob_store(settings)
    await store.open()
    return store
