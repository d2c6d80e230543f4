"""All settings: one Struct per section, read once from a TOML file and the environment; unknown keys stop the start.

A test holds that every key has its line of explanation here; those of the front ends stand in the READMEs of the plugins.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec


class SettingsError(Exception):
    """A setting that cannot be; the text is one line that names its key."""


Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]
SafeUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(https://[^/?#@\s]+([/?].*)?|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?([/?].*)?)?$"
    ),
]
"""What is read there is believed, so nobody may be able to change it on its way: https, or http on the loopback."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all sections."""


class Serve(Section, frozen=True):
    workers: Annotated[int, msgspec.Meta(ge=0, le=256)] = 0
    """Worker processes; 0 is one per core."""
    plugins: tuple[str, ...] = ("imap", "pop3", "lmtp", "rest")
    """What this process serves: front ends by name, other plugins, and ``rest``. Their order is that of the delivery filters."""
    hostname: str = ""
    """The name in the self-signed certificate; empty is the machine's."""
    health_listen: str = ""
    """``host:port`` of ``/healthz`` and ``/metrics`` alone, for probes of a process without ``rest``; empty is off."""
    drain_timeout_s: Seconds = 30.0
    """How long commands in flight may take to finish when the process is to end."""
    leave_quiet_s: Seconds = 5.0
    """A worker that is replaced lets a client go that said nothing for so long, and all after ``drain_timeout_s``."""
    hang_timeout_s: Annotated[float, msgspec.Meta(ge=0)] = 60.0
    """A worker whose event loop does nothing for so long is killed and starts again; 0 is never."""
    switch_interval_s: Seconds = 0.0002
    """``sys.setswitchinterval`` of the workers: how long the event loop keeps threads waiting for the interpreter."""


class Store(Section, frozen=True):
    url: str = "sqlite:"
    """``sqlite:`` (files in the data directory) or ``postgresql://...``: the directory, and the shards without ``shard_urls``."""
    shard_urls: tuple[str, ...] = ()
    """PostgreSQL only: one database per shard, in an order that never changes; more may be added at the end."""
    shards: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    """How many shards there are without ``shard_urls``."""
    pool_size: Positive = 10
    """PostgreSQL only: connections of each worker to the directory and to each shard."""
    statement_timeout_s: Seconds = 30.0
    """After so long a store that does not answer, or a turn to write that does not come, is given up."""
    reserve_octets: NotNegative = 64 * 1024 * 1024
    """SQLite only: new mail is deferred when less is free on the disk; the rest is for those who delete mail."""


class Redis(Section, frozen=True):
    url: str = ""
    """``redis://...`` is the bus between machines; empty is the one between the processes of the data directory."""


class Bus(Section, frozen=True):
    poll_interval_s: Seconds = 60.0
    """How often idle sessions look by themselves, in case a hint was lost or the bus is down."""


class Blobs(Section, frozen=True):
    url: str = ""
    """Where large bodies lie: empty is a folder of the data directory, or ``file:///path``."""
    inline_limit_octets: Positive = 65_536
    """A compressed body up to this size sits in the shard, a larger one is a blob."""


class Rest(Section, frozen=True):
    listen: str = "127.0.0.1:8080"
    """``host:port``; empty is off."""
    idempotency_hours: Positive = 24
    """How long the answer to an Idempotency-Key is kept."""
    max_connections: Positive = 1_000
    """Of each worker."""
    max_connections_per_address: Positive = 250
    """Of one client address, in each worker."""
    header_octets: Positive = 32_768
    """The head of a request."""
    header_fields: Positive = 100
    """How many fields a head has at most."""
    body_octets: Positive = 65_536
    """A JSON body; a mail has ``limits.message_octets``."""
    header_timeout_s: Seconds = 20.0
    """The head has to come within this time."""
    idle_timeout_s: Seconds = 60.0
    """A client that neither sends its body nor reads the answer for so long is cut off."""
    keep_alive_s: Seconds = 5.0
    """A client that asks nothing more for so long is closed."""


