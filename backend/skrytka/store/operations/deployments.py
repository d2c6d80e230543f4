"""Who a database belongs to: the directory's own row, and the row in every shard that names directory and shard."""

from __future__ import annotations

import msgspec

from skrytka.store.interface import Tx


class Deployment(msgspec.Struct, frozen=True):
    """``blobs`` is what the owner file of the blob store says, None before there was one."""

    deployment_id: str
    blobs: str | None


class Identity(msgspec.Struct, frozen=True):
    """Which shard of which deployment a database is."""

    deployment_id: str
    name: str


async def get(tx: Tx, _: None) -> Deployment | None:
    row = await tx.row("SELECT deployment_id, blobs FROM deployment WHERE number = 1")
    return None if row is None else Deployment(*row)


async def found(tx: Tx, deployment_id: str) -> Deployment:
    """The deployment; one that has no number yet takes this one. Whoever comes second takes the first one's."""
    await tx.execute(
        "INSERT INTO deployment (number, deployment_id) VALUES (1, ?) ON CONFLICT (number) DO NOTHING", deployment_id
    )
    deployment = await get(tx, None)
    assert deployment is not None
    return deployment


async def settle_blobs(tx: Tx, owner: str) -> str | None:
    """Remember what the owner file says unless another one is known already; returns the one that counts."""
    await tx.execute("UPDATE deployment SET blobs = ? WHERE number = 1 AND blobs IS NULL", owner)
    row = await tx.row("SELECT blobs FROM deployment WHERE number = 1")
    return None if row is None else row[0]


async def identity(tx: Tx, _: None) -> Identity | None:
    """What a shard says it is; None for one that was never served."""
    row = await tx.row("SELECT deployment_id, name FROM identity WHERE number = 1")
    return None if row is None else Identity(*row)


async def claim(tx: Tx, ours: Identity) -> Identity:
    """Make a new shard ours; returns whose it is."""
    await tx.execute(
        "INSERT INTO identity (number, deployment_id, name) VALUES (1, ?, ?) ON CONFLICT (number) DO NOTHING",
        ours.deployment_id,
        ours.name,
    )
    found = await identity(tx, None)
    assert found is not None
    return found


async def shards_in_use(tx: Tx, _: None) -> set[str]:
    """The shards on which mailboxes are, in any state."""
    return {row[0] for row in await tx.rows("SELECT DISTINCT shard FROM mailbox")}
