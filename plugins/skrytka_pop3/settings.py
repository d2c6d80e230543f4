"""The settings section ``pop3``."""

from __future__ import annotations

from typing import Annotated

import msgspec

from skrytka.plugin_api import FrontEndSettings

Seconds = Annotated[float, msgspec.Meta(gt=0)]


class Pop3Settings(FrontEndSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``idle_timeout_s`` may not be under ten minutes (RFC 1939 section 3); before login ``login_timeout_s`` holds in
    all.

    ``expire`` is announced, not enforced: ``NEVER``, or the days after which the provider's retention deletes mail.
    ``login_delay_s`` is the least time between two logins to a mailbox, 0 for none; each worker counts for itself.
    """

    listen: str = "127.0.0.1:1110"
    listen_tls: str = "127.0.0.1:1995"
    idle_timeout_s: Annotated[float, msgspec.Meta(ge=600)] = 600.0
    login_timeout_s: Seconds = 180.0
    max_login_failures: Annotated[int, msgspec.Meta(ge=1)] = 3
    login_failure_delay_s: Annotated[float, msgspec.Meta(ge=0)] = 2.0
    max_errors: Annotated[int, msgspec.Meta(ge=1)] = 20
    expire: Annotated[str, msgspec.Meta(pattern="^(NEVER|[0-9]{1,9})$")] = "NEVER"
    login_delay_s: Annotated[int, msgspec.Meta(ge=0)] = 0