class Auth(Section, frozen=True):
    scram: bool = True
    """Whether setting a password also stores SCRAM-SHA-256 keys; the weaker verifier bounds what an offline attack costs."""
    scram_iterations: Annotated[int, msgspec.Meta(ge=4_096, le=10_000_000)] = 65_536
    """Rounds of these keys, which every client has to do at each login; clients with Cyrus SASL refuse more than the default.
    After a change, those of a mailbox are made anew when its password is next sent."""
    allow_plaintext: bool = False
    """Passwords without TLS from elsewhere than loopback or a trusted proxy."""
    cache_s: Seconds = 300.0
    """How long a worker remembers a verified login, as a keyed HMAC, instead of hashing again."""
    argon2_time_cost: Positive = 2
    """Passes of argon2id."""
    argon2_memory_kib: Annotated[int, msgspec.Meta(ge=8_192)] = 19_456
    """Memory of one argon2id; at least 8 MiB."""
    argon2_concurrency: Positive = 2
    """How many passwords a worker hashes at once; each takes ``argon2_memory_kib``."""
    argon2_queue: Positive = 1_000
    """How many logins may run or wait for that in a worker; more are told to try again."""
    failures_per_address: Positive = 50
    """So many failed logins of late make an address (of IPv6: a /64) wait for ``failure_decay_s`` before each further one."""
    failures_per_login: Positive = 20
    """From so many failed logins of late on, those to this name take longer, for whoever comes."""
    failure_decay_s: Seconds = 60.0
    """After so long one failed login is forgotten, of each address and each name."""
    longest_delay_s: Annotated[float, msgspec.Meta(ge=0)] = 5.0
    """The longest that a login to a name with many failures takes, and a wrong key of an address with many."""
    uncounted_networks: tuple[str, ...] = ()
    """Where many log in from one address, as from a webmail: their failures count by name alone."""


class OAuth(Section, frozen=True):
    """Logins by token (SASL OAUTHBEARER and XOAUTH2): JWTs with ``jwks_url``, any with ``introspection_url``."""

    jwks_url: SafeUrl = ""
    """Where the keys are that sign the tokens (RFC 7517), over https or on the loopback; needs ``issuer`` and ``audience``."""
    introspection_url: SafeUrl = ""
    """Where to ask about tokens (RFC 7662), at each login; ``jwks_url`` is not used then."""
    client_id: str = ""
    """Who we are there."""
    client_secret: str = ""
    """And how we prove it."""
    issuer: str = ""
    """``iss`` of the tokens."""
    audience: str = ""
    """What has to be in their ``aud``: who we are to the issuer. Without it the tokens of every other service would let in."""
    claim: str = "email"
    """What of a token names the mailbox; an ``email`` that the issuer calls not verified does not."""
    scope: str = ""
    """What has to be among the token's scopes, and what clients without it are told; empty is nothing."""
    discovery_url: str = ""
    """The issuer's ``openid-configuration``, for clients that need another token (RFC 7628 section 3.2.2)."""
    keys_s: Seconds = 3_600.0
    """After so long keys are fetched again; where that cannot be, they count for as long again."""
    keys_retry_s: Seconds = 10.0
    """So often at most, whatever keys are asked for."""
    timeout_s: Seconds = 10.0
    """The issuer has to answer within this time."""
    answer_octets: Positive = 262_144
    """The longest answer that is read."""
    concurrency: Positive = 20
    """How many tokens a worker checks at once."""
    queue: Positive = 1_000
    """How many may be checked or wait for it; more are told to try again."""


class Tls(Section, frozen=True):
    certificate: str = ""
    """A PEM file, read again at SIGHUP; empty makes a self-signed pair in the data directory at the first start."""
    key: str = ""
    """The key of the certificate; both are set or none."""
    client_ca: str = ""
    """A PEM file of the authorities whose client certificates let in (SASL EXTERNAL), read when a worker starts (SIGUSR2); empty
    asks for none. A client that shows another certificate is sent away."""
    client_name: Literal["rfc822Name", "emailAddress", "commonName"] = "rfc822Name"
    """What names the mailbox: each ``rfc822Name`` of the certificate's subjectAltName, or one of the other two of its subject."""


