"""Domain errors: what services raise. No protocol words here; each front end has one table from these to its own codes."""

from __future__ import annotations

from typing import NamedTuple


class DomainError(Exception):
    """Base of everything a service may raise on purpose. ``str(error)`` is safe to show to a client."""


class NotFound(DomainError):
    """A domain, mailbox, folder, message or policy that is not there. ``kind`` is one of those words."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"There is no {kind} {name!r}")
        self.kind = kind
        self.name = name


class AlreadyExists(DomainError):
    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"The {kind} {name!r} exists already")
        self.kind = kind
        self.name = name


class Fault(NamedTuple):
    """``field`` is named as the API does, dotted: ``quota.storage_octets``."""

    field: str
    reason: str


class Invalid(DomainError):
    """Values that can never be right: one, or all that are wrong with a request."""

    def __init__(self, field: str, reason: str, *more: Fault) -> None:
        self.faults = (Fault(field, reason), *more)
        super().__init__("; ".join(f"{fault.field}: {fault.reason}" for fault in self.faults))


class NotPermitted(DomainError):
    """The thing exists and may not be done to it: delete INBOX, rename a role's folder into itself."""


class Conflict(DomainError):
    """Somebody else is at it, or was: the first request of an Idempotency-Key, a later holder of a job."""


class VersionMismatch(Conflict):
    """The thing is at another version than the caller asks for, or is there, or is not, against the caller's wish."""


class NotEmpty(DomainError):
    """Something would have to go first: a domain with mailboxes."""


class OverQuota(DomainError):
    """The mailbox has no room. ``resource`` is ``storage`` or ``messages``."""

    def __init__(self, resource: str) -> None:
        super().__init__(f"The mailbox is over its {resource} quota")
        self.resource = resource


class TooLarge(DomainError):
    """One message over a size limit: its own (``limits.message_octets``) or that of its header (``limits.header_octets``); or a
    value of metadata (``limits.metadata_entry_octets``)."""

    def __init__(self, limit_octets: int, what: str = "message") -> None:
        super().__init__(f"The {what} is larger than {limit_octets} octets")
        self.limit_octets = limit_octets


class LimitReached(DomainError):
    """A limit on how many: folders, keywords, aliases, messages of one COPY."""


class TooManyFolders(LimitReached):
    """A mailbox has as many folders as it may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"A mailbox has at most {limit} folders")


class TooManyEntries(LimitReached):
    """A folder, or the mailbox as a whole, has as many entries of metadata as it may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"There are at most {limit} entries of metadata")
        self.limit = limit


class Suspended(DomainError):
    """The provider suspended the mailbox or its domain."""


class AuthenticationFailed(DomainError):
    """Wrong login or password; never says which."""

    def __init__(self) -> None:
        super().__init__("Wrong login or password")


class NotAuthorized(AuthenticationFailed):
    """Who is there is known, or would be by what was said; but he asks to act as somebody else."""

    def __init__(self) -> None:
        DomainError.__init__(self, "Nobody may act for another here")


class TooManyFailures(DomainError):
    """Too many failed logins from where this one comes. ``retry_after_s`` is when another one is looked at."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("Too many failed logins from your network; try again later")
        self.retry_after_s = retry_after_s


class InUse(DomainError):
    """Another session holds the exclusive POP3 lock of the mailbox."""


class LockLost(DomainError):
    """The POP3 lock was taken over: nothing was deleted."""


class Refused(DomainError):
    """A delivery filter refuses the mail for good."""


class Unavailable(DomainError):
    """A store, blob store or other part does not answer now; trying again later may help."""
