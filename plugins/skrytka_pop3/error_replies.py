"""The one table from domain errors to POP3 response codes (RFC 2449 section 8.1, RFC 3206)."""

from __future__ import annotations

from collections.abc import Mapping

from skrytka.plugin_api import errors
from skrytka_pop3.replies import Status, failed

CODES: Mapping[type[errors.DomainError], str] = {
    errors.NotFound: "",
    errors.AlreadyExists: "SYS/PERM",
    errors.Invalid: "",
    errors.NotPermitted: "SYS/PERM",
    errors.Conflict: "SYS/TEMP",
    errors.VersionMismatch: "SYS/TEMP",
    errors.NotEmpty: "SYS/PERM",
    errors.OverQuota: "SYS/TEMP",
    errors.TooLarge: "SYS/PERM",
    errors.LimitReached: "SYS/TEMP",
    errors.TooManyFolders: "SYS/TEMP",
    errors.TooManyEntries: "SYS/TEMP",
    errors.Suspended: "SYS/PERM",
    errors.AuthenticationFailed: "AUTH",
    errors.NotAuthorized: "AUTH",
    errors.TooManyFailures: "SYS/TEMP",
    errors.InUse: "IN-USE",
    errors.LockLost: "SYS/TEMP",
    errors.Refused: "SYS/PERM",
    errors.Unavailable: "SYS/TEMP",
}
"""Covers every domain error; a test holds it to that. Empty: no response code fits."""


def reply_to(error: errors.DomainError) -> Status:
    return failed(str(error), CODES[next(kind for kind in type(error).__mro__ if kind in CODES)])
