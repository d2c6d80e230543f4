"""``/healthz`` for probes and ``/metrics`` for Prometheus; neither asks for a key."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from skrytka.core import Core
from skrytka.metrics import CONTENT_TYPE, exposition
from skrytka.rest.problems import PROBLEM_TYPE, RETRY_AFTER_S, Problem
from skrytka.services import readiness


class Liveness(msgspec.Struct, frozen=True):
    status: str = "ok"


class NotReady(Problem, frozen=True, kw_only=True):
    """A problem document that also says what does not answer (RFC 9457 section 3.2)."""

    directory: str
    shards: dict[str, str]
    bus: str


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
    directory, bus = _word(found.directory), "ok" if found.bus else "degraded"
    shards = {name: _word(answers) for name, answers in found.shards.items()}
    if found.ready:
        return Response(Readiness("ok", directory, shards, bus))
    body = NotReady(
        type="about:blank",
        title=HTTPStatus.SERVICE_UNAVAILABLE.phrase,
        status=503,
        code="unavailable",
        directory=directory,
        shards=shards,
        bus=bus,
    )
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return Response(cast(Any, body), status_code=503, media_type=PROBLEM_TYPE, headers=headers)


@get("/metrics", operation_id="metrics", summary="Prometheus metrics of all workers", tags=["Health"])
async def metrics() -> Response[bytes]:
    return Response(exposition(), media_type=CONTENT_TYPE)


def _word(answers: bool) -> str:
    return "ok" if answers else "unavailable"
