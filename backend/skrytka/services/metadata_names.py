"""Names of metadata entries: ASCII without regard to case, components that begin with ``/``, shared or private."""

from __future__ import annotations

import re

from skrytka.errors import Invalid, LimitReached, NotPermitted
from skrytka.settings import Limits

SHARED = "/shared"
PRIVATE = "/private"
SPECIAL_USE = "/private/specialuse"

_NAME = re.compile(r"/(?:private|shared)(?:/[\x1a-\x24\x26-\x29\x2b-\x2e\x30-\x7f]+)*")
_VENDOR = re.compile(r"/(?:private|shared)/vendor(?:/[^/]*)?")


def normalised(name: str, *, for_reading: bool = False) -> str:
    """RFC 5464 section 3.2, in lower case. ``for_reading``: it may be what only others are below, as ``/private`` is."""
    lower = name.lower() if name.isascii() else name
    if not _NAME.fullmatch(lower) or (not for_reading and (lower in (SHARED, PRIVATE) or _VENDOR.fullmatch(lower))):
        raise Invalid(
            "entry",
            "An entry is called /private/... or /shared/..., in ASCII, without *, % and empty parts; behind vendor there"
            " are two",
        )
    return lower


def check(name: str, limits: Limits) -> None:
    """Whether an entry may be set under a normalised name."""
    if name == SPECIAL_USE:
        raise NotPermitted("What a folder is for is no entry, but its role")
    if len(name) > limits.metadata_name_octets:
        raise LimitReached(f"The name of an entry has at most {limits.metadata_name_octets} octets")


def is_shared(name: str) -> bool:
    return name.startswith(SHARED + "/")
