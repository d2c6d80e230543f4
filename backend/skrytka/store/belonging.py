"""Makes sure at the start that directory and shards belong together, and that none is missing.

A shard that is left out, exchanged for another or empty would pass for one in which nothing is: its mail would be unreadable,
and the blobs that it names would be collected.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from skrytka.store.interface import Database, Unsuitable
from skrytka.store.operations import deployments
from skrytka.store.operations.deployments import Identity


async def refuse_strangers(directory: Database, shards: Mapping[str, Database]) -> None:
    """Claim what is new; ``Unsuitable`` for what is another's, in another's place, or not there."""
    deployment = await directory.read(deployments.get, None)
    if deployment is None:
        deployment = await directory.write(deployments.found, secrets.token_hex(16))
    in_use = await directory.read(deployments.shards_in_use, None)
    if missing := sorted(in_use - set(shards)):
        raise Unsuitable(f"store.shards, store.shard_urls: {missing[0]} is not among them, but has mailboxes")
    for name, shard in shards.items():
        ours = Identity(deployment.deployment_id, name)
        found = await shard.read(deployments.identity, None)
        if found is None and name in in_use:
            raise Unsuitable(f"store.url, store.shard_urls: the database of {name} is empty, but {name} has mailboxes")
        if found is None:
            found = await shard.write(deployments.claim, ours)
        if found.deployment_id != ours.deployment_id:
            raise Unsuitable(f"store.url, store.shard_urls: the database of {name} belongs to another deployment")
        if found.name != name:
            raise Unsuitable(f"store.url, store.shard_urls: the database given for {name} is that of {found.name}")
