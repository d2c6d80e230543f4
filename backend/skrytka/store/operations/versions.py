"""Versions of what the directory keeps: whether a write may be done to what is there."""

from __future__ import annotations

from skrytka.errors import VersionMismatch
from skrytka.model import Precondition


def check(version: int | None, only_if: Precondition, what: str) -> None:
    """``version`` is None when the thing is not there."""
    if not only_if.holds(version):
        raise VersionMismatch(f"There is no {what}" if version is None else f"The {what} is at version {version}")
