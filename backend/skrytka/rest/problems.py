"""Every 4xx and 5xx of the API is an RFC 9457 problem document; this is the one table from errors to them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from skrytka import errors

log = logging.getLogger(__name__)


class FieldError(msgspec.Struct, frozen=True):
    """``field`` is dotted: ``quota.storage_octets``."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 section 3.1, with a ``code`` for machines and, for invalid fields, ``errors``."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


class MalformedBody(Exception):
    """The body is no JSON at all."""


class MalformedTags(Exception):
    """``If-Match`` or ``If-None-Match`` is not what RFC 9110 says."""


PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
RETRIED = frozenset(("unavailable", "conflict"))
FIELD_ERRORS = 100
NAMED = 10
"""So many errors of fields are repeated in the detail."""

DISCONNECTED = "client disconnected prematurely"
"""What Litestar says when a client goes away while its body is read."""

NO_KEY = "A valid API key is needed: Authorization: Bearer KEY"

# A subclass of DomainError that is missing here fails a test.
TABLE: dict[type[errors.DomainError], tuple[int, str]] = {
    errors.NotFound: (404, "not_found"),
    errors.AlreadyExists: (409, "already_exists"),
    errors.Invalid: (422, "invalid_fields"),
    errors.NotPermitted: (403, "not_permitted"),
    errors.Conflict: (409, "conflict"),
    errors.VersionMismatch: (412, "precondition_failed"),
    errors.NotEmpty: (409, "not_empty"),
    errors.OverQuota: (507, "over_quota"),
    errors.TooLarge: (413, "too_large"),
    errors.LimitReached: (409, "limit_reached"),
    errors.TooManyFolders: (409, "limit_reached"),
    errors.TooManyEntries: (409, "limit_reached"),
    errors.Suspended: (409, "suspended"),
    errors.AuthenticationFailed: (401, "unauthenticated"),
    errors.NotAuthorized: (401, "unauthenticated"),
    errors.TooManyFailures: (429, "too_many_failures"),
    errors.InUse: (409, "in_use"),
    errors.LockLost: (409, "lock_lost"),
    errors.Refused: (409, "refused"),
    errors.Unavailable: (503, "unavailable"),
}

# Codes that differ from the name of the status; every other status has its own name in small letters.
HTTP_CODES = {401: "unauthenticated", 413: "too_large"}


def code_of(status: int) -> str:
    return HTTP_CODES.get(status) or HTTPStatus(status).name.lower()


def problem(
    status: int,
    code: str,
    detail: str = "",
    field_errors: Sequence[FieldError] = (),
    headers: dict[str, str] | None = None,
) -> Response[Problem]:
    body = Problem("about:blank", HTTPStatus(status).phrase, status, code, detail, tuple(field_errors))
    return Response(body, status_code=status, media_type=PROBLEM_TYPE, headers=headers or {})


def from_domain_error(_: Request[Any, Any, Any], error: errors.DomainError) -> Response[Problem]:
    status, code = TABLE[type(error)]
    if isinstance(error, errors.Invalid):
        return invalid_fields([FieldError(*fault) for fault in error.faults])
    headers = {"Retry-After": str(RETRY_AFTER_S)} if code in RETRIED else {}
    if isinstance(error, errors.AuthenticationFailed):
        # its own text speaks of logins and passwords, which this API does not take
        return problem(status, code, NO_KEY, headers={"WWW-Authenticate": "Bearer"})
    if isinstance(error, errors.TooManyFailures):
        headers = {"Retry-After": str(error.retry_after_s)}
    return problem(status, code, str(error), headers=headers)


def invalid_fields(field_errors: Sequence[FieldError]) -> Response[Problem]:
    """Boundedly many: a body can be wrong in thousands of fields."""
    named = [f"{each.field}: {each.message}" for each in field_errors[:NAMED]]
    more = [f"and {len(field_errors) - NAMED} more"] if len(field_errors) > NAMED else []
    return problem(422, "invalid_fields", "; ".join(named + more), field_errors[:FIELD_ERRORS])


def from_malformed_body(_: Request[Any, Any, Any], error: MalformedBody) -> Response[Problem]:
    return problem(400, "malformed_json", str(error))


def from_malformed_tags(_: Request[Any, Any, Any], error: MalformedTags) -> Response[Problem]:
    return problem(400, "malformed_header", str(error))


def from_http_exception(_: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Litestar's own: no such route, wrong method, a query parameter that does not convert."""
    if error.status_code >= 500:
        if error.detail == DISCONNECTED:
            log.info("a client broke off within a body")
        else:
            log.error("error in the API", exc_info=error)
        return problem(500, "internal_error", "This is a bug of the server; it was logged")
    extra = error.extra if isinstance(error.extra, list) else []
    field_errors = [_field_error(str(each.get("key", "")), str(each.get("message", ""))) for each in extra]
    if field_errors:
        return invalid_fields(field_errors)
    return problem(error.status_code, code_of(error.status_code), error.detail, headers=dict(error.headers or {}))


def _field_error(key: str, message: str) -> FieldError:
    """Litestar calls the body as the handler's parameter is called."""
    return FieldError("body", "is required") if key == "data" else FieldError(key, message)


def from_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "internal_error", "This is a bug of the server; it was logged")


HANDLERS: dict[Any, Any] = {
    errors.DomainError: from_domain_error,
    MalformedBody: from_malformed_body,
    MalformedTags: from_malformed_tags,
    HTTPException: from_http_exception,
    Exception: from_bug,
}
