"""A part tree as nested tuples of what matters, to compare whole trees at once."""

from __future__ import annotations

from typing import Any

from skrytka.mime import Part


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def tree(octets: bytes, part: Part) -> tuple[Any, ...]:
    """``(type, body)`` of a leaf, ``(type, [children])`` of a container."""
    kind = f"{part.media_type}/{part.subtype}"
    if part.children:
        return kind, [tree(octets, child) for child in part.children]
    return kind, octets[part.body_start : part.end]


def check_invariants(octets: bytes, part: Part) -> int:
    """Every promise about a tree that holds for any octets; returns the number of parts."""
    assert (part.header_start, part.end) == (0, len(octets))
    return _check(octets, part)


def _check(octets: bytes, part: Part) -> int:
    assert 0 <= part.header_start <= part.body_start <= part.end <= len(octets)
    assert part.lines == octets.count(b"\n", part.body_start, part.end)
    position = part.header_start
    for field in part.headers:
        assert position <= field.start < field.value_start <= field.end <= part.body_start
        assert octets[field.start : field.start + len(field.name)] == field.name
        position = field.end
    is_mail = (part.media_type, part.subtype) == ("message", "rfc822")
    if part.media_type == "multipart":
        assert part.children
    elif is_mail:
        assert len(part.children) == 1
        assert part.children[0].header_start == part.body_start
        assert part.children[0].end == part.end
    else:
        assert not part.children
    count, position = 1, part.body_start
    for child in part.children:
        assert position <= child.header_start
        assert child.end <= part.end
        position = child.end
        count += _check(octets, child)
    return count
