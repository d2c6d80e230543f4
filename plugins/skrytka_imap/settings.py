"""The ``imap`` section of the settings."""

from __future__ import annotations

from typing import Annotated

import msgspec

from skrytka.plugin_api import FrontEndSettings, mime, model

Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]
Level = Annotated[str, msgspec.Meta(pattern=r"^[^/%*\x00-\x1f\x7f]{0,100}$")]
"""A name of one level, or none."""


class Settings(FrontEndSettings, frozen=True):
    """``idle_timeout_s`` is the autologout timer (RFC 3501 section 5.4: at least 30 minutes); it also ends an IDLE.
    A command that has begun has to be whole after ``command_timeout_s``, or to come with ``least_octets_per_s`` on the average
    of it.

    ``line_octets`` bounds a command without its literals (RFC 7162 section 4 asks for 8192), ``command_literal_octets`` all
    literals of a command but the messages of APPEND, of which there are at most ``append_messages``, with ``append_octets``
    together; the limit on messages bounds each of them. CATENATE puts at most ``catenate_parts`` together for one command, and
    takes absolute URLs of the hosts ``url_hosts``, in lower case. ``max_bad_commands`` in a row, or
    ``max_login_failures``, end the connection; a failed login is answered after ``login_failure_delay_s`` and up to as much
    again, so that guessing is slow and its timing says nothing.

    ``admin_uri``: what the server's entry /shared/admin says (RFC 5464 section 3.2.1.1), a ``mailto:`` for example.
    ``setquota``: whether users may limit their own mailboxes by SETQUOTA, below the provider's limits (RFC 9208 section 4.1.3).
    ``other_users``: the first level of the names of other users' folders (RFC 2342); empty shows none.
    ``shared``: that of folders of mailboxes that belong to nobody in person; empty shows none of these.
    ``share_across_domains``: whether users may give rights to mailboxes of other domains than the folder's owner. What is given
    counts in any case, and the provider can give some over REST.
    ``told_keywords``: so many keywords of a folder are listed in FLAGS and PERMANENTFLAGS.
    ``progress_interval_s``: so often the client of a long command hears how far that is (RFC 9585 section 4: 10 to 15).
    ``list_patterns``: so many patterns one LIST takes (RFC 5258 section 3).
    ``saved_ranges``: so many ranges a result has that is kept for ``$`` (RFC 5182 section 2.1).
    ``max_search_contexts``: so many searches of a session are kept up to date (RFC 5267 section 4.3.1), each with at most
    ``search_context_octets`` of texts, and numbers and keys; ``$`` counts with its ranges.
    ``sort_octets``: so much memory a SORT takes for what it compares, and a THREAD for subjects.
    ``sorted_updates_octets``: so much memory the orders take that a session's SORT with UPDATE are kept in.
    ``search_octets``: so much memory a search takes for what it knows of each message by each of its keys.
    ``thread_message_ids``: so many Message-IDs, of messages and of those that they refer to, one THREAD takes into account.
    ``notify_folders``: so many folders a session may watch by NOTIFY (RFC 5465 section 3.1).
    ``max_shared_folders``: so many folders of other users a LIST tells; there may be more.
    ``message_limit``: so many messages one FETCH, SEARCH, STORE, COPY, MOVE or UID EXPUNGE takes (RFC 9738 section 3: SHOULD NOT
    be below 1000); null is no limit but that of COPY and MOVE.
    ``uidbatches_messages``: so many messages the batches that a UIDBATCHES names may span (RFC 10022 section 3.1.7: at least
    100 000).
    """

    listen: str = "127.0.0.1:1143"
    listen_tls: str = "127.0.0.1:1993"
    login_timeout_s: Seconds = 60.0
    idle_timeout_s: Seconds = 1_800.0
    command_timeout_s: Seconds = 60.0
    idle_heartbeat_s: Seconds = 120.0
    line_octets: Annotated[int, msgspec.Meta(ge=1_024)] = 65_536
    command_literal_octets: Annotated[int, msgspec.Meta(ge=1_024)] = 1_048_576
    append_messages: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 1_000
    append_octets: Positive = 104_857_600
    catenate_parts: Positive = 100
    url_hosts: tuple[str, ...] = ()
    admin_uri: str = ""
    setquota: bool = False
    other_users: Level = "Other users"
    shared: Level = "Shared"
    share_across_domains: bool = False
    told_keywords: Positive = 1_000
    progress_interval_s: Seconds = 10.0
    list_patterns: Positive = 100
    saved_ranges: Positive = 16_384
    max_search_contexts: Positive = 10
    search_context_octets: Positive = 4_096
    sort_octets: Positive = 536_870_912
    sorted_updates_octets: Positive = 8_388_608
    search_octets: Positive = 268_435_456
    thread_message_ids: Positive = 500_000
    notify_folders: Positive = 1_000
    max_shared_folders: Positive = 10_000
    message_limit: Annotated[int, msgspec.Meta(ge=1_000)] | None = 10_000_000
    uidbatches_messages: Annotated[int, msgspec.Meta(ge=100_000)] = 100_000
    max_bad_commands: Positive = 20
    max_login_failures: Positive = 5
    login_failure_delay_s: Annotated[float, msgspec.Meta(ge=0)] = 2.0

    def __post_init__(self) -> None:
        for name in ("other_users", "shared"):
            level = mime.nfc(getattr(self, name))
            if level.upper() == "INBOX":
                raise ValueError(f"{name} is INBOX, which is everybody's own")
            msgspec.structs.force_setattr(self, name, level)
        if self.shared and self.shared == self.other_users:
            raise ValueError(f"shared and other_users are both {self.shared!r}, and have to differ")

    @property
    def prefixes(self) -> dict[model.Namespace, str]:
        """The first level of the names of folders of others, by the namespace that they are in; only of those that are shown."""
        levels = ((model.Namespace.OTHERS, self.other_users), (model.Namespace.SHARED, self.shared))
        return {namespace: level for namespace, level in levels if level}
