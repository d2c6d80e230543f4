"""The base subject: a Subject without what replying and forwarding add to it (RFC 5256 section 2.1)."""

from __future__ import annotations

import re

import msgspec

from skrytka.plugin_api import mime

LONGEST = 16_384
"""Octets of a Subject that are looked at."""

_BLANKS = re.compile(r"[ \t\r\n]+")

# subj-blob   = "[" *BLOBCHAR "]" *WSP ; no brackets within
# subj-refwd  = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
# subj-leader = (*subj-blob subj-refwd) / WSP
_BLOB = r"\[[^\[\]]*+\][ \t]*+"
_REFWD = re.compile(rf"(?:{_BLOB})*+(?:re|fwd?)[ \t]*+(?:{_BLOB})?+:", re.IGNORECASE | re.ASCII)
_BLOBS = re.compile(rf"(?:{_BLOB})*({_BLOB})")
_FORWARDED = re.compile(r"\[fwd:", re.IGNORECASE | re.ASCII)
_TRAILER = "(fwd)"


class BaseSubject(msgspec.Struct, frozen=True):
    """``is_reply``: what was removed says that the mail is a reply, or forwarded (RFC 5256 section 3, REFERENCES)."""

    text: str
    is_reply: bool


def base_subject(raw: bytes | None) -> BaseSubject:
    """Of a Subject as it is in the header; of none the empty string. Linear, and never fails.

    The steps are those of section 2.1; what is removed is passed over, so that nothing is copied until the end.
    """
    if raw is None:
        return BaseSubject("", False)
    text = _BLANKS.sub(" ", mime.decode_header(raw[:LONGEST]))  # (1)
    start, end, is_reply = 0, len(text), False
    while True:
        end, was_forwarded = _without_trailers(text, start, end)  # (2)
        start, was_reply = _without_leaders(text, start, end)  # (3) to (5)
        is_reply = is_reply or was_forwarded or was_reply
        header = _FORWARDED.match(text, start, end)
        if header is None or not text.endswith("]", header.end(), end):
            return BaseSubject(text[start:end], is_reply)
        start, end, is_reply = header.end(), end - 1, True  # (6)


def _without_trailers(text: str, start: int, end: int) -> tuple[int, bool]:
    """subj-trailer = "(fwd)" / WSP"""
    was_forwarded = False
    while True:
        if text.endswith(" ", start, end):
            end -= 1
        elif end - start >= len(_TRAILER) and text[end - len(_TRAILER) : end].lower() == _TRAILER:
            end -= len(_TRAILER)
            was_forwarded = True
        else:
            return end, was_forwarded


def _without_leaders(text: str, start: int, end: int) -> tuple[int, bool]:
    """Where the base begins. Of blobs that nothing follows the last one stays: the base is not empty for them (step 4).

    A row of blobs is removed at once: no more than one of them at a time could make it one that a ``re:`` follows.
    """
    was_reply = False
    while True:
        while text.startswith(" ", start, end):
            start += 1
        if match := _REFWD.match(text, start, end):
            start, was_reply = match.end(), True
        elif (blobs := _BLOBS.match(text, start, end)) and (left := _left_by(blobs, end)) > start:
            start = left
        else:
            return start, was_reply


def _left_by(blobs: re.Match[str], end: int) -> int:
    return blobs.end() if blobs.end() < end else blobs.start(1)
