"""Makes sure at the start that the blob store is this deployment's own, and the one in which its blobs are.

Collection deletes every blob that no shard of this deployment names: those of another deployment are among them.
"""

from __future__ import annotations

import secrets

from skrytka.blobs.interface import BlobStore
from skrytka.errors import Invalid
from skrytka.store.interface import Database
from skrytka.store.operations import deployments

KEY = "blobs.url"


async def claim_blobs(directory: Database, blobs: BlobStore) -> None:
    """Mark a new place as ours; ``Invalid`` for another's, and for any but the first once there is one.

    The mark is the deployment and a number of the place, because two machines may each begin with a folder of their own.
    """
    deployment = await directory.read(deployments.get, None)
    assert deployment is not None, "opening the databases founds it"
    ours = f"{deployment.deployment_id} {secrets.token_hex(8)}" if deployment.blobs is None else None
    owner = await blobs.owner(ours)
    if owner is not None and not owner.startswith(f"{deployment.deployment_id} "):
        raise Invalid(KEY, "the large bodies there belong to another deployment")
    known = deployment.blobs
    if owner is not None and known is None:
        known = await directory.write(deployments.settle_blobs, owner)
    if owner is None or owner != known:
        raise Invalid(KEY, f"this deployment has its large bodies elsewhere, where the file owner says {known!r}")
