"""Cursor pagination: ``{"items": [...], "next_cursor": ...}``; a cursor is opaque to clients and holds the last key."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from skrytka.errors import Invalid

T = TypeVar("T")

Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="How many items at most")]
Cursor = Annotated[str | None, QueryParameter(description="`next_cursor` of the page before", max_length=1024)]
DEFAULT_LIMIT = 100
_DIGITS = 18  # fewer than what a 64-bit column holds


class Page(msgspec.Struct, Generic[T], frozen=True):
    """``next_cursor`` is null on the last page."""

    items: list[T]
    next_cursor: str | None = None


def after(cursor: str | None) -> str:
    """The key a cursor stands for; "" without one."""
    if cursor is None:
        return ""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, UnicodeError):
        key = "\0"
    if not key.isprintable():
        raise Invalid("cursor", "is not a cursor of this API")
    return key


def after_number(cursor: str | None) -> int:
    """The number a cursor stands for, such as a UID; 0 without one."""
    key = after(cursor) or "0"
    if not (key.isascii() and key.isdigit() and len(key) <= _DIGITS):
        raise Invalid("cursor", "is not a cursor of this collection")
    return int(key)


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], str]) -> tuple[list[T], str | None]:
    """Cut ``rows``, read with one more than ``limit``, to a page and the cursor of the next."""
    if len(rows) <= limit:
        return list(rows), None
    kept = list(rows[:limit])
    cursor = base64.urlsafe_b64encode(key(kept[-1]).encode("utf-8")).decode("ascii").rstrip("=")
    return kept, cursor
