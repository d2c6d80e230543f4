"""From domain errors to response codes: the one table (RFC 5530 section 3, RFC 3501 section 7.1, RFC 9208 section 4.3)."""

from __future__ import annotations

from skrytka.plugin_api import errors


class NotSaved(errors.DomainError):
    """A search result that is not kept for ``$`` (RFC 5182 section 2.5)."""


class UndefinedFilter(errors.DomainError):
    """A search names a filter that is not there (RFC 5466 section 3.1)."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no filter {name}")
        self.name = name


class NoRight(errors.DomainError):
    """The session lacks a right to a folder that it may look up (RFC 4314)."""


CODES: dict[type[errors.DomainError], bytes] = {
    errors.NotFound: b"NONEXISTENT",
    errors.AlreadyExists: b"ALREADYEXISTS",
    errors.Invalid: b"CANNOT",
    errors.NotPermitted: b"CANNOT",
    errors.Conflict: b"INUSE",
    errors.VersionMismatch: b"INUSE",
    errors.NotEmpty: b"CANNOT",
    errors.OverQuota: b"OVERQUOTA",
    errors.TooLarge: b"TOOBIG",
    errors.LimitReached: b"LIMIT",
    errors.TooManyFolders: b"OVERQUOTA",
    errors.TooManyEntries: b"METADATA TOOMANY",
    NoRight: b"NOPERM",
    NotSaved: b"NOTSAVED",
    errors.Suspended: b"CONTACTADMIN",
    errors.AuthenticationFailed: b"AUTHENTICATIONFAILED",
    errors.NotAuthorized: b"AUTHORIZATIONFAILED",
    errors.TooManyFailures: b"UNAVAILABLE",
    errors.InUse: b"INUSE",
    errors.LockLost: b"INUSE",
    errors.Refused: b"NOPERM",
    errors.Unavailable: b"UNAVAILABLE",
}


def code_of(error: errors.DomainError) -> bytes:
    """The response code of a NO; a plugin's own subclass of an error has the code of what it refines."""
    if isinstance(error, UndefinedFilter):
        return b"UNDEFINED-FILTER %b" % error.name.encode()
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)
