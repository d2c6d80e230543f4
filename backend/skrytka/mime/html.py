"""The text of HTML, good enough for previews and search; no parser, and linear in the input."""

from __future__ import annotations

import re
from html import unescape

# Each pattern takes an element that is never closed up to the end of the input, so no position is looked at twice.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HIDDEN = re.compile(r"<(script|style|title)\b.*?(?:</\1\s*+>|\Z)", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(r"<(?:/?(?:p|div|tr|li|h[1-6]|blockquote|table|td|th)|br)\b[^>]*+(?:>|\Z)", re.IGNORECASE)
_TAG = re.compile(r"<[a-z/!?][^>]*+(?:>|\Z)", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"&#([0-9]{9,})")


def html_to_text(html: str) -> str:
    """What a reader sees: no comments, scripts, styles or tags, entities resolved, blocks on lines of their own."""
    html = _COMMENT.sub("", html)
    html = _HIDDEN.sub(" ", html)
    html = _BREAK.sub("\n", html)
    return unescape(_LONG_NUMBER.sub(_short_number, _TAG.sub("", html)))


def _short_number(reference: re.Match[str]) -> str:
    """The same character by at most eight digits, which are too many as well for one that is there. Python reads no number of
    thousands of them."""
    return "&#" + (reference[1].lstrip("0")[:8] or "0")
