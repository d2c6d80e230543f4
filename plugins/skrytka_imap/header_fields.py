"""Fields of a header by their names, whole with their folds: for ``BODY[HEADER.FIELDS (...)]`` and SEARCH.

One pattern finds all fields, and names are looked up: that is quicker than a pattern made of the names, and a client's names
never become one, which takes 3 us an octet.
"""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.plugin_api import mime

LONGEST_NAME = 998
"""No line of a mail is longer (RFC 5322 section 2.1.1), so no field has a longer name."""


def fields_named(header: bytes, names: Sequence[bytes]) -> bytes:
    """The fields with one of these names, in their order."""
    wanted = {name.lower() for name in names}
    return b"".join([field for field, name in mime.WHOLE_FIELD.findall(header) if name.lower() in wanted])


def without_fields(header: bytes, names: Sequence[bytes]) -> bytes:
    """All of the header but these fields."""
    unwanted = {name.lower() for name in names}
    return mime.WHOLE_FIELD.sub(lambda field: b"" if field[2].lower() in unwanted else field[1], header)


def values_by_name(header: bytes) -> dict[bytes, list[bytes]]:
    """The values of all fields, by name in lower case."""
    values: dict[bytes, list[bytes]] = {}
    for field, name in mime.WHOLE_FIELD.findall(header):
        values.setdefault(name.lower(), []).append(field.partition(b":")[2])
    return values
