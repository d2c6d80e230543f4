"""Every implementation of the blob store, by name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from skrytka.blobs.interface import BlobStore
from tests.contract.blobs.stores import FileStores, Stores

IMPLEMENTATIONS = {"files": FileStores}


@pytest.fixture(params=IMPLEMENTATIONS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Stores:
    return IMPLEMENTATIONS[request.param](tmp_path / "blobs")


@pytest.fixture
async def store(stores: Stores) -> AsyncIterator[BlobStore]:
    made = stores.make()
    await made.open()
    yield made
    await made.close()
