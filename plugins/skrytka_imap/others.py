"""The names of other users' folders: ``Other users/ann@example.org/Projects`` (RFC 2342, RFC 4314).

others = prefix "/" address ["/" folder-name] ; the address as LIST tells it, the folder's name as its owner has it
"""

from __future__ import annotations

import re

import msgspec

from skrytka.plugin_api import mime
from skrytka_imap.patterns import INBOX, SEPARATOR

OWNER = re.compile(r"([^@]+@[^/]+)(?:/(.+))?", re.DOTALL)
"""A local part may have a slash in it, a domain has none."""


class Other(msgspec.Struct, frozen=True):
    """A folder of another user. Both are empty in a name that stands for no folder, like that of the namespace itself."""

    owner: str
    name: str


def parse(prefix: str, name: str) -> Other | None:
    """None for a name that is the session's own; without a prefix all are."""
    if not prefix:
        return None
    name = mime.nfc(name)
    if name != prefix and not name.startswith(prefix + SEPARATOR):
        return None
    match = OWNER.fullmatch(name[len(prefix) + 1 :])
    return Other("", "") if match is None or match[2] is None else Other(match[1], match[2])


def written(prefix: str, owner: str, name: str) -> str:
    """The whole name of a folder of another user."""
    return SEPARATOR.join((prefix, owner, name))


def canonical(prefix: str, name: str) -> str:
    """A name as it is subscribed to: INBOX of another is INBOX in any case, too."""
    other = parse(prefix, name)
    if other is None or not other.owner:
        return name
    first, slash, rest = other.name.partition(SEPARATOR)
    return written(prefix, other.owner, (INBOX if first.upper() == INBOX else first) + slash + rest)
