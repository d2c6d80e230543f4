"""The names of folders of others: ``Other users/ann@example.org/Projects``, ``Shared/info@example.org/INBOX`` (RFC 2342).

name = prefix "/" address ["/" folder-name] ; the prefix is that of a namespace, the address as LIST tells it, and the folder's
                                            ; name as its owner has it
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate

import msgspec

from skrytka.plugin_api import mime, model
from skrytka_imap.patterns import INBOX, SEPARATOR

OWNER = re.compile(r"([^@]+@[^/]+)(?:/(.+))?", re.DOTALL)
"""A local part may have a slash in it, a domain has none."""

Prefixes = Mapping[model.Namespace, str]
"""The first levels of names of others, of the namespaces that there are."""


class Other(msgspec.Struct, frozen=True):
    """A folder of another mailbox. ``owner`` and ``name`` are empty in a name that stands for no folder, like that of the
    namespace itself."""

    namespace: model.Namespace
    owner: str = ""
    name: str = ""


def parse(prefixes: Prefixes, name: str) -> Other | None:
    """None for a name that is the session's own; without a prefix all are."""
    if not prefixes:
        return None
    first, _, rest = mime.nfc(name).partition(SEPARATOR)
    for namespace, prefix in prefixes.items():
        if first == prefix:
            match = OWNER.fullmatch(rest)
            return Other(namespace) if match is None or match[2] is None else Other(namespace, match[1], match[2])
    return None


def written(prefix: str, owner: str, name: str) -> str:
    """The whole name of a folder of another mailbox."""
    return SEPARATOR.join((prefix, owner, name))


def canonical(prefixes: Prefixes, name: str) -> str:
    """A name as it is subscribed to: INBOX of another is INBOX in any case, too."""
    other = parse(prefixes, name)
    if other is None or not other.owner:
        return name
    first, slash, rest = other.name.partition(SEPARATOR)
    return written(prefixes[other.namespace], other.owner, (INBOX if first.upper() == INBOX else first) + slash + rest)


def owners_of(prefixes: Prefixes, names: Iterable[str]) -> Callable[[model.Namespace, str], bool]:
    """Whether any of the names is one of a folder of the owner in that namespace with that address, or above them."""
    tops: set[str] = set()
    for name in names:
        other = parse(prefixes, name)
        if other is not None:
            tops.add(SEPARATOR.join((prefixes[other.namespace], other.owner)) if other.owner else mime.nfc(name))

    def named(namespace: model.Namespace, address: str) -> bool:
        levels = (prefixes[namespace], *address.split(SEPARATOR))
        return not tops.isdisjoint(accumulate(levels, "{}/{}".format))

    return named


def namespaces_of(prefixes: Prefixes, names: Iterable[str]) -> frozenset[model.Namespace]:
    """Those that any of the names is in."""
    found = (parse(prefixes, name) for name in names)
    return frozenset(other.namespace for other in found if other is not None)
