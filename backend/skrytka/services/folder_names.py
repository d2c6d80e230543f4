"""Folder names: Unicode in NFC, levels separated by ``/``; ``INBOX`` in any case is INBOX (RFC 3501 section 5.1)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from skrytka.errors import Fault, LimitReached
from skrytka.mime import nfc
from skrytka.services.faults import refuse
from skrytka.settings import Limits

SEPARATOR = "/"
INBOX = "INBOX"


def canonical(name: str) -> str:
    """The one spelling under which a folder is stored and found."""
    first, slash, rest = nfc(name).partition(SEPARATOR)
    return (INBOX if first.upper() == INBOX else first) + slash + rest


def checked(name: str, limits: Limits) -> str:
    """The canonical form of a name that may be given to a folder."""
    refuse(faults(name, limits))
    name = canonical(name)
    if name.count(SEPARATOR) >= limits.folder_depth:
        raise LimitReached(f"Folders nest at most {limits.folder_depth} levels deep")
    return name


def faults(name: str, limits: Limits) -> Iterator[Fault]:
    """What can never be right in it."""
    name = canonical(name)
    if not all(name.split(SEPARATOR)):
        yield Fault("name", "a folder name and each of its levels must not be empty")
    if has_control_characters(name):
        yield Fault("name", "a folder name must not contain control characters")
    if len(name.encode(errors="surrogatepass")) > limits.folder_name_octets:
        yield Fault("name", f"a folder name has at most {limits.folder_name_octets} octets")


def has_control_characters(name: str) -> bool:
    """No folder is called so, and PostgreSQL takes no NUL in a text at all."""
    if name.isascii() and name.isprintable():
        return False
    return any(unicodedata.category(character) in {"Cc", "Cs"} for character in name)


def path(name: str) -> tuple[str, ...]:
    """The name after all its superior names: ``a/b/c`` is ``a``, ``a/b``, ``a/b/c``."""
    levels = name.split(SEPARATOR)
    return tuple(SEPARATOR.join(levels[: depth + 1]) for depth in range(len(levels)))
