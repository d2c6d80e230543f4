"""``/healthz`` for probes and ``/metrics`` for Prometheus; neither asks for a key."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.metrics import CONTENT_TYPE, exposition
from skrytka.store.interface import Database
from skrytka.store.operations.probing import probe


class Liveness(msgspec.Struct, frozen=True):
    status: str = "ok"


class Readiness(msgspec.Struct, frozen=True):
    """``bus`` may be ``degraded``: idle sessions then poll, and the process stays ready."""

    status: str
    directory: str
    shards: dict[str, str]
    bus: str


@get("/healthz/live", operation_id="live", summary="Is the process alive?", tags=["Health"])
async def live() -> Liveness:
    return Liveness()


@get("/healthz/ready", operation_id="ready", summary="Can it serve?", tags=["Health"])
async def ready(core: NamedDependency[Core]) -> Response[Readiness]:
    directory = await _probe(core.directory)
    shards = {name: await _probe(shard) for name, shard in core.shards.items()}
    good = all(state == "ok" for state in (directory, *shards.values()))
    body = Readiness("ok" if good else "unavailable", directory, shards, "ok" if core.bus.healthy else "degraded")
    return Response(body, status_code=200 if good else 503, headers={} if good else {"Retry-After": "5"})


@get("/metrics", operation_id="metrics", summary="Prometheus metrics of all workers", tags=["Health"])
async def metrics() -> Response[bytes]:
    return Response(exposition(), media_type=CONTENT_TYPE)


async def _probe(database: Database) -> str:
    try:
        await database.read(probe, None)
    except Unavailable:
        return "unavailable"
    return "ok"
