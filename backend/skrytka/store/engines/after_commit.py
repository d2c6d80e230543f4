"""Calling what a caller wants done after the commit: a bug in it must not take the answers of the others with it."""

from __future__ import annotations

import logging
from typing import TypeVar

from skrytka.store.interface import Committed

T = TypeVar("T")

_log = logging.getLogger(__name__)


def tell(committed: Committed[T] | None, result: T) -> None:
    """Call it; what it raises is a bug that is logged, because the change is durable whatever happens here."""
    if committed is None:
        return
    try:
        committed(result)
    except Exception:
        _log.exception("what follows a commit failed")