class Limits(Section, frozen=True):
    """Limits that hold on every way in."""

    message_octets: Positive = 50 * 1024 * 1024
    """The largest mail."""
    header_octets: Positive = 1024 * 1024
    """The largest header of a mail."""
    folders: Positive = 10_000
    """Folders of a mailbox."""
    folder_name_octets: Positive = 512
    """The whole name of a folder, its superiors' and the separators included."""
    folder_depth: Positive = 32
    """Levels of folders."""
    keywords_per_message: Positive = 64
    """Keywords of one message."""
    keyword_octets: Positive = 128
    """The longest keyword."""
    metadata_entries: Annotated[int, msgspec.Meta(ge=10, le=500)] = 200
    """Entries of metadata of a folder, and of the mailbox as a whole; RFC 5464 wants 10 at least."""
    metadata_entry_octets: Annotated[int, msgspec.Meta(ge=1_024)] = 65_536
    """The value of one entry; RFC 5464 wants 1024 at least."""
    metadata_name_octets: Positive = 512
    """The name of one entry."""
    metadata_octets: Annotated[int, msgspec.Meta(ge=16_384)] = 10 * 1024 * 1024
    """Names and values of all entries of a mailbox; users of its shared folders can fill half of it."""
    aliases: Positive = 1_000
    """Aliases of a mailbox."""
    acl_entries: Positive = 200
    """Entries in the access control list of a folder."""
    copy_messages: Positive = 100_000
    """Messages of one COPY or MOVE, which are atomic, or that one QUIT of POP3 deletes."""
    filter_timeout_s: Seconds = 30.0
    """What a delivery filter may take; then the mail is deferred."""
    inflight_octets: Positive = 512 * 1024 * 1024
    """Mails on their way in, over all connections of a worker; more are deferred."""
    outgoing_octets: Positive = 512 * 1024 * 1024
    """Large mails on their way out, over all connections of a worker; more wait their turn."""
    outgoing_octets_per_mailbox: Positive = 128 * 1024 * 1024
    """The share of them that one mailbox may have."""
    default_quota_octets: NotNegative | None = None
    """The storage quota of a mailbox that is given none; not set is unlimited."""
    default_quota_messages: NotNegative | None = None
    """The same for the number of messages."""


class Log(Section, frozen=True):
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged."""
    format: Literal["text", "json"] = "text"
    """``json`` is one object a line."""


class Jobs(Section, frozen=True):
    retention_interval_s: Seconds = 300.0
    """How often retention policies are applied."""
    collect_interval_s: Seconds = 3_600.0
    """How often is removed for good what nobody refers to: expunged mail after its grace, deleted folders, blobs."""
    expunge_grace_s: Annotated[float, msgspec.Meta(ge=600)] = 600.0
    """How long an expunged message stays readable for sessions that were not told yet; at least 600."""


class Search(Section, frozen=True):
    """The index of mails' texts. Searches find the same with it and without it, only not as fast."""

    index: bool = True
    """Whether the index is made and used; an index that is there when this is turned off stays until it is removed by hand."""
    interval_s: Seconds = 10.0
    """How often is looked for mailboxes with mail that is not in the index yet; until then searches read it itself."""
    segment_messages: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 8
    """How many mails are kept together at most, and how many new ones a mailbox has to have before they are indexed: fewer are
    found faster, more take less room."""
    segment_octets: Positive = 32_768
    """A segment of so much text is full, however few mails it is of."""
    text_octets: Positive = 1024 * 1024
    """Mails with more text than this, or four times as much with its markup, are not indexed: searches read them."""
    filter_cache_octets: NotNegative = 64 * 1024 * 1024
    """How much each process remembers of what every search reads of the index: an octet at most for each three letters in a row
    that a segment has, counted once, and some hundred octets for the segment. 0: nothing. The index of a mailbox that alone has
    more is read anew by every search in it."""


class Settings(Section, frozen=True):
    """Everything but the front ends' sections, which their plugins own and which sit in ``front_ends`` by name."""

    data_dir: str = "./var"
    """Databases, large bodies, certificates, the first key."""

    serve: Serve = Serve()
    store: Store = Store()
    redis: Redis = Redis()
    bus: Bus = Bus()
    blobs: Blobs = Blobs()
    rest: Rest = Rest()
    auth: Auth = Auth()
    oauth: OAuth = OAuth()
    tls: Tls = Tls()
    limits: Limits = Limits()
    log: Log = Log()
    jobs: Jobs = Jobs()
    search: Search = Search()
    front_ends: dict[str, msgspec.Struct] = {}
