"""All settings: one Struct per section, read once from a TOML file and the environment; unknown keys stop the start."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec


class SettingsError(Exception):
    """A setting that cannot be; the text is one line that names its key."""


Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all sections."""


class Serve(Section, frozen=True):
    """``workers`` 0 means one per core. ``plugins`` may name ``rest`` besides the front ends.

    ``health_listen`` serves ``/healthz`` and ``/metrics`` alone, whatever the plugins: for probes of a process without
    ``rest``, and where the API shall not be reachable for them. Empty is off.
    """

    workers: Annotated[int, msgspec.Meta(ge=0, le=256)] = 0
    plugins: tuple[str, ...] = ("imap", "pop3", "lmtp", "rest")
    hostname: str = ""
    health_listen: str = ""
    drain_timeout_s: Seconds = 30.0
    switch_interval_s: Seconds = 0.0002


class Store(Section, frozen=True):
    """``url`` is ``sqlite:`` or ``postgresql://...`` (the directory; ``shard_urls`` name further servers, else it holds all)."""

    url: str = "sqlite:"
    shard_urls: tuple[str, ...] = ()
    shards: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    pool_size: Positive = 10
    statement_timeout_s: Seconds = 30.0


class Redis(Section, frozen=True):
    """Empty ``url``: the local bus."""

    url: str = ""


class Bus(Section, frozen=True):
    poll_interval_s: Seconds = 60.0


class Blobs(Section, frozen=True):
    """``url`` is empty (a folder in the data directory) or ``file:///path``."""

    url: str = ""
    inline_limit_octets: Positive = 65_536


class Rest(Section, frozen=True):
    listen: str = "127.0.0.1:8080"
    idempotency_hours: Positive = 24
    max_connections: Positive = 1_000


class Auth(Section, frozen=True):
    scram: bool = True
    allow_plaintext: bool = False
    cache_s: Seconds = 300.0
    argon2_time_cost: Positive = 2
    argon2_memory_kib: Annotated[int, msgspec.Meta(ge=8_192)] = 19_456
    argon2_concurrency: Positive = 2
    argon2_queue: Positive = 1_000


class Tls(Section, frozen=True):
    """Empty: a self-signed pair is made in the data directory at first start, and said so."""

    certificate: str = ""
    key: str = ""


class Limits(Section, frozen=True):
    """Limits that hold on every way in."""

    message_octets: Positive = 50 * 1024 * 1024
    header_octets: Positive = 1024 * 1024
    folders: Positive = 10_000
    folder_name_octets: Positive = 512
    folder_depth: Positive = 32
    keywords_per_message: Positive = 64
    keyword_octets: Positive = 128
    aliases: Positive = 1_000
    copy_messages: Positive = 100_000
    filter_timeout_s: Seconds = 30.0
    inflight_octets: Positive = 512 * 1024 * 1024
    outgoing_octets: Positive = 512 * 1024 * 1024
    default_quota_octets: int | None = None
    default_quota_messages: int | None = None


class Log(Section, frozen=True):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Jobs(Section, frozen=True):
    retention_interval_s: Seconds = 300.0
    collect_interval_s: Seconds = 3_600.0
    expunge_grace_s: Annotated[float, msgspec.Meta(ge=600)] = 600.0


class Settings(Section, frozen=True):
    """Everything but the front ends' sections, which their plugins own and which sit in ``front_ends`` by name."""

    data_dir: str = "./var"
    serve: Serve = Serve()
    store: Store = Store()
    redis: Redis = Redis()
    bus: Bus = Bus()
    blobs: Blobs = Blobs()
    rest: Rest = Rest()
    auth: Auth = Auth()
    tls: Tls = Tls()
    limits: Limits = Limits()
    log: Log = Log()
    jobs: Jobs = Jobs()
    front_ends: dict[str, msgspec.Struct] = {}
