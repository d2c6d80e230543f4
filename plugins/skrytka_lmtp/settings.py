"""The settings section ``lmtp``."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from skrytka.plugin_api import FrontEndSettings

Seconds = Annotated[float, msgspec.Meta(gt=0)]


class LmtpSettings(FrontEndSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``over_quota`` says what the MTA hears for a full mailbox: ``defer`` 452 and try again, or ``reject`` 552 and
    bounce.

    ``idle_timeout_s`` is the wait for the next command, whole, for which RFC 5321 section 4.5.3.2.7 asks for five
    minutes; a mail has to come with ``least_octets_per_s`` on the average of it. ``max_errors`` is how many commands
    may be nonsense or out of order before the conversation is closed.
    """

    listen: str = "127.0.0.1:2424"
    over_quota: Literal["defer", "reject"] = "defer"
    max_recipients: Annotated[int, msgspec.Meta(ge=100, le=100_000)] = 1_000
    max_errors: Annotated[int, msgspec.Meta(ge=1)] = 20
    idle_timeout_s: Seconds = 300.0
