"""ETags of configurations: a strong tag that is the version number (RFC 9110 section 8.8.3).

A condition is decided in the transaction that it is for, so of two requests to create the same only one succeeds. A read
answers 304 only where the tag covers all of the answer: the usage of a mailbox changes without it.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeVar, cast

import msgspec
from litestar import Response
from litestar.params import HeaderParameter

from skrytka.model import Precondition
from skrytka.rest.problems import MalformedTags

IfMatch = Annotated[
    str | None, HeaderParameter(name="If-Match", description="ETags of which one must be there; `*`: any must")
]
IfNoneMatch = Annotated[
    str | None, HeaderParameter(name="If-None-Match", description="ETags that must not be there; `*`: none at all")
]

# RFC 9110 section 8.8.3: entity-tag = [ weak ] opaque-tag; opaque-tag = DQUOTE *etagc DQUOTE
_TAG = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"[ \t]*(?=,|\Z)')
_BETWEEN = re.compile(r"[ \t,]*")
_DIGITS = 18

V = TypeVar("V")


class Tag(msgspec.Struct, frozen=True):
    """``version`` is None for a tag that this API never gave."""

    weak: bool
    version: int | None


def etag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}


def tags(field: str, header: str) -> list[Tag] | None:
    """The entity tags of ``If-Match`` or ``If-None-Match``, or None for ``*``: "*" / #entity-tag."""
    if header.strip() == "*":
        return None
    found: list[Tag] = []
    position = _after_blanks(header, 0)
    while position < len(header):
        match = _TAG.match(header, position)
        if match is None:
            raise MalformedTags(f"{field} is neither * nor a list of entity tags in double quotes")
        found.append(Tag(match[1] is not None, _version(match[2])))
        position = _after_blanks(header, match.end())
    return found


def _after_blanks(header: str, position: int) -> int:
    match = _BETWEEN.match(header, position)
    return match.end() if match else position


def _version(opaque: str) -> int | None:
    return int(opaque) if opaque.isascii() and opaque.isdigit() and len(opaque) <= _DIGITS else None


async def precondition(match: IfMatch = None, none_match: IfNoneMatch = None) -> Precondition:
    """What the conditions of a write ask; ``If-Match`` compares strongly, ``If-None-Match`` weakly (section 8.8.3.2)."""
    exists: bool | None = None
    some_of: tuple[int, ...] | None = None
    none_of: tuple[int, ...] = ()
    if none_match is not None:
        unwanted = tags("If-None-Match", none_match)
        exists = False if unwanted is None else None
        none_of = _versions(unwanted or [])
    if match is not None:
        wanted = tags("If-Match", match)
        if wanted is not None:
            some_of = _versions([tag for tag in wanted if not tag.weak])
        elif exists is False:
            some_of = ()  # something and nothing
        else:
            exists = True
    return Precondition(exists, some_of, none_of)


def _versions(given: list[Tag]) -> tuple[int, ...]:
    return tuple(tag.version for tag in given if tag.version is not None)


def read(body: V, version: int, none_match: str | None) -> Response[V]:
    """The answer to a read, or 304 when the client has that version already."""
    known = tags("If-None-Match", none_match) if none_match is not None else []
    if known is None or any(tag.version == version for tag in known):
        return Response(cast(V, None), status_code=304, headers=etag(version))
    return Response(body, headers=etag(version))
