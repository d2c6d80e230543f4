"""Outcomes for ``/metrics``. What has labels is bound to them once, because that costs more than counting."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from skrytka import metrics
from skrytka.errors import DomainError


def delivery(failure: DomainError | None) -> None:
    """A mail for one recipient came to its end."""
    _delivery(_kind(failure))(1)


def login(protocol: str, failure: DomainError | None) -> None:
    _login(protocol, _kind(failure))(1)


def expunged(protocol: str, messages: int) -> None:
    _expunged(protocol)(messages)


def retention(action: str, messages: int) -> None:
    _retention(action)(messages)


Count = Callable[[float], None]


@cache
def _delivery(kind: str) -> Count:
    return metrics.DELIVERIES.labels(_words(kind) or "delivered").inc


@cache
def _login(protocol: str, kind: str) -> Count:
    return metrics.LOGINS.labels(protocol, _words(kind) or "ok").inc


@cache
def _expunged(protocol: str) -> Count:
    return metrics.EXPUNGED.labels(protocol).inc


@cache
def _retention(action: str) -> Count:
    return metrics.RETENTION.labels(action).inc


def _kind(failure: DomainError | None) -> str:
    return "" if failure is None else type(failure).__name__


def _words(kind: str) -> str:
    """``OverQuota`` is ``over_quota``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()
