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
    Histogram,
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
WORKERS_HUNG = Counter(
    "skrytka_workers_hung", "Worker processes that did nothing any more and were killed", registry=_registry
)
BUS_HEALTHY = Gauge(
    "skrytka_bus_healthy",
    "1 while hints reach the other processes, 0 while sessions live by polling",
    multiprocess_mode="livemin",
    registry=_registry,
)
DELIVERIES = Counter(
    "skrytka_deliveries",
    "Mails for one recipient, by what became of them: delivered, or why not (also those refused at RCPT)",
    ["outcome"],
    registry=_registry,
)
LOGINS = Counter(
    "skrytka_logins",
    "Logins by what became of them, whatever the mechanism",
    ["protocol", "outcome"],
    registry=_registry,
)
LOGINS_DELAYED = Counter(
    "skrytka_logins_delayed", "Logins that waited because many to their name failed", registry=_registry
)
GUESSING = Counter(
    "skrytka_guessing",
    "How often failures reached their limit: of one address, to one login, with the id of one API key",
    ["kind"],
    registry=_registry,
)
KEYS_REFUSED = Counter("skrytka_keys_refused", "Requests with an API key that is none", registry=_registry)
COMMIT_SECONDS = Histogram(
    "skrytka_commit_seconds",
    "SQLite: one COMMIT with its fsync, for a group of operations; PostgreSQL: one transaction",
    ["store"],
    buckets=(0.0005, 0.002, 0.01, 0.05, 0.2, 1.0, 5.0),
    registry=_registry,
)
EXPUNGED = Counter("skrytka_messages_expunged", "Messages expunged, by whose doing", ["protocol"], registry=_registry)
RETENTION = Counter("skrytka_retention_messages", "Messages that retention took", ["action"], registry=_registry)
JOB_FINISHED = Gauge(
    "skrytka_job_finished_timestamp_seconds",
    "When a job of the background last came to its end; its age is time() minus this",
    ["job"],
    multiprocess_mode="max",
    registry=_registry,
)
INFLIGHT_OCTETS = Gauge(
    "skrytka_inflight_octets",
    "Octets of mails on their way in that are in memory",
    multiprocess_mode="livesum",
    registry=_registry,
)
REST_REQUESTS = Counter(
    "skrytka_rest_requests", "Requests answered, by class of status", ["status"], registry=_registry
)
REST_DURATION = Histogram(
    "skrytka_rest_seconds",
    "From the head of a request to the head of its answer",
    buckets=(0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0),
    registry=_registry,
)
STORE_ERRORS = Counter(
    "skrytka_store_errors",
    "Operations of a database, or of the blob store, that it could not do now",
    ["database", "cause"],
    registry=_registry,
)
ACCEPT_ERRORS = Counter(
    "skrytka_accept_errors",
    "Times that connections could not be accepted for lack of what the cause names",
    ["listener", "cause"],
    registry=_registry,
)
CONNECTIONS_TOO_SLOW = Counter(
    "skrytka_connections_too_slow",
    "Connections ended because the client sent too little, or took too little of what was sent to it, for too long",
    ["listener", "direction"],
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
