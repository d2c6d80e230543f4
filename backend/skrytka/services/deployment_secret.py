"""What all processes of a deployment know, and nobody else: keys the hashes of names that may be no mailboxes."""

from __future__ import annotations

from skrytka.core import Core
from skrytka.store.operations import deployments


class _Secret:
    key: bytes = b""


async def secret(core: Core) -> bytes:
    """The deployment's id, 128 bits of chance; read once in each process."""
    known = core.state(_Secret)
    if not known.key:
        deployment = await core.directory.read(deployments.get, None)
        assert deployment is not None, "made when the databases were opened"
        known.key = deployment.deployment_id.encode()
    return known.key
