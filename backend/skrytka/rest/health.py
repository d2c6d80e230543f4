"""``/healthz`` for probes and ``/metrics`` for Prometheus; neither asks for a key."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from skrytka.core import Core
from skrytka.metrics import CONTENT_TYPE, exposition
from skrytka.rest.problems import RETRY_AFTER_S
from skrytka.services import readiness


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
    found = await readiness.probe(core)
    body = Readiness(
        _word(found.ready),
        _word(found.directory),
        {name: _word(answers) for name, answers in found.shards.items()},
        "ok" if found.bus else "degraded",
    )
    if found.ready:
        return Response(body)
    return Response(body, status_code=503, headers={"Retry-After": str(RETRY_AFTER_S)})


@get("/metrics", operation_id="metrics", summary="Prometheus metrics of all workers", tags=["Health"])
async def metrics() -> Response[bytes]:
    return Response(exposition(), media_type=CONTENT_TYPE)


def _word(answers: bool) -> str:
    return "ok" if answers else "unavailable"
