"""The first words of a mail, as listings show them (RFC 8970)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from skrytka.mime.charsets import decode_octets
from skrytka.mime.html import html_to_text
from skrytka.mime.structure import Part
from skrytka.mime.text import decode_transfer, parameter

READ_OCTETS = 32_768
"""How much of a text is looked at; HTML mail often begins with kilobytes of style sheets."""

_WORD = re.compile(r"[^\s\0\u200b-\u200f\u034f\u00ad\ufeff]+")


def preview(octets: bytes, part: Part, limit: int = 256) -> str:
    """At most ``limit`` characters of the first text that has any, on one line; ``""`` when there is none.

    Quoted lines (``>``) and a signature are left out unless nothing else was written.
    """
    for text_part in _text_parts(part):
        text = _first_text(octets, text_part)
        lines = text.splitlines()
        shortened = _one_line(_own_words(lines), limit) or _one_line(lines, limit)
        if shortened:
            return shortened[:limit].rstrip()
    return ""


def _text_parts(part: Part) -> list[Part]:
    """The texts to show, in order; neither attachments nor what embedded mails hold."""
    if part.disposition == "attachment":
        return []
    if part.media_type == "multipart":
        return [text for child in part.children for text in _text_parts(child)]
    return [part] if part.media_type == "text" and part.subtype in {"plain", "html", "enriched"} else []


def _first_text(octets: bytes, part: Part) -> str:
    body = octets[part.body_start : min(part.end, part.body_start + READ_OCTETS)]
    text = decode_octets(decode_transfer(body, part.encoding), parameter(part, "charset"))
    return text if part.subtype == "plain" else html_to_text(text)


def _own_words(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if line in {"-- ", "--"}:
            return
        if not line.startswith(">"):
            yield line


def _one_line(lines: Iterable[str], limit: int) -> str:
    """The words with one blank between them; no more of them are looked for than it takes for so many characters."""
    words: list[str] = []
    characters = 0
    for line in lines:
        for match in _WORD.finditer(line):
            words.append(match[0])
            characters += len(match[0]) + 1
            if characters > limit:
                return " ".join(words)
    return " ".join(words)
