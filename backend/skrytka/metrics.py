"""What a running process counts, and the text that ``/metrics`` answers.

Workers write into files of one folder (``PROMETHEUS_MULTIPROC_DIR``, set by the supervisor), so that whichever worker
is asked answers for all of them.
"""

from __future__ import annotations

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    generate_latest,
    multiprocess,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

_registry = CollectorRegistry()

CONNECTIONS_OPEN = Gauge(
    "skrytka_connections_open",
    "Connections that are open now",
    ["listener"],
    multiprocess_mode="livesum",
    registry=_registry,
)
CONNECTIONS_ACCEPTED = Counter(
    "skrytka_connections_accepted",
    "Connections accepted, also those refused afterwards",
    ["listener"],
    registry=_registry,
)
CONNECTIONS_REFUSED = Counter(
    "skrytka_connections_refused",
    "Connections closed before a conversation",
    ["listener", "reason"],
    registry=_registry,
)
WORKERS = Gauge("skrytka_workers", "Worker processes that serve", multiprocess_mode="livesum", registry=_registry)
BUS_HEALTHY = Gauge(
    "skrytka_bus_healthy",
    "1 while hints reach the other processes, 0 while sessions live by polling",
    multiprocess_mode="livemin",
    registry=_registry,
)
STORE_ERRORS = Counter(
    "skrytka_store_errors",
    "Operations of a database that it could not do now",
    ["database", "cause"],
    registry=_registry,
)
ACCEPT_ERRORS = Counter(
    "skrytka_accept_errors",
    "Times that connections could not be accepted for lack of what the cause names",
    ["listener", "cause"],
    registry=_registry,
)
CONNECTIONS_STALLED = Counter(
    "skrytka_connections_stalled",
    "Connections cut because the client took nothing of what was sent to it",
    ["listener"],
    registry=_registry,
)
CLOCK_JUMPS = Counter("skrytka_clock_jumps", "Times that a worker saw the clock being set", registry=_registry)
EVENTS_DROPPED = Counter(
    "skrytka_events_dropped",
    "Events that a listener of a plugin was not told: it was too slow, or the process ended",
    registry=_registry,
)


def exposition() -> bytes:
    """The text for Prometheus: of all workers where there are several, of this process otherwise."""
    if DIRECTORY_VARIABLE not in os.environ:
        return generate_latest(_registry)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
