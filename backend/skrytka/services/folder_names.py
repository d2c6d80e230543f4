"""Folder names: Unicode in NFC, levels separated by ``/``; ``INBOX`` in any case is INBOX (RFC 3501 section 5.1)."""

from __future__ import annotations

import unicodedata

from skrytka.errors import Invalid, LimitReached
from skrytka.settings import Limits

SEPARATOR = "/"
INBOX = "INBOX"


def canonical(name: str) -> str:
    """The one spelling under which a folder is stored and found."""
    first, slash, rest = unicodedata.normalize("NFC", name).partition(SEPARATOR)
    return (INBOX if first.upper() == INBOX else first) + slash + rest


def checked(name: str, limits: Limits) -> str:
    """The canonical form of a name that may be given to a folder."""
    name = canonical(name)
    levels = name.split(SEPARATOR)
    if not all(levels):
        raise Invalid("name", "a folder name and each of its levels must not be empty")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        raise Invalid("name", "a folder name must not contain control characters")
    if len(name.encode()) > limits.folder_name_octets:
        raise Invalid("name", f"a folder name has at most {limits.folder_name_octets} octets")
    if len(levels) > limits.folder_depth:
        raise LimitReached(f"Folders nest at most {limits.folder_depth} levels deep")
    return name


def path(name: str) -> tuple[str, ...]:
    """The name after all its superior names: ``a/b/c`` is ``a``, ``a/b``, ``a/b/c``."""
    levels = name.split(SEPARATOR)
    return tuple(SEPARATOR.join(levels[: depth + 1]) for depth in range(len(levels)))
