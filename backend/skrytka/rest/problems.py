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


CONDITIONS = frozenset(("if-match", "if-none-match"))
RETRY_AFTER_S = 5
NO_KEY = "A valid API key is needed: Authorization: Bearer KEY"

# A subclass of DomainError that is missing here fails a test.
TABLE: dict[type[errors.DomainError], tuple[int, str]] = {
    errors.NotFound: (404, "not_found"),
    errors.AlreadyExists: (409, "already_exists"),
    errors.Invalid: (422, "invalid_fields"),
    errors.NotPermitted: (403, "not_permitted"),
    errors.Conflict: (409, "conflict"),
    errors.NotEmpty: (409, "not_empty"),
    errors.OverQuota: (507, "over_quota"),
    errors.TooLarge: (413, "too_large"),
    errors.LimitReached: (409, "limit_reached"),
    errors.Suspended: (409, "suspended"),
    errors.AuthenticationFailed: (401, "unauthenticated"),
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
    return Response(body, status_code=status, media_type="application/problem+json", headers=headers or {})


def from_domain_error(request: Request[Any, Any, Any], error: errors.DomainError) -> Response[Problem]:
    status, code = TABLE[type(error)]
    if isinstance(error, errors.Conflict) and CONDITIONS.intersection(request.headers):
        status, code = 412, "precondition_failed"
    if isinstance(error, errors.Invalid):
        return problem(status, code, str(error), [FieldError(*fault) for fault in error.faults])
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else {}
    if isinstance(error, errors.AuthenticationFailed):
        # its own text speaks of logins and passwords, which this API does not take
        return problem(status, code, NO_KEY, headers={"WWW-Authenticate": "Bearer"})
    return problem(status, code, str(error), headers=headers)


def from_malformed_body(_: Request[Any, Any, Any], error: MalformedBody) -> Response[Problem]:
    return problem(400, "malformed_json", str(error))


def from_malformed_tags(_: Request[Any, Any, Any], error: MalformedTags) -> Response[Problem]:
    return problem(400, "malformed_header", str(error))


def from_http_exception(_: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Litestar's own: no such route, wrong method, a query parameter that does not convert."""
    if error.status_code >= 500:
        log.error("error in the API", exc_info=error)
        return problem(500, "internal_error", "This is a bug of the server; it was logged")
    extra = error.extra if isinstance(error.extra, list) else []
    field_errors = [FieldError(str(each.get("key", "")), str(each.get("message", ""))) for each in extra]
    if field_errors:
        detail = "; ".join(f"{each.field}: {each.message}" for each in field_errors)
        return problem(422, "invalid_fields", detail, field_errors)
    return problem(error.status_code, code_of(error.status_code), error.detail, headers=dict(error.headers or {}))


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
