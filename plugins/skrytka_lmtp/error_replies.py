"""The one table from domain errors to LMTP codes (RFC 5321 section 4.2.3, RFC 3463)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from skrytka.plugin_api import errors
from skrytka_lmtp.replies import Reply, reply

CODES: Mapping[type[errors.DomainError], tuple[int, str]] = {
    errors.NotFound: (550, "5.1.1"),
    errors.AlreadyExists: (451, "4.3.0"),
    errors.Invalid: (553, "5.1.3"),
    errors.NotPermitted: (550, "5.7.1"),
    errors.Conflict: (451, "4.3.0"),
    errors.VersionMismatch: (451, "4.3.0"),
    errors.NotEmpty: (451, "4.3.0"),
    errors.OverQuota: (452, "4.2.2"),
    errors.TooLarge: (552, "5.3.4"),
    errors.LimitReached: (452, "4.3.1"),
    errors.TooManyFolders: (452, "4.3.1"),
    errors.TooManyEntries: (452, "4.3.1"),
    errors.Suspended: (450, "4.2.1"),
    errors.AuthenticationFailed: (451, "4.3.0"),
    errors.NotAuthorized: (451, "4.3.0"),
    errors.TooManyFailures: (451, "4.3.0"),
    errors.InUse: (450, "4.2.0"),
    errors.LockLost: (451, "4.3.0"),
    errors.Refused: (550, "5.7.1"),
    errors.Unavailable: (451, "4.3.0"),
}
"""Covers every domain error; a test holds it to that. Errors that no delivery should meet defer the mail."""

_REJECT_OVER_QUOTA = (552, "5.2.2")


def reply_to(error: errors.DomainError, over_quota: Literal["defer", "reject"], about: str = "") -> Reply:
    """The reply for a recipient; ``about`` names it where several replies stand in a row."""
    if isinstance(error, errors.OverQuota) and over_quota == "reject":
        code, enhanced = _REJECT_OVER_QUOTA
    else:
        code, enhanced = CODES[next(kind for kind in type(error).__mro__ if kind in CODES)]
    return reply(code, enhanced, f"<{about}> {error}" if about else str(error))
